// What two hosts of the simulation say to each other: BitTorrent's messages, each in
// one word, and what they take on the wire.
//
// A block is 16 KiB and never travels without the messages that stand before it in its
// link's stream. Everything else is small: it counts as kControl bytes inside a stream
// and as kLoose when it makes a packet of its own.
#pragma once

#include <cstdint>

namespace roost::bench::simulator {

inline constexpr std::uint32_t kBlock = 16 * 1024;
inline constexpr std::uint32_t kBlockBytes = kBlock + 13;
inline constexpr std::uint32_t kControl = 12;               // 5 to 17 bytes; HAVE 9, REQUEST 17
inline constexpr std::uint32_t kLoose = kControl + 64;      // headers of Ethernet, IP and TCP
inline constexpr std::uint32_t kAcknowledgements = 2 * 64;  // of a block, by TCP, the other way
inline constexpr std::uint32_t kMaxPieces = 1U << 21;
inline constexpr std::uint32_t kMaxPieceBlocks = 1U << 8;

enum class MessageKind : std::uint32_t {
  have,
  have_all,
  request,
  block,
  depth,  // "reqq": how many requests the other side may have open
  interest,
  choke,
  stream,  // never sent: some messages of a link's stream that arrive together
};

class Message {
 public:
  Message() = default;
  static Message have(std::uint32_t piece) { return {MessageKind::have, piece, 0}; }
  static Message have_all() { return {MessageKind::have_all, 0, 0}; }
  static Message request(std::uint32_t piece, std::uint32_t block) {
    return {MessageKind::request, piece, block};
  }
  static Message block(std::uint32_t piece, std::uint32_t block) {
    return {MessageKind::block, piece, block};
  }
  static Message depth(int blocks) {
    return {MessageKind::depth, static_cast<std::uint32_t>(blocks), 0};
  }
  static Message interest(bool yes) { return {MessageKind::interest, 0, yes ? 1U : 0U}; }
  static Message choke(bool yes) { return {MessageKind::choke, 0, yes ? 1U : 0U}; }
  static Message stream(std::uint32_t count) { return {MessageKind::stream, count, 0}; }

  static Message from_word(std::uint32_t word) {
    Message message;
    message.word_ = word;
    return message;
  }
  std::uint32_t word() const noexcept { return word_; }

  MessageKind kind() const noexcept { return static_cast<MessageKind>(word_ >> 29); }
  std::uint32_t piece() const noexcept { return (word_ >> 8) & (kMaxPieces - 1); }
  std::uint32_t number() const noexcept { return piece(); }  // of depth and stream
  std::uint32_t block() const noexcept { return word_ & (kMaxPieceBlocks - 1); }
  bool yes() const noexcept { return block() != 0; }
  bool is_block() const noexcept { return kind() == MessageKind::block; }

 private:
  Message(MessageKind kind, std::uint32_t piece, std::uint32_t block)
      : word_(static_cast<std::uint32_t>(kind) << 29 | piece << 8 | block) {}

  std::uint32_t word_ = 0;
};

}  // namespace roost::bench::simulator
