#include "core/store/root.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <optional>

#include <functional>

#include "tests/unit/store/sample.hpp"

namespace roost::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(Errc::failed, "");
}

TEST(Root, IsMadeOnceAndKeepsItsNodeId) {
  const TempDir temp;
  std::string id;
  {
    const auto root = Root::open(temp / "node");
    id = root.node_id();
    EXPECT_EQ(id.size(), 32U);
    EXPECT_TRUE(root.locked());
  }
  EXPECT_EQ(Root::open(temp / "node").node_id(), id);
  EXPECT_EQ(get_file(temp / "node/format"), "roost-root 1\n");
}

TEST(Root, HasOneWriterAndNamesIt) {
  const TempDir temp;
  const auto root = Root::open(temp / "node");
  const auto error = error_of([&] { Root::open(temp / "node"); });
  EXPECT_EQ(error.code(), Errc::conflict);
  EXPECT_THAT(error.what(), HasSubstr("in use by process " + std::to_string(::getpid())));
  EXPECT_FALSE(error.help().empty());
}

TEST(Root, CanBeInspectedBesideItsWriter) {
  const TempDir temp;
  const auto root = Root::open(temp / "node");
  App::open(root, release::Name::parse("web"));
  const auto reader = Root::inspect(temp / "node");
  EXPECT_FALSE(reader.locked());
  EXPECT_EQ(reader.node_id(), root.node_id());
  ASSERT_EQ(reader.names().size(), 1U);
  EXPECT_FALSE(App::find(reader, reader.names()[0])->current());
  EXPECT_FALSE(App::find(reader, release::Name::parse("other")));
}

TEST(Root, InspectingMakesNothing) {
  const TempDir temp;
  EXPECT_EQ(error_of([&] { Root::inspect(temp / "node"); }).code(), Errc::not_found);
  EXPECT_EQ(error_of([&] { Root::inspect(temp.path()); }).code(), Errc::not_found);
  EXPECT_TRUE(fs::is_empty(temp.path()));
}

TEST(Root, RefusesANewerFormatByName) {
  const TempDir temp;
  Root::open(temp / "node");
  put_file(temp / "node/format", "roost-root 7\n");
  const auto error = error_of([&] { Root::open(temp / "node"); });
  EXPECT_EQ(error.code(), Errc::usage);
  EXPECT_THAT(error.what(), HasSubstr("format 7 is newer than the 1"));
  put_file(temp / "node/format", "rubbish");
  EXPECT_EQ(error_of([&] { Root::inspect(temp / "node"); }).code(), Errc::integrity);
}

TEST(Root, RefusesWhatIsNoRoot) {
  const TempDir temp;
  put_file(temp / "file", "x");
  EXPECT_EQ(error_of([&] { Root::open(temp / "file"); }).code(), Errc::usage);
  const auto error = error_of([&] { Root::open(temp.path()); });
  EXPECT_EQ(error.code(), Errc::usage);
  EXPECT_THAT(error.what(), HasSubstr("not empty"));
  EXPECT_EQ(error_of([&] { Root::open(temp / "no/such/parent"); }).code(), Errc::not_found);
}

TEST(Root, FinishesACreationThatWasCutShort) {
  const TempDir temp;
  put_file(temp / "node/lock", "");
  put_file(temp / "node/.format.new", "roost-ro");
  EXPECT_EQ(Root::open(temp / "node").node_id().size(), 32U);
}

// Root may write anywhere, so for a moment it is nobody.
struct AsNobody {
  AsNobody() {
    if (::getuid() == 0) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  ~AsNobody() {
    if (::getuid() == 0) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
};

TEST(Root, NamesADirectoryThatItMayNotWriteTo) {
  const TempDir temp;
  fs::permissions(temp.path(), fs::perms(0755));
  fs::create_directory(temp / "node");
  fs::permissions(temp / "node", fs::perms(0555));
  std::optional<Error> caught;
  {
    const AsNobody nobody;
    caught = error_of([&] { Root::open(temp / "node"); });
  }
  const auto& error = *caught;
  EXPECT_THAT(error.what(), HasSubstr("node/lock: Permission denied"));
  EXPECT_THAT(error.help(), HasSubstr("permissions"));
}

TEST(App, RefusesACurrentThatLeadsElsewhere) {
  const TempDir temp;
  const auto root = Root::open(temp / "node");
  const auto app = App::open(root, release::Name::parse("web"));
  fs::create_symlink("/etc", temp / "node/apps/web/current");
  EXPECT_EQ(error_of([&] { app.current(); }).code(), Errc::integrity);
}

}  // namespace
}  // namespace roost::store
