#include "core/swarm/stall.hpp"

#include <algorithm>

namespace roost::swarm {

std::string stall_reason(const Progress& progress, const StallFacts& facts) {
  if (progress.lacking == 0) return {};
  if (progress.paused) return "paused";
  if (!progress.stopped_by.empty()) return progress.stopped_by;
  if (facts.flowing) return {};
  const auto& links = progress.links;
  const auto any = [&links](auto&& test) {
    return std::any_of(links.begin(), links.end(), [&test](const auto& item) {
      return item.second.ready && test(item.second);
    });
  };
  if (!any([](const Link&) { return true; })) {
    if (!progress.refusal.empty()) return progress.refusal;
    if (facts.connecting > 0 || !links.empty()) return "connecting";
    return facts.known_peers > 0 ? "no peer can be reached" : "no peers known";
  }
  const Bitmap missing = progress.missing();
  if (!progress.shown.offers(missing)) {
    return any([](const Link& l) { return l.hidden; }) ? "the seeder has nothing to reveal yet"
                                                       : "no peer has what is missing";
  }
  const bool served = any([&](const Link& l) {
    if (l.choked) return false;
    for (std::size_t i = 0; i < l.shown.size(); ++i) {
      if (l.shown[i] && missing[i]) return true;
    }
    return false;
  });
  return served ? "waiting for data" : "choked";
}

}  // namespace roost::swarm
