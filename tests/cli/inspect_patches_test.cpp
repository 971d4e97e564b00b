// roost inspect and roost releases of what has patches, as a seeder keeps it.
#include <gmock/gmock.h>

#include "tests/cli/sandbox.hpp"
#include "tests/support/trees.hpp"

namespace roost::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class InspectPatches : public testing::Test {
 protected:
  InspectPatches() {
    write_file(box / "build-output" / "large", random_bytes(400'000, 5));
    publish("web@1.0.0");
    auto text = read_file(box / "build-output" / "large");
    text[200'000] ^= 1;
    write_file(box / "build-output" / "large", text);
    publish("web@1.1.0");
    for (const auto& item : fs::recursive_directory_iterator(box / "seeder-data")) {
      if (item.path().filename() == "patches") patches = item.path();
    }
  }

  void publish(const std::string& release) {
    const auto ran =
        box.run({"publish", "build-output", "--release", release, "--tracker", box.tracker(),
                 "--key", "key.pem", "--seeder", box.seeder(), "--channel", "prod"});
    ASSERT_EQ(ran.exit, 0) << ran.err;
  }

  Sandbox box;
  fs::path patches;
};

TEST_F(InspectPatches, SaysWhatTheyMake) {
  ASSERT_FALSE(patches.empty());
  const auto index = (patches.parent_path() / "index").string();
  const auto good = box.run({"inspect", patches.string(), "--index", index, "--json"});
  ASSERT_EQ(good.exit, 0) << good.err;
  EXPECT_EQ(json_field(good.last_line(), "/kind"), "patches");
  EXPECT_EQ(json_field(good.last_line(), "/table"), "good");
  EXPECT_EQ(json_field(good.last_line(), "/patches"), "1");
  const auto alone = box.run({"inspect", patches.string()});
  ASSERT_EQ(alone.exit, 0) << alone.err;
  EXPECT_THAT(alone.out, HasSubstr("not checked (no --index)"));
  EXPECT_THAT(alone.out, HasSubstr("frame_bytes"));
}

TEST_F(InspectPatches, RefusesWhatWasCut) {
  ASSERT_FALSE(patches.empty());
  const auto text = read_file(patches);
  write_file(box / "cut", text.substr(0, text.size() - 1));
  const auto index = (patches.parent_path() / "index").string();
  EXPECT_EQ(box.run({"inspect", "cut", "--index", index}).exit, 6);
  const auto alone = box.run({"inspect", "cut"});
  EXPECT_EQ(alone.exit, 6);
  EXPECT_THAT(alone.err, HasSubstr("error: read patches: the file is truncated"));
  EXPECT_EQ(alone.out, "");
  write_file(box / "cut", text.substr(0, 10));  // in the middle of its header
  EXPECT_EQ(box.run({"inspect", "cut"}).exit, 6);
}

TEST_F(InspectPatches, AreInTheDescriptorAndInTheList) {
  ASSERT_FALSE(patches.empty());
  const auto size = std::to_string(fs::file_size(patches));
  const auto descriptor = (patches.parent_path() / "descriptor.json").string();
  const auto ran = box.run({"inspect", descriptor, "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(json_field(ran.last_line(), "/payload/patches/size"), size);
  const auto list = box.run({"releases", "--tracker", box.tracker(), "--json"});
  ASSERT_EQ(list.exit, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("\"size\":" + size));
  EXPECT_THAT(list.out.substr(list.out.find("web@1.0.0")), Not(HasSubstr("\"patches\"")))
      << "the newest first";
}

}  // namespace
}  // namespace roost::test
