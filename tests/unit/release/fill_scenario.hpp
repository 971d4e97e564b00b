// Images, sources and what is wrong with them, all chosen by a string of bytes: a property test
// and a fuzzer look for the bytes that make fill_image claim what is not so.
//
// Everything lies in memory. Sources have indexes that lie about digests and lengths, bytes that
// rot, and ends that are cut off; reads fail, fall short and differ from one to the next; the
// wanted index may contradict the torrent. broken() names the first promise that was not kept.
#pragma once

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/crypto/sha256.hpp"
#include "core/release/image_fill.hpp"
#include "core/release/image_map.hpp"

namespace roost::release::test {

// The bytes of the string one by one; zeros behind its end, which are the tame choices.
class Choices {
 public:
  explicit Choices(BytesView bytes) : bytes_(bytes) {}

  unsigned below(unsigned limit) {
    if (at_ == bytes_.size()) return 0;
    return bytes_[at_++] % limit;
  }
  bool one_in(unsigned many) { return below(many) == many - 1; }

 private:
  BytesView bytes_;
  std::size_t at_ = 0;
};

// What chunks hold; 2n and 2n + 1 are of one length.
inline const Bytes& content(unsigned number) {
  static const auto all = [] {
    constexpr std::size_t kLengths[] = {1, 100, 5'000, 16'383, 16'384, 16'385, 33'000, 70'000};
    std::vector<Bytes> contents;
    std::uint64_t state = 88'172'645'463'325'252ULL;  // xorshift64
    for (const auto length : kLengths) {
      for (int twin = 0; twin < 2; ++twin) {
        Bytes bytes(length);
        for (auto& byte : bytes) {
          state ^= state << 13;
          state ^= state >> 7;
          state ^= state << 17;
          byte = static_cast<std::uint8_t>(state);
        }
        contents.push_back(std::move(bytes));
      }
    }
    contents[0] = {1};
    contents[1] = {2};
    return contents;
  }();
  return all[number % all.size()];
}

inline constexpr unsigned kContents = 16;

inline const Sha256& digest_of(unsigned number) {
  static const auto all = [] {
    std::vector<Sha256> digests;
    for (unsigned i = 0; i < kContents; ++i) digests.push_back(crypto::sha256(content(i)));
    return digests;
  }();
  return all[number];
}

enum class Lie { none, digest, length };  // another content's of its length; a byte more

struct ImageSketch {
  std::vector<unsigned> contents;
  std::vector<Lie> lies;  // of the index, one a chunk

  Index index() const {
    constexpr std::uint32_t kMore = 65'536;  // as if it were compressed: raw digests are apart
    IndexParts parts;
    std::uint64_t size = 0;
    for (std::uint32_t i = 0; i < contents.size(); ++i) {
      const auto length = static_cast<std::uint32_t>(content(contents[i]).size()) +
                          (lies[i] == Lie::length ? 1 : 0);
      const auto told = lies[i] == Lie::digest ? contents[i] ^ 1U : contents[i];
      parts.chunks.push_back({length + kMore, length, crypto::sha256(as_bytes(std::to_string(i))),
                              digest_of(told), 0});
      parts.segments.push_back({i, length + kMore});
      size += length + kMore;
    }
    if (size > 0) parts.entries.push_back({RelPath::parse("f"), Kind::file, size, 0, {}});
    return Index(std::move(parts));
  }

  Bytes bytes() const {
    Bytes all;
    for (const auto number : contents) {
      all.insert(all.end(), content(number).begin(), content(number).end());
    }
    return all;
  }

  bool truthful() const {
    return std::ranges::all_of(lies, [](Lie lie) { return lie == Lie::none; });
  }
};

struct SourceSketch {
  ImageSketch image;
  Bytes bytes;              // what the disk has
  std::vector<bool> there;  // as ChunkMatch takes it
  bool sound = true;        // nothing is wrong with it
};

// The disk: file n is source n, and the target is what is written to.
class Memory : public Fs {
 public:
  Memory(const std::vector<SourceSketch>& sources, std::size_t target, unsigned mischief)
      : sources_(sources), target_(target), written_(target), mischief_(mischief) {}

