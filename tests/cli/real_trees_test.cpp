// Real trees, each published, delivered to three nodes by real processes, and
// compared entry by entry by a reader that knows nothing of Roost's format.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/run_roost.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/trees.hpp"

namespace roost::test {
namespace {

namespace fs = std::filesystem;

// One line of the table in docs/benchmarks.md.
void print_figures(const fs::path& tree, const nlohmann::json& result) {
  const auto& publish = result["publish"];
  fmt::print("| {} | {} | {:.1f} | {:.1f} | {:.1f} | {} | {:.2f} | {:.2f} |\n", tree.string(),
             publish["files"].get<std::uint64_t>(), publish["tree_bytes"].get<double>() / 1e6,
             publish["image_bytes"].get<double>() / 1e6, publish["index_bytes"].get<double>() / 1e6,
             publish["chunks"].get<std::uint64_t>(), publish["pack_s"].get<double>(),
             result["last_s"].get<double>());
}

void deliver_and_compare(const fs::path& tree, std::uint64_t at_least_files) {
  const auto ran = run_roost({"demo", "--nodes", "3", "--artifact", tree.string(), "--json"},
                             std::chrono::minutes(9));
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto result = nlohmann::json::parse(ran.last_line());
  EXPECT_EQ(result["nodes"].size(), 3U);
  EXPECT_GE(result["publish"]["files"].get<std::uint64_t>(), at_least_files);
  EXPECT_GE(result["entries"].get<std::uint64_t>(), at_least_files);
  print_figures(tree, result);
}

TEST(RealTrees, EdgeCases) {
  const TempDir dir;
  make_edge_case_tree(dir / "tree");
  deliver_and_compare(dir / "tree", 10);
}

TEST(RealTrees, TensOfThousandsOfSmallFiles) {
  deliver_and_compare("/usr/include", 1000);
}

TEST(RealTrees, LargeBinariesOfTheCompiler) {
  deliver_and_compare("/usr/lib/gcc", 100);
}

// typescript and vite with what they depend on; `./dev test` installs them from
// tests/cli/node_tree/package.json.
TEST(RealTrees, NodeModules) {
  const fs::path tree = ROOST_NODE_TREE;
  ASSERT_TRUE(fs::exists(tree / "typescript")) << "run ./dev test, which makes " << tree;
  deliver_and_compare(tree, 100);
}

}  // namespace
}  // namespace roost::test
