#include "core/release/refusals.hpp"

#include <fmt/core.h>

#include "core/base/error.hpp"
#include "core/base/rel_path.hpp"

namespace roost::release {

std::string escaped(const std::string& name) {
  const bool text = is_utf8(name);
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !text)) {
      out += fmt::format("\\x{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

void Refusals::add(const std::string& path, const std::string& why, bool external_link) {
  ++count_;
  if (external_link) ++external_links_;
  if (named_.size() < kNamed) named_.push_back("'" + escaped(path) + "' " + escaped(why));
}

void Refusals::throw_if_any(const std::string& what) const {
  if (!any()) return;
  std::string text = what + ": ";
  for (std::size_t i = 0; i < named_.size(); ++i) text += (i > 0 ? "; " : "") + named_[i];
  if (count_ > named_.size()) {
    text += fmt::format("; and {} more ({} in all)", count_ - named_.size(), count_);
  }
  std::string help;
  if (external_links_ > 0) help = "--external-links keep carries such links, omit leaves them out";
  if (external_links_ < count_) {
    help += std::string(help.empty() ? "" : "; ") +
            "remove what can't be carried, or leave it out with --exclude GLOB";
  }
  throw Error(Errc::usage, text, help);
}

}  // namespace roost::release
