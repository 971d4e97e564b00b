#include "core/base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <set>

namespace roost {
namespace {

constexpr Errc kAll[] = {Errc::failed,    Errc::usage,       Errc::not_found, Errc::not_authorised,
                         Errc::conflict,  Errc::integrity,   Errc::deadline,  Errc::partial,
                         Errc::threshold, Errc::interrupted, Errc::no_space,  Errc::unavailable};

// The exit codes of the command-line contract: scripts rely on them.
TEST(ErrcTable, HasTheContractsExitCodes) {
  const std::map<Errc, int> contract{{Errc::failed, 1},    {Errc::usage, 2},
                                     {Errc::not_found, 3}, {Errc::not_authorised, 4},
                                     {Errc::conflict, 5},  {Errc::integrity, 6},
                                     {Errc::deadline, 7},  {Errc::partial, 8},
                                     {Errc::threshold, 9}, {Errc::interrupted, 130}};
  for (const auto& [code, exit_status] : contract) {
    EXPECT_EQ(errc_info(code).exit_status, exit_status) << errc_info(code).name;
  }
}

TEST(ErrcTable, HasOneRowForEachCode) {
  std::set<std::string_view> names;
  for (const auto code : kAll) {
    EXPECT_EQ(errc_info(code).code, code);
    EXPECT_TRUE(names.insert(errc_info(code).name).second) << errc_info(code).name;
    EXPECT_GE(errc_info(code).http_status, 400);
  }
}

TEST(ErrcTable, RetriesOnlyWhatTimeCanMend) {
  for (const auto code : {Errc::deadline, Errc::partial, Errc::no_space, Errc::unavailable}) {
    EXPECT_TRUE(errc_info(code).retryable);
  }
  for (const auto code : {Errc::usage, Errc::integrity, Errc::conflict, Errc::interrupted}) {
    EXPECT_FALSE(errc_info(code).retryable);
  }
}

TEST(ErrcTable, ReadsHttpStatusesBack) {
  const std::map<int, Errc> statuses{{400, Errc::usage},       {403, Errc::not_authorised},
                                     {404, Errc::not_found},   {409, Errc::conflict},
                                     {422, Errc::integrity},   {500, Errc::failed},
                                     {503, Errc::unavailable}, {504, Errc::deadline},
                                     {507, Errc::no_space},    {418, Errc::failed}};
  for (const auto& [status, code] : statuses) {
    EXPECT_EQ(errc_from_http(status), code) << status;
  }
}

TEST(ThrowErrno, NamesWhatFailedAndWhy) {
  const std::map<int, Errc> codes{{ENOSPC, Errc::no_space},
                                  {EDQUOT, Errc::no_space},
                                  {ENOENT, Errc::not_found},
                                  {EEXIST, Errc::conflict},
                                  {EACCES, Errc::failed}};
  for (const auto& [number, code] : codes) {
    try {
      throw_errno(number, "open x");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_EQ(std::string(error.what()), "open x: " + std::generic_category().message(number));
    }
  }
}

}  // namespace
}  // namespace roost
