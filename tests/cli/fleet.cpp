#include "tests/cli/fleet.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "tests/support/trees.hpp"

namespace roost::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json line_of(const std::string& out, const std::string& type) {
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    auto object = json::parse(line, nullptr, false);
    if (object.is_object() && object.value("type", "") == type) return object;
  }
  return nullptr;
}

}  // namespace

Wrap under(Args words) {
  return [words = std::move(words)](ChildOptions options) {
    options.argv.insert(options.argv.begin(), words.begin(), words.end());
    return options;
  };
}

FleetNode::FleetNode(const Sandbox& box, std::string root, ChildOptions options)
    : box_(box), root_(std::move(root)), daemon_(std::make_unique<Daemon>(std::move(options))) {}

json FleetNode::line(const std::string& type, std::chrono::seconds limit) {
  const auto there = [&](const auto& out, const auto&) { return !line_of(out, type).is_null(); };
  if (!daemon_->child().wait_output(Deadline::in(limit), there)) {
    throw std::runtime_error("no line '" + type + "' of " + root_ + ": " + daemon_->log() +
                             status_text());
  }
  return line_of(daemon_->child().out(), type);
}

json FleetNode::status() const {
  const auto ran = box_.run({"status", "--root", root_, "--json"});
  if (ran.exit != 0) throw std::runtime_error("status: " + ran.err);
  const auto answer = json::parse(ran.last_line());
  const auto& transfers = answer.at("daemon").at("transfers");
  return transfers.empty() ? json() : transfers.at(0);
}

std::string FleetNode::status_text() const {
  return box_.run({"status", "--root", root_}).out;
}

Fleet::Fleet(std::size_t mebibytes, const bench::Lab* lab) : lab_(lab) {
  std::filesystem::create_directory(box_ / "artifact");
  std::ofstream(box_ / "artifact/data", std::ios::binary) << random_bytes(mebibytes << 20, 1);
  tracker_ = std::make_unique<Daemon>(
      options(0, {"tracker", "--data", "tracker-data", "--listen", listen(0, 7070)}));
  tracker_url_ = tracker_->field("url");
}

ChildOptions Fleet::options(std::size_t host, Args args) const {
  args.insert(args.end(), {"--json", "--insecure"});
  const auto options = box_.options(args);
  return lab_ == nullptr ? options : lab_->on(host, options);
}

std::string Fleet::listen(std::size_t host, int port) const {
  return lab_ == nullptr ? "127.0.0.1:0" : lab_->address(host) + ":" + std::to_string(port);
}

FleetNode Fleet::start_node(const Args& more, const Wrap& wrap, std::string root) {
  const auto host = 2 + nodes_++;
  if (root.empty()) root = "node-" + std::to_string(nodes_);
  Args args{"peer",        "--root",   root,       "--tracker", tracker_url_,      "--trust",
            "key.pem.pub", "--follow", "web/prod", "--listen",  listen(host, 6881)};
  args.insert(args.end(), more.begin(), more.end());
  auto how = options(host, std::move(args));
  return {box_, root, wrap ? wrap(std::move(how)) : std::move(how)};
}

std::unique_ptr<Child> Fleet::publish(const Args& more) {
  Args args{"publish",    "artifact",      "--release",  "web@1.0.0", "--tracker",
            tracker_url_, "--key",         "key.pem",    "--channel", "prod",
            "--listen",   listen(1, 6881), "--seed-for", "forever"};
  args.insert(args.end(), more.begin(), more.end());
  auto how = options(1, std::move(args));
  how.env.emplace_back("SOURCE_DATE_EPOCH", "1700000000");
  auto child = std::make_unique<Child>(how);
  const auto registered = [](const auto& out, const auto&) {
    return !line_of(out, "registered").is_null();
  };
  if (!child->wait_output(Deadline::in(30s), registered)) {
    throw std::runtime_error("publish: " + child->err() + child->out());
  }
  return child;
}

}  // namespace roost::test
