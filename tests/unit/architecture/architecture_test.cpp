// Keeps DESIGN's arrows and STYLE's limits, and shows for each rule that it bites.
#include <gmock/gmock.h>

#include "tests/unit/architecture/source_tree.hpp"

namespace roost::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<Source>& tree() {
  static const auto sources = read_tree(ROOST_SOURCE_DIR);
  return sources;
}

TEST(Architecture, FindsTheSources) {
  EXPECT_GT(tree().size(), 50U);
}

TEST(Architecture, DependenciesPointOneWay) {
  EXPECT_THAT(wrong_arrows(tree()), IsEmpty());
}

TEST(Architecture, NoHeaderUsedElsewhereIsHeavy) {
  EXPECT_THAT(heavy_headers(tree()), IsEmpty());
}

TEST(Architecture, NoFileIsLong) {
  EXPECT_THAT(long_files(tree()), IsEmpty());
}

TEST(Architecture, CoroutinesStayInNet) {
  EXPECT_THAT(coroutines(tree()), IsEmpty());
}

TEST(Architecture, HeadersBeginWithTheirContract) {
  EXPECT_THAT(headers_without_contract(tree()), IsEmpty());
}

TEST(Architecture, IncludesAreWrittenFromTheRoot) {
  EXPECT_THAT(unresolved_includes(tree()), IsEmpty());
}

TEST(ArchitectureRules, NameEachWrongArrow) {
  const std::vector<Source> sources{
      parse_source("core/base/a.cpp", "#include \"core/crypto/b.hpp\"\n"),
      parse_source("core/swarm/a.cpp", "\n#include \"core/release/b.hpp\"\n"),
      parse_source("core/proto/a.cpp", "#include \"core/release/b.hpp\"\n"),
      parse_source("tracker/a.cpp", "#include \"core/net/b.hpp\"\n#include \"peer/b.hpp\"\n"),
      parse_source("peer/a.cpp", "#include \"cli/b.hpp\"\n"),
      parse_source("cli/a.cpp", "#include \"peer/b.hpp\"\n#include \"tests/support/b.hpp\"\n"),
      parse_source("tests/flow/a.cpp", "#include \"peer/b.hpp\"\n"),
      parse_source("cli/b.cpp", "#include \"bench/lab/b.hpp\"\n"),
      parse_source("bench/lab/a.cpp", "#include \"cli/b.hpp\"\n"),
      parse_source("seeder/a.cpp", "#include \"bench/lab/b.hpp\"\n"),
  };
  EXPECT_THAT(
      wrong_arrows(sources),
      ElementsAre("core/base/a.cpp:1: core/base must not use core/crypto",
                  "core/swarm/a.cpp:2: core/swarm must not use core/release",
                  "tracker/a.cpp:2: tracker must not use peer",
                  "peer/a.cpp:1: peer must not use cli", "cli/a.cpp:2: cli must not use tests",
                  "bench/lab/a.cpp:1: bench must not use cli",
                  "seeder/a.cpp:1: seeder must not use bench"));
}

TEST(ArchitectureRules, FollowIncludesToAHeavyOne) {
  const std::vector<Source> sources{
      parse_source("core/net/public.hpp", "#include \"core/net/inner.hpp\"\n"),
      parse_source("core/net/inner.hpp", "#include <boost/beast.hpp>\n"),
      parse_source("core/net/private.hpp", "#include <openssl/evp.h>\n"),
      parse_source("core/net/a.cpp", "#include \"core/net/private.hpp\"\n"),
      parse_source("tracker/a.cpp", "#include \"core/net/public.hpp\"\n"),
  };
  EXPECT_THAT(
      heavy_headers(sources),
      ElementsAre("tracker/a.cpp:1: core/net/public.hpp -> core/net/inner.hpp -> boost/beast.hpp"));
}

TEST(ArchitectureRules, SeeLongFilesCoroutinesAndBareHeaders) {
  std::string longest;
  for (int i = 0; i < 501; ++i) longest += "\n";
  const std::vector<Source> sources{
      parse_source("core/base/a.cpp", longest),
      parse_source("core/net/a.cpp", "co_await x;\n"),
      parse_source("peer/a.cpp", "// co_await in words\nco_await x;\n"),
      parse_source("peer/a.hpp", "#pragma once\n"),
      parse_source("peer/b.hpp", "// What it is.\n#pragma once\n#include \"c.hpp\"\n"),
  };
  EXPECT_THAT(long_files(sources), ElementsAre("core/base/a.cpp:501: longer than 500 lines"));
  EXPECT_THAT(coroutines(sources), ElementsAre("peer/a.cpp:2: co_await outside core/net"));
  EXPECT_THAT(headers_without_contract(sources),
              ElementsAre("peer/a.hpp:1: no contract comment followed by #pragma once"));
  EXPECT_THAT(unresolved_includes(sources),
              ElementsAre("peer/b.hpp:3: \"c.hpp\" is not written from the root"));
}

}  // namespace
}  // namespace roost::test
