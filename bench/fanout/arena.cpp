#include "bench/fanout/arena.hpp"

#include <unistd.h>

#include <string_view>

#include "core/base/error.hpp"

namespace roost::bench {
namespace {

LabSpec spec_of(const Plan& plan) {
  LabSpec spec;
  spec.hosts.push_back({plan.seeder, plan.seeder, 0});
  for (const auto& node : plan.nodes) spec.hosts.push_back({node.up, node.down, node.zone});
  spec.hosts.push_back({0, 0, 0});
  if (plan.trunk) {
    spec.hosts.push_back({0, 0, 1});
    spec.trunk = Trunk{plan.trunk->rate, plan.trunk->rtt_s};
  }
  return spec;
}

// Our own settings must not leak into what is measured.
std::vector<std::string> own_settings() {
  std::vector<std::string> names;
  for (char** item = environ; *item != nullptr; ++item) {
    const std::string_view text = *item;
    if (text.starts_with("ROOST_")) names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

}  // namespace

Arena::Arena(Plan plan, Artifact& artifact, std::filesystem::path directory, bool with_lab,
             std::stop_token stop)
    : plan_(std::move(plan)),
      artifact_(artifact),
      directory_(std::move(directory)),
      stop_(std::move(stop)),
      lab_(with_lab ? std::make_unique<Lab>(spec_of(plan_)) : nullptr) {
  for (std::size_t host = 0; host <= tracker(); ++host) {
    std::filesystem::create_directories(this->directory(host));
  }
}

void Arena::check_stop() const {
  if (stop_.stop_requested()) throw Error(Errc::interrupted, "run benchmark: interrupted");
}

void Arena::set_shaped(bool shaped) const {
  if (!lab_) return;
  const auto spec = spec_of(plan_);
  for (std::size_t host = 0; host < spec.hosts.size(); ++host) {
    const auto& link = spec.hosts[host];
    lab_->set_rate(host, shaped ? link.up : 0, shaped ? link.down : 0);
  }
}

std::string Arena::address(std::size_t host) const {
  return lab_ ? lab_->address(host) : "127.0.0.1";
}

std::filesystem::path Arena::directory(std::size_t host) const {
  if (host == seeder()) return directory_ / "seeder";
  if (host == tracker()) return directory_ / "tracker";
  return directory_ / ("node-" + std::to_string(host));
}

ChildOptions Arena::on(std::size_t host, ChildOptions program) const {
  program.directory = directory(host);
  program.unset_env = own_settings();
  if (program.stderr_file.empty()) program.stderr_file = directory(host) / "log";
  return lab_ ? lab_->on(host, std::move(program)) : program;
}

ChildOptions Arena::script(std::size_t host, const std::string& text) const {
  ChildOptions shell;
  shell.argv = {"bash", "-c", text};
  return on(host, std::move(shell));
}

}  // namespace roost::bench
