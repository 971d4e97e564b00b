#include "core/store/running.hpp"

#include <fcntl.h>

#include <algorithm>

namespace roost::store {
namespace {

bool is_number(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::set<std::string> running_releases(const App& app) {
  auto& fs = app.fs();
  std::set<std::string> running;
  const auto releases = path_of(app.releases()) + "/";
  const auto proc = fs.open_path("/proc", O_RDONLY | O_DIRECTORY);
  for (const auto& process : fs.list(proc.get())) {
    if (!is_number(process.name)) continue;
    try {
      const auto dir = fs.open_path("/proc/" + process.name, O_RDONLY | O_DIRECTORY);
      for (const char* link : {"exe", "cwd"}) {
        const auto target = fs.read_link(dir.get(), link);
        if (!target || !target->starts_with(releases)) continue;
        running.insert(
            target->substr(releases.size(), target->find('/', releases.size()) - releases.size()));
      }
    } catch (const Error&) {
      continue;  // it ended meanwhile, or is somebody else's
    }
  }
  return running;
}

}  // namespace roost::store
