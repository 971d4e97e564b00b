#include "core/store/images.hpp"

#include <gtest/gtest.h>

#include "core/crypto/sha256.hpp"
#include "tests/unit/store/faulty_fs.hpp"
#include "tests/unit/store/sample.hpp"

namespace roost::store {
namespace {

struct Images : ::testing::Test {
  TempDir temp;
  Root root = Root::open(temp / "root");
  release::ReleaseId id{crypto::sha256(as_bytes("release"))};
  Image image = Image::open(root, id);
  std::filesystem::path have = temp / ("root/images/" + id.hex() + "/have");

  static std::vector<bool> every_third(std::size_t count) {
    std::vector<bool> bits(count);
    for (std::size_t i = 0; i < count; i += 3) bits[i] = true;
    return bits;
  }
};

TEST_F(Images, RememberVerifiedPieces) {
  for (const std::size_t count : {0, 1, 8, 9, 1001}) {
    image.save_have(every_third(count));
    const auto loaded = image.load_have(count);
    EXPECT_EQ(loaded.pieces, every_third(count));
    EXPECT_FALSE(loaded.must_be_reverified);
  }
}

TEST_F(Images, KnowNothingWithoutARecordOrOfAnotherCount) {
  EXPECT_TRUE(image.load_have(10).pieces.empty());
  image.save_have(every_third(10));
  EXPECT_TRUE(image.load_have(11).pieces.empty());
  EXPECT_TRUE(image.load_have(1000).pieces.empty());
}

TEST_F(Images, DistrustADamagedRecord) {
  image.save_have(every_third(100));
  const auto good = get_file(have);
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    put_file(have, bad);
    EXPECT_TRUE(image.load_have(100).pieces.empty()) << at;
  }
  put_file(have, good.substr(0, good.size() - 1));
  EXPECT_TRUE(image.load_have(100).pieces.empty());
}

// Another machine's boot id, as after a reboot of this one.
class Rebooted : public Fs {
 public:
  UniqueFd open_path(const std::string& path, int flags) override {
    return Fs::open_path(path.ends_with("/boot_id") ? other_ : path, flags);
  }
  explicit Rebooted(std::string other) : other_(std::move(other)) {}

 private:
  std::string other_;
};

TEST_F(Images, AskForPiecesToBeVerifiedAgainAfterAReboot) {
  image.save_have(every_third(100));
  put_file(temp / "boot", "01234567-89ab-cdef-0123-456789abcdef\n");
  Rebooted fs((temp / "boot").string());
  const auto later = Root::inspect(temp / "root", fs);
  const auto loaded = Image::open(later, id).load_have(100);
  EXPECT_TRUE(loaded.must_be_reverified);
  EXPECT_EQ(loaded.pieces, every_third(100));
}

TEST_F(Images, ReserveTheirSpaceOnce) {
  image.allocate(1 << 20);
  EXPECT_EQ(std::filesystem::file_size(image.path(Image::File::image)), 1U << 20);
  {
    std::fstream file(image.path(Image::File::image), std::ios::in | std::ios::out);
    file << "piece";
  }
  image.allocate(1 << 20);
  EXPECT_EQ(get_file(image.path(Image::File::image)).substr(0, 5), "piece");
  image.allocate(0);
  EXPECT_EQ(std::filesystem::file_size(image.path(Image::File::image)), 0U);
}

TEST_F(Images, LeaveNothingWhenTheDiskIsFull) {
  FaultyFs fs;
  fs.fail_errno = ENOSPC;
  const auto other = Root::inspect(temp / "root", fs);
  const auto full = Image::open(other, id);
  fs.fail_at = 1;
  fs.fail_for_good = true;
  EXPECT_THROW(full.allocate(100), Error);
  EXPECT_FALSE(std::filesystem::exists(image.path(Image::File::image)));
}

TEST_F(Images, KeepTheIndexAndAreListedAndRemoved) {
  image.write(Image::File::index, as_bytes("index bytes"));
  EXPECT_EQ(as_text(image.read(Image::File::index, 100)), "index bytes");
  EXPECT_THROW(image.read(Image::File::index, 5), Error);
  ASSERT_EQ(list_images(root).size(), 1U);
  EXPECT_EQ(list_images(root)[0], id);
  remove_image(root, id);
  EXPECT_TRUE(list_images(root).empty());
  EXPECT_EQ(remove_image(root, id), 0U);
}

}  // namespace
}  // namespace roost::store
