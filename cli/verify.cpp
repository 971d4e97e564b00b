// roost verify PATH --trust KEYFILE.pub
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/common_options.hpp"
#include "peer/verify_staged.hpp"

namespace roost::cli {
namespace {

struct Args {
  std::filesystem::path path;
  TrustOption trust;
};

int verify(const Args& args, Context& context) {
  const auto check = peer::verify_staged(args.path, args.trust.load(), context.stop);
  const auto& descriptor = check.descriptor.descriptor();
  auto list = nlohmann::ordered_json::array();
  for (const auto& mismatch : check.mismatches) {
    context.out.line(fmt::format("{:10}  {}{}{}", release::to_string(mismatch.what), mismatch.path,
                                 mismatch.detail.empty() ? "" : "  ", mismatch.detail));
    list.push_back({{"path", mismatch.path},
                    {"what", release::to_string(mismatch.what)},
                    {"detail", mismatch.detail}});
  }
  context.out.result({{"release", descriptor.release.str()},
                      {"release_id", check.descriptor.id().hex()},
                      {"entries", descriptor.entries},
                      {"tree_bytes", descriptor.tree_bytes},
                      {"mismatches", std::move(list)}});
  if (!check.mismatches.empty()) {
    throw Error(
        Errc::integrity,
        fmt::format("verify {}: {} of {} entries are not what was signed as {}", args.path.string(),
                    check.mismatches.size(), descriptor.entries, descriptor.release.str()),
        "stage the release again, or roll back");
  }
  context.out.line(fmt::format("{} is {}: {} entries, {}, all as signed", args.path.string(),
                               descriptor.release.str(), descriptor.entries,
                               format_size(descriptor.tree_bytes)));
  return 0;
}

}  // namespace

Run setup_verify(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Reads a staged tree back and compares every entry with what was signed: paths, types,\n"
      "modes, sizes, times, link targets and contents. Exit 6 names each difference.");
  options.argument("PATH", args->path, "a staged tree, such as DIR/apps/web/current")
      .required()
      .files();
  args->trust.declare(options);
  options.example("roost verify ./node/apps/web/current --trust key.pem.pub");
  return [args](Context& context) { return verify(*args, context); };
}

}  // namespace roost::cli