  static constexpr int kTarget = 1000;

  std::size_t read(int fd, std::span<std::uint8_t> out, std::uint64_t offset) override {
    const auto& bytes = sources_.at(static_cast<std::size_t>(fd)).bytes;
    if (offset >= bytes.size()) return 0;
    auto length = std::min<std::size_t>(out.size(), bytes.size() - offset);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), length, out.begin());
    switch (mood(fd, offset, out.size())) {
      case 1:
        throw Error(Errc::failed, "read source: bad sector");
      case 2:
        return length / 2;
      case 3:
        out[offset % length] ^= 0x10;
        break;
      default:
        break;
    }
    return length;
  }

  void write(int fd, BytesView bytes, std::uint64_t offset) override {
    if (fd != kTarget || offset > target_.size() || bytes.size() > target_.size() - offset) {
      outside_ = true;
      return;
    }
    std::copy(bytes.begin(), bytes.end(), target_.begin() + static_cast<std::ptrdiff_t>(offset));
    std::fill_n(written_.begin() + static_cast<std::ptrdiff_t>(offset), bytes.size(), 1);
  }

  const Bytes& target() const { return target_; }
  bool written(std::size_t at) const { return written_[at] != 0; }
  bool outside() const { return outside_; }

 private:
  // Depends on the place and on how often it was read, not on the order of threads.
  unsigned mood(int fd, std::uint64_t offset, std::size_t length) {
    if (mischief_ == 0) return 0;
    const std::lock_guard lock(mutex_);
    const auto time = reads_[{fd, offset, length}]++;
    return static_cast<unsigned>((mischief_ * (offset + 7 * length + 13 * time + 1)) >> 3) % 8;
  }

  const std::vector<SourceSketch>& sources_;
  Bytes target_;
  Bytes written_;  // one byte a byte: threads write
  std::atomic<bool> outside_ = false;
  const unsigned mischief_;
  std::mutex mutex_;
  std::map<std::tuple<int, std::uint64_t, std::size_t>, unsigned> reads_;
};

class FillScenario {
 public:
  explicit FillScenario(BytesView choices) {
    Choices choose(choices);
    piece_length_ = crypto::kBlockSize << choose.below(3);
    mischief_ = choose.below(4) == 3 ? choose.below(255) + 1 : 0;
    const auto chunks = 1 + choose.below(12);
    wanted_ = sketch(choose, chunks, choose.one_in(4) ? Lie::digest : Lie::none);
    image_ = wanted_.bytes();
    const auto count = choose.below(4);
    for (unsigned i = 0; i < count; ++i) sources_.push_back(source(choose));
    have_.resize((image_.size() + piece_length_ - 1) / piece_length_);
    if (choose.one_in(2)) {
      for (std::size_t piece = 0; piece < have_.size(); ++piece) have_[piece] = choose.one_in(3);
    }
  }

