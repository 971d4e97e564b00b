// What a release is packed against: only the index of that base is needed.
#include <fmt/format.h>

#include "seeder/publisher.hpp"
#include "seeder/stopwatch.hpp"

namespace roost::seeder {
void Publisher::refuse_itself_as_base() const {
  const auto* named = std::get_if<release::ReleaseRef>(&options_.base);
  if (named == nullptr || *named != options_.release) return;
  throw Error(Errc::usage, fmt::format("use base {}: it is the release itself", named->str()),
              "--base names a release that nodes have already, or none");
}

bool Publisher::wants_base() const {
  if (std::holds_alternative<NoBase>(options_.base)) return false;
  return std::holds_alternative<release::ReleaseRef>(options_.base) || !options_.channels.empty();
}

std::optional<Base> Publisher::base() {
  if (known_) return registered_base();
  if (!wants_base()) return std::nullopt;
  if (const auto* named = std::get_if<release::ReleaseRef>(&options_.base)) {
    return fetch(*named, {});
  }
  return channels_base();
}

// Only with the base that the registered release was packed with do the same bytes come out.
std::optional<Base> Publisher::registered_base() {
  const auto& registered = known_->descriptor.base;
  const auto* named = std::get_if<release::ReleaseRef>(&options_.base);
  if (named != nullptr && !(registered && registered->release == *named)) {
    observer_.on_note(fmt::format("base {} has no say: {} is registered already, with {}",
                                  named->str(), subject(),
                                  registered ? "base " + registered->release.str() : "none"));
  }
  if (!registered) return std::nullopt;
  try {
    return fetch(registered->release, {});
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted) throw;
    observer_.on_note(
        fmt::format("{} is registered with a base that can't be had: {}", subject(), error.what()));
    return std::nullopt;
  }
}

// Nobody asked for it by name, so a publish doesn't fail for it.
std::optional<Base> Publisher::channels_base() {
  const release::ChannelRef channel{options_.release.name, options_.channels.front()};
  const auto found = tracker_.channel(channel);
  if (!found) return std::nullopt;
  if (found->state.release == options_.release) {  // another publisher of it was faster just now
    known_ = look_up();
    return known_ ? registered_base() : std::nullopt;
  }
  try {
    return fetch(found->state.release, kUnasked);
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted) throw;
    observer_.on_note(fmt::format("all of {} counts as new: {}", subject(), error.what()));
    return std::nullopt;
  }
}

Base Publisher::fetch(const release::ReleaseRef& release, const Patience& patience) {
  observer_.on_phase(Phase::base);
  const Stopwatch watch(result_.base_s);
  BaseFetch wanted{release, work_.path() / "base.index", nullptr, patience};
  if (key_ != nullptr) wanted.key = &key_->public_key();
  return fetch_base(tracker_, *session_, wanted, limit_.token());
}

}  // namespace roost::seeder
