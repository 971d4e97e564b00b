#include "core/release/scan.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/temp_dir.hpp"
#include "tests/support/trees.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using roost::test::TempDir;
using roost::test::write_file;
using test::scan;
using test::thrown;

std::vector<std::string> paths(const Tree& tree) {
  std::vector<std::string> out;
  for (const Entry& entry : tree.entries) out.push_back(entry.path.str());
  return out;
}

TEST(Scan, SortsBytewiseAndKnowsKinds) {
  const TempDir dir;
  write_file(dir / "a/x", "1");
  write_file(dir / "a-b", "22");
  chmod((dir / "a-b").c_str(), 0755);
  std::filesystem::create_symlink("a/x", dir / "link");
  const Tree tree = scan(dir.path());
  EXPECT_EQ(paths(tree), (std::vector<std::string>{"a", "a-b", "a/x", "link"}));
  EXPECT_EQ(tree.entries[0].kind, Kind::directory);
  EXPECT_EQ(tree.entries[1].kind, Kind::executable);
  EXPECT_EQ(tree.entries[2].kind, Kind::file);
  EXPECT_EQ(tree.entries[3].target, "a/x");
  EXPECT_EQ(tree.bytes, 3U);
  EXPECT_EQ(tree.files, 2U);
}

TEST(Scan, RefusesByNameAllThatCannotBeCarried) {
  const TempDir dir;
  mkfifo((dir / "pipe").c_str(), 0600);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{AF_UNIX, {}};
  (dir / "sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  close(fd);
  write_file(dir / "setuid", "x");
  chmod((dir / "setuid").c_str(), 04755);
  write_file(dir / "setgid", "x");
  chmod((dir / "setgid").c_str(), 02755);
  write_file(dir / "bad\xFF", "x");
  std::filesystem::create_directory(dir / ".roost");
  write_file(dir / "fine/.roost", "allowed below the top");
  std::filesystem::create_symlink("/etc/passwd", dir / "out");
  const auto text = thrown([&] { scan(dir.path(), ExternalLinks::refuse); });
  EXPECT_TRUE(text.starts_with("usage: publish ")) << text;
  for (const char* part : {"'pipe' is a fifo", "'sock' is a socket", "'setuid' is setuid",
                           "'setgid' is setgid", "'bad\\xFF' not valid UTF-8", "'.roost' reserved",
                           "'out' is a link that leaves the tree"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  EXPECT_EQ(text.find("fine"), std::string::npos);
}

TEST(Scan, RefusesDevices) {
  const TempDir dir;
  if (mknod((dir / "null").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) {
    GTEST_SKIP() << "may not make devices";
  }
  EXPECT_NE(thrown([&] { scan(dir.path()); }).find("'null' is a character device"),
            std::string::npos);
}

TEST(Scan, NamesTenRefusalsAndTheCount) {
  const TempDir dir;
  for (int i = 0; i < 14; ++i) mkfifo((dir / ("pipe" + std::to_string(i))).c_str(), 0600);
  const auto text = thrown([&] { scan(dir.path()); });
  EXPECT_NE(text.find("and 4 more (14 in all)"), std::string::npos) << text;
}

TEST(Scan, JudgesLinksByTheirTextAlone) {
  const RelPath top = RelPath::parse("link");
  const RelPath deep = RelPath::parse("a/b/link");
  EXPECT_FALSE(leaves_tree(top, "nowhere"));
  EXPECT_TRUE(leaves_tree(top, "/etc"));
  EXPECT_TRUE(leaves_tree(top, "../x"));
  EXPECT_FALSE(leaves_tree(top, "a/../b"));
  EXPECT_TRUE(leaves_tree(top, "a/../../b"));
  EXPECT_FALSE(leaves_tree(deep, "../../x"));
  EXPECT_TRUE(leaves_tree(deep, "../../../x"));
  EXPECT_FALSE(leaves_tree(deep, "..//.././x"));
  EXPECT_TRUE(leaves_tree(deep, "../.././../a"));
}

TEST(Scan, KeepsOrOmitsLinksThatLeave) {
  const TempDir dir;
  std::filesystem::create_symlink("../../up", dir / "out");
  EXPECT_EQ(scan(dir.path(), ExternalLinks::keep).entries[0].target, "../../up");
  const Tree without = scan(dir.path(), ExternalLinks::omit);
  EXPECT_TRUE(without.entries.empty());
  EXPECT_EQ(without.omitted, 1U);
}

TEST(Scan, ExcludesByComponentOrByPath) {
  const TempDir dir;
  for (const char* path : {"keep.c", "x.o", "a/y.o", "a/keep", "b/.git/x", "c/tmp/x", "tmp/x"}) {
    write_file(dir / path, "x");
  }
  mkfifo((dir / "b/.git/pipe").c_str(), 0600);
  ScanOptions options;
  options.excludes = {"*.o", ".git", "/tmp", "c/t*"};
  const Tree tree = scan_tree(dir.path(), options);
  EXPECT_EQ(paths(tree), (std::vector<std::string>{"a", "a/keep", "b", "c", "keep.c"}));
  EXPECT_EQ(tree.excluded, 5U);
}

TEST(Scan, SaysWhatIsWrongWithTheTop) {
  const TempDir dir;
  write_file(dir / "file", "x");
  EXPECT_TRUE(thrown([&] { scan(dir / "none"); }).starts_with("not_found: scan tree"));
  EXPECT_TRUE(thrown([&] { scan(dir / "file"); }).starts_with("usage: scan tree"));
}

TEST(Scan, RefusesATreeThatIsTooDeep) {
  const TempDir dir;
  std::filesystem::path path = dir.path();
  for (int i = 0; i < 129; ++i) path /= "d";
  std::filesystem::create_directories(path);
  EXPECT_NE(thrown([&] { scan(dir.path()); }).find("more than 128 levels"), std::string::npos);
}

TEST(Scan, StopsWhenAsked) {
  const TempDir dir;
  write_file(dir / "x", "x");
  std::stop_source source;
  source.request_stop();
  ScanOptions options;
  options.stop = source.get_token();
  EXPECT_TRUE(thrown([&] { scan_tree(dir.path(), options); }).starts_with("interrupted"));
}

}  // namespace
}  // namespace roost::release