  // Empty: every promise was kept.
  std::string broken() const {
    const Index index = wanted_.index();
    ChunkMatch match(index);
    std::vector<int> files;
    for (std::uint32_t i = 0; i < sources_.size(); ++i) {
      match.add(i, sources_[i].image.index(), sources_[i].there);
      files.push_back(static_cast<int>(i));
    }
    Memory disk(sources_, image_.size(), mischief_);
    const auto layer = piece_layer();
    const FilePart part{image_.size(), crypto::piece_hash(image_, 0), piece_length_};
    const auto filled =
        fill_image(disk, {index, part, layer, Memory::kTarget, have_}, match, files, {});
    for (const auto& wrong : {wrong_places(index, match), wrong_shape(filled, disk),
                              wrong_claims(index, filled, disk), missed(index, filled)}) {
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

 private:
  static ImageSketch sketch(Choices& choose, unsigned chunks, Lie lie) {
    ImageSketch image;
    for (unsigned i = 0; i < chunks; ++i) {
      image.contents.push_back(choose.below(kContents));
      image.lies.push_back(lie != Lie::none && choose.one_in(3) ? lie : Lie::none);
    }
    return image;
  }

  static SourceSketch source(Choices& choose) {
    constexpr Lie kLies[] = {Lie::none, Lie::none, Lie::none, Lie::digest, Lie::length};
    SourceSketch source;
    const auto chunks = choose.below(12);
    source.image = sketch(choose, chunks, kLies[choose.below(std::size(kLies))]);
    source.bytes = source.image.bytes();
    source.sound = source.image.truthful();
    if (choose.one_in(4) && !source.bytes.empty()) {
      source.bytes[choose.below(255) * source.bytes.size() / 255] ^= 1;
      source.sound = false;
    }
    if (choose.one_in(4)) {
      source.bytes.resize(source.bytes.size() * choose.below(255) / 255);
      source.sound = false;
    }
    if (choose.one_in(3)) {
      for (std::size_t i = 0; i < chunks; ++i) source.there.push_back(choose.one_in(2));
    }
    return source;
  }

  std::size_t pieces() const { return have_.size(); }
  std::uint64_t begin_of(std::size_t piece) const { return std::uint64_t{piece} * piece_length_; }
  std::uint64_t end_of(std::size_t piece) const {
    return std::min<std::uint64_t>(image_.size(), begin_of(piece) + piece_length_);
  }
  std::size_t blocks_of(std::size_t piece) const {
    return (end_of(piece) - begin_of(piece) + crypto::kBlockSize - 1) / crypto::kBlockSize;
  }

  std::vector<Sha256> piece_layer() const {
    std::vector<Sha256> layer;
    if (pieces() == 1) return layer;
    for (std::size_t piece = 0; piece < pieces(); ++piece) {
      layer.push_back(crypto::piece_hash(
          BytesView(image_).subspan(begin_of(piece), end_of(piece) - begin_of(piece)),
          piece_length_));
    }
    return layer;
  }

  std::string wrong_places(const Index& index, const ChunkMatch& match) const {
    std::size_t found = 0;
    for (std::uint32_t i = 0; i < index.chunks().size(); ++i) {
      const auto place = match.find(i);
      if (!place) continue;
      ++found;
      if (place->source >= sources_.size()) return "a place is in no source";
      const auto& source = sources_[place->source];
      const auto there = source.image.index();
      const auto at = std::ranges::find(there.chunks(), place->offset, &ChunkInfo::offset);
      if (at == there.chunks().end() || at->stored != index.chunks()[i].stored ||
          at->stored_length != index.chunks()[i].stored_length) {
        return "a place holds another chunk";
      }
      const auto number = static_cast<std::size_t>(at - there.chunks().begin());
      if (!source.there.empty() && !source.there[number]) return "a place is not there";
    }
    return found == match.found() ? "" : "found() is wrong";
  }

  std::string wrong_shape(const Filled& filled, const Memory& disk) const {
    if (disk.outside()) return "written outside of the image";
    if (filled.have.size() != pieces()) return "have is of another length";
    if (filled.from.size() != sources_.size()) return "from is of another length";
    for (const auto& [piece, blocks] : filled.unfinished) {
      if (piece >= pieces() || filled.have[piece]) return "a whole piece is unfinished";
      if (blocks.size() != blocks_of(piece)) return "blocks of another number";
      const auto here = std::ranges::count(blocks, true);
      if (here == 0 || here == std::ssize(blocks)) return "none or all blocks of an unfinished";
    }
    return {};
  }

  bool claimed(const Filled& filled, std::size_t at) const {
    const auto piece = static_cast<std::uint32_t>(at / piece_length_);
    if (filled.have[piece]) return !have_[piece];
    const auto unfinished = filled.unfinished.find(piece);
    return unfinished != filled.unfinished.end() &&
           unfinished->second[at % piece_length_ / crypto::kBlockSize];
  }

  // Every claimed byte is right and nothing else was written. A block that is no part of a whole
  // piece has only the index to go by.
  std::string wrong_claims(const Index& index, const Filled& filled, const Memory& disk) const {
    const auto lied_about = blocks_with_lies(index);
    std::uint64_t bytes = 0;
    for (std::size_t piece = 0; piece < pieces(); ++piece) {
      if (have_[piece] && !filled.have[piece]) return "a piece that was there got lost";
    }
    for (std::size_t at = 0; at < image_.size(); ++at) {
      const bool claim = claimed(filled, at);
      if (claim != disk.written(at)) return claim ? "claimed unwritten" : "written unclaimed";
      if (!claim) continue;
      ++bytes;
      if (disk.target()[at] == image_[at]) continue;
      if (filled.have[at / piece_length_] || !lied_about[at / crypto::kBlockSize]) {
        return "a wrong byte is claimed at " + std::to_string(at);
      }
    }
    const auto told = std::accumulate(filled.from.begin(), filled.from.end(), std::uint64_t{0});
    return told == bytes ? "" : "bytes by source are wrong";
  }

  std::vector<bool> blocks_with_lies(const Index& index) const {
    std::vector<bool> blocks(image_.size() / crypto::kBlockSize + 1, false);
    for (std::size_t i = 0; i < wanted_.lies.size(); ++i) {
      if (wanted_.lies[i] == Lie::none) continue;
      const auto& chunk = index.chunks()[i];
      const auto last = (chunk.offset + chunk.stored_length - 1) / crypto::kBlockSize;
      for (auto block = chunk.offset / crypto::kBlockSize; block <= last; ++block) {
        blocks[block] = true;
      }
    }
    return blocks;
  }

  // Where nothing is wrong with anything, what is here is used: each block, if need be.
  std::string missed(const Index& index, const Filled& filled) const {
    if (mischief_ != 0 || !wanted_.truthful() ||
        !std::ranges::all_of(sources_, &SourceSketch::sound)) {
      return {};
    }
    std::vector<bool> here(image_.size(), false);
    for (std::size_t i = 0; i < wanted_.contents.size(); ++i) {
      if (!at_hand(wanted_.contents[i])) continue;
      const auto& chunk = index.chunks()[i];
      std::fill_n(here.begin() + static_cast<std::ptrdiff_t>(chunk.offset), chunk.stored_length,
                  true);
    }
    for (std::size_t at = 0; at < image_.size(); at += crypto::kBlockSize) {
      const auto end = std::min<std::size_t>(image_.size(), at + crypto::kBlockSize);
      const bool whole =
          std::all_of(here.begin() + static_cast<std::ptrdiff_t>(at),
                      here.begin() + static_cast<std::ptrdiff_t>(end), [](bool b) { return b; });
      if (whole && !have_[at / piece_length_] && !claimed(filled, at)) {
        return "a block at hand was passed over at " + std::to_string(at);
      }
    }
    return {};
  }

  // Of equal chunks of one source any may be meant.
  bool at_hand(unsigned number) const {
    return std::ranges::any_of(sources_, [&](const SourceSketch& source) {
      const auto& contents = source.image.contents;
      bool any = false;
      for (std::size_t i = 0; i < contents.size(); ++i) {
        if (contents[i] != number) continue;
        if (!source.there.empty() && !source.there[i]) return false;
        any = true;
      }
      return any;
    });
  }

  std::uint32_t piece_length_ = crypto::kBlockSize;
  unsigned mischief_ = 0;  // 0: reads are as they should be
  ImageSketch wanted_;
  Bytes image_;
  std::vector<SourceSketch> sources_;
  std::vector<bool> have_;
};

}  // namespace roost::release::test
