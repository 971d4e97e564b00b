#include "peer/hook_output.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/rel_path.hpp"

namespace roost::peer {
namespace {

// Length of the UTF-8 sequence that the text begins with; 0: it begins with none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return length <= text.size() && is_utf8(text.substr(0, length)) ? length : 0;
}

// C0, DEL, and C1, which some terminals obey as well.
bool control(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 2) return lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
  return sequence.size() == 1 && (lead < 0x20 || lead == 0x7F) && lead != '\n' && lead != '\t';
}

void append_printable(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto length = sequence_length(bytes);
    const auto sequence = bytes.substr(0, std::max<std::size_t>(length, 1));
    if (length > 0 && !control(sequence)) {
      out += sequence;
    } else {
      for (const char c : sequence) {
        out += fmt::format("\\x{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
      }
    }
    bytes.remove_prefix(sequence.size());
  }
}

}  // namespace

void HookOutput::add(std::string_view bytes) {
  const auto head = std::min(bytes.size(), kFirst - first_.size());
  first_ += bytes.substr(0, head);
  bytes.remove_prefix(head);
  if (bytes.size() > kLast) {
    forgotten_ += bytes.size() - kLast;
    bytes.remove_prefix(bytes.size() - kLast);
  }
  last_ += bytes;
  if (last_.size() < 2 * kLast) return;
  forgotten_ += last_.size() - kLast;
  last_.erase(0, last_.size() - kLast);
}

std::uint64_t HookOutput::omitted() const noexcept {
  return forgotten_ + (last_.size() > kLast ? last_.size() - kLast : 0);
}

std::string HookOutput::text() const {
  std::string out;
  append_printable(out, first_);
  if (omitted() > 0) out += fmt::format("\n[{} bytes left out]\n", omitted());
  append_printable(out,
                   std::string_view(last_).substr(last_.size() - std::min(last_.size(), kLast)));
  return out;
}

}  // namespace roost::peer
