// Bencoding (BEP 3): a strict, bounded decoder and a writer.
//
// decode() accepts exactly one encoding of each value (dict keys sorted and
// unique, no leading zeros, no "-0", nothing after the value), so encoding what
// was decoded gives the same bytes. A BValue views the decoded bytes, which must
// outlive it. Pure; any thread. decode() throws Error{integrity}; wrong-kind
// accessors do as well, naming the kind that was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.hpp"

namespace roost::proto {

inline constexpr std::size_t kMaxBencode = 16UL * 1024 * 1024;
inline constexpr std::size_t kMaxBencodeDepth = 32;
inline constexpr std::size_t kMaxBencodeValues = 100'000;

class BValue {
 public:
  enum class Kind { integer, string, list, dict };
  using Dict = std::vector<std::pair<std::string_view, BValue>>;

  Kind kind() const noexcept { return kind_; }
  std::int64_t integer() const;
  std::string_view string() const;  // any bytes
  const std::vector<BValue>& list() const;
  const Dict& dict() const;  // in key order

  // The dict's value of that key, or nullptr; throws when this is no dict.
  const BValue* find(std::string_view key) const;

  // The same, but throws naming the key when it is not there.
  const BValue& at(std::string_view key) const;

  // The bytes this value was decoded from; what an info-hash is computed over.
  BytesView encoded() const noexcept { return encoded_; }

 private:
  friend class BDecoder;
  Kind kind_ = Kind::integer;
  std::int64_t integer_ = 0;
  std::string_view string_;
  std::vector<BValue> list_;
  Dict dict_;
  BytesView encoded_;
};

BValue bdecode(BytesView bytes);

std::string bencode(const BValue& value);

// Writes values in the order of the calls; dict keys come in sorted order from
// the caller, which debug builds assert.
class BWriter {
 public:
  BWriter& dict();                      // opens one
  BWriter& list();                      // opens one
  BWriter& end();                       // closes the innermost
  BWriter& key(std::string_view name);  // of a dict, then its value
  BWriter& string(std::string_view bytes);
  BWriter& string(BytesView bytes) { return string(as_text(bytes)); }
  BWriter& integer(std::int64_t value);
  BWriter& raw(BytesView encoded);  // a value that is encoded already

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::vector<std::string> last_keys_;  // of the open dicts
};

}  // namespace roost::proto
