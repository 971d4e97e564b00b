#include "core/proto/bencode.hpp"

#include <cassert>
#include <charconv>

#include "core/base/error.hpp"

namespace roost::proto {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Errc::integrity, "decode bencoding: " + why);
}

[[noreturn]] void not_a(const char* kind) {
  refuse(std::string("a value that is no ") + kind);
}

// Keys may be any bytes; an error shows only what is safe to print.
std::string printable(std::string_view key) {
  std::string text;
  for (const char c : key.substr(0, 40)) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

}  // namespace

class BDecoder {
 public:
  explicit BDecoder(BytesView bytes) : bytes_(bytes), text_(as_text(bytes)) {}

  BValue whole() {
    if (bytes_.size() > kMaxBencode) refuse("longer than 16 MiB");
    BValue value = next(0);
    if (at_ != text_.size()) refuse("bytes after the value");
    return value;
  }

 private:
  char peek() const {
    if (at_ >= text_.size()) refuse("cut short");
    return text_[at_];
  }

  BValue next(std::size_t depth) {
    if (depth > kMaxBencodeDepth) refuse("nested deeper than 32");
    if (++values_ > kMaxBencodeValues) refuse("more than 100,000 values");
    const std::size_t start = at_;
    BValue value;
    switch (peek()) {
      case 'i':
        ++at_;
        value.kind_ = BValue::Kind::integer;
        value.integer_ = number('e');
        break;
      case 'l':
        ++at_;
        value.kind_ = BValue::Kind::list;
        while (peek() != 'e') value.list_.push_back(next(depth + 1));
        ++at_;
        break;
      case 'd':
        ++at_;
        value.kind_ = BValue::Kind::dict;
        read_dict(value, depth);
        ++at_;
        break;
      default:
        value.kind_ = BValue::Kind::string;
        value.string_ = read_string();
    }
    value.encoded_ = bytes_.subspan(start, at_ - start);
    return value;
  }

  void read_dict(BValue& value, std::size_t depth) {
    while (peek() != 'e') {
      const auto key = read_string();
      if (!value.dict_.empty() && key <= value.dict_.back().first) {
        refuse("dict keys out of order or repeated");
      }
      value.dict_.emplace_back(key, next(depth + 1));
    }
  }

  std::string_view read_string() {
    if (peek() < '0' || peek() > '9') refuse("a byte that begins no value");
    const auto size = static_cast<std::uint64_t>(number(':'));
    if (size > text_.size() - at_) refuse("a string longer than the rest");
    const auto string = text_.substr(at_, size);
    at_ += size;
    return string;
  }

  // Digits up to the end mark, in the one way to write them.
  std::int64_t number(char end_mark) {
    const auto stop = text_.find(end_mark, at_);
    if (stop == std::string_view::npos || stop - at_ > 20) refuse("a number without end");
    const auto digits = text_.substr(at_, stop - at_);
    std::int64_t result = 0;
    const auto [last, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), result);
    if (error != std::errc{} || last != digits.data() + digits.size()) refuse("a malformed number");
    const auto unsigned_digits = digits.front() == '-' ? digits.substr(1) : digits;
    if (unsigned_digits.front() == '0' && digits.size() > 1) refuse("a number with leading zero");
    at_ = stop + 1;
    return result;
  }

  BytesView bytes_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

BValue bdecode(BytesView bytes) {
  return BDecoder(bytes).whole();
}

std::int64_t BValue::integer() const {
  if (kind_ != Kind::integer) not_a("integer");
  return integer_;
}

std::string_view BValue::string() const {
  if (kind_ != Kind::string) not_a("string");
  return string_;
}

const std::vector<BValue>& BValue::list() const {
  if (kind_ != Kind::list) not_a("list");
  return list_;
}

const BValue::Dict& BValue::dict() const {
  if (kind_ != Kind::dict) not_a("dict");
  return dict_;
}

const BValue* BValue::find(std::string_view key) const {
  for (const auto& [name, value] : dict()) {
    if (name == key) return &value;
  }
  return nullptr;
}

const BValue& BValue::at(std::string_view key) const {
  const BValue* value = find(key);
  if (value == nullptr) refuse("no key '" + printable(key) + "'");
  return *value;
}

namespace {

void write(BWriter& writer, const BValue& value) {
  switch (value.kind()) {
    case BValue::Kind::integer:
      writer.integer(value.integer());
      return;
    case BValue::Kind::string:
      writer.string(value.string());
      return;
    case BValue::Kind::list:
      writer.list();
      for (const auto& item : value.list()) write(writer, item);
      writer.end();
      return;
    case BValue::Kind::dict:
      writer.dict();
      for (const auto& [key, item] : value.dict()) {
        writer.key(key);
        write(writer, item);
      }
      writer.end();
      return;
  }
}

}  // namespace

std::string bencode(const BValue& value) {
  BWriter writer;
  write(writer, value);
  return writer.take();
}

BWriter& BWriter::dict() {
  out_ += 'd';
  last_keys_.emplace_back();
  return *this;
}

BWriter& BWriter::list() {
  out_ += 'l';
  last_keys_.emplace_back();
  return *this;
}

BWriter& BWriter::end() {
  assert(!last_keys_.empty());
  out_ += 'e';
  last_keys_.pop_back();
  return *this;
}

BWriter& BWriter::key(std::string_view name) {
  // The empty key, which file trees have, can only be a dict's first.
  assert(!last_keys_.empty() && (last_keys_.back() < name || out_.back() == 'd'));
  last_keys_.back() = name;
  return string(name);
}

BWriter& BWriter::string(std::string_view bytes) {
  out_ += std::to_string(bytes.size());
  out_ += ':';
  out_ += bytes;
  return *this;
}

BWriter& BWriter::integer(std::int64_t value) {
  out_ += 'i';
  out_ += std::to_string(value);
  out_ += 'e';
  return *this;
}

BWriter& BWriter::raw(BytesView encoded) {
  out_ += as_text(encoded);
  return *this;
}

}  // namespace roost::proto
