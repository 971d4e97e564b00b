#include "tests/support/run_roost.hpp"

#include <unistd.h>

#include <string_view>

namespace roost::test {

std::string roost_binary() {
  return ROOST_BINARY;
}

ChildOptions roost_options(const std::vector<std::string>& args) {
  ChildOptions options;
  options.argv.push_back(roost_binary());
  options.argv.insert(options.argv.end(), args.begin(), args.end());
  for (char** item = environ; *item != nullptr; ++item) {
    const std::string_view text = *item;
    if (text.starts_with("ROOST_")) options.unset_env.emplace_back(text.substr(0, text.find('=')));
  }
  options.env = {{"NO_COLOR", "1"}, {"TERM", "dumb"}, {"LC_ALL", "C.UTF-8"}};
  return options;
}

std::string Ran::last_line() const {
  const auto text = out.substr(0, out.find_last_not_of('\n') + 1);
  const auto begin = text.rfind('\n');
  return begin == std::string::npos ? text : text.substr(begin + 1);
}

Ran run_roost(const std::vector<std::string>& args, std::chrono::milliseconds limit) {
  return run_roost(roost_options(args), limit);
}

Ran run_roost(ChildOptions options, std::chrono::milliseconds limit) {
  auto done = run_child(std::move(options), Deadline::in(limit));
  return {done.exit.status, std::move(done.out), std::move(done.err)};
}

}  // namespace roost::test
