// Every example of every --help works as it stands in a directory like the one that
// Options::example describes.
#include <gmock/gmock.h>
#include <signal.h>

#include <set>
#include <sstream>

#include "tests/cli/sandbox.hpp"
#include "tests/support/trees.hpp"

namespace roost::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::set<std::string> kDaemons{"tracker", "seeder", "peer"};

std::vector<std::string> examples(Args args) {
  std::vector<std::string> result;
  args.emplace_back("--help");
  std::istringstream help(run_roost(args).out);
  bool found = false;
  for (std::string line; std::getline(help, line);) {
    if (found) result.push_back(line.substr(line.find_first_not_of(' ')));
    found = found || line == "examples:";
  }
  return result;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// One sandbox for all: web@1.0.0 and web@1.0.1 are published, ./node has both.
class Examples : public testing::Test {
 protected:
  Examples() {
    box_.publish("web@1.0.0", {});
    fetch("web@1.0.0");
    fs::copy(box_ / "build-output", box_ / "changed", fs::copy_options::recursive);
    change_tree(box_ / "changed", 3);
    box_.publish("web@1.0.1", {"--channel", "prod"}, "changed");
    fetch("web@1.0.1");
    for (const auto& image : fs::directory_iterator(box_ / "node/images")) {
      fs::copy_file(image.path() / "index", box_ / "index", fs::copy_options::overwrite_existing);
    }
    fs::copy_file(ROOST_SOURCE_DIR "/tests/golden/bench/results.json", box_ / "results.json");
    fs::copy_file(box_ / "node/apps/web/current/.roost/descriptor.json", box_ / "descriptor.json");
  }

  void fetch(const std::string& what) {
    auto args = box_.fetch(what);
    args.emplace_back("--activate");
    const auto ran = box_.run(args);
    if (ran.exit != 0) throw std::runtime_error(ran.err);
  }

  // An example may have moved the channel to a release whose publisher is gone.
  void restore_channel() {
    const auto ran =
        box_.run({"promote", "web@1.0.1", "prod", "--tracker", box_.tracker(), "--key", "key.pem"});
    if (ran.exit != 0) throw std::runtime_error(ran.err);
  }

  // The line in a copy of the sandbox, with our tracker's address in place of the usual one.
  ChildOptions in_copy(const fs::path& dir, const std::string& line) {
    ChildOptions copy;
    copy.argv = {
        "sh", "-c",
        "cp -a build-output key.pem key.pem.pub index descriptor.json results.json node '" +
            dir.string() + "'"};
    copy.directory = box_.path();
    if (run_child(copy, Deadline::in(30s)).exit.status != 0) throw std::runtime_error("cp failed");
    auto options = box_.options({});
    const auto address = box_.tracker().substr(7);
    options.argv = {"sh", "-c", "exec " + replaced(line, "127.0.0.1:7070", address)};
    options.directory = dir;
    const auto bin = fs::path(roost_binary()).parent_path().string();
    options.env.emplace_back("PATH", bin + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    options.env.emplace_back("ROOST_API", "127.0.0.1:0");
    return options;
  }

  Sandbox box_;
};

TEST_F(Examples, AllWork) {
  std::size_t count = 0;
  for (const auto& words : all_commands()) {
    const auto command = joined(words);
    const auto lines = examples(words);
    EXPECT_FALSE(lines.empty()) << command;
    for (const auto& line : lines) {
      SCOPED_TRACE(line);
      ++count;
      const TempDir dir;
      restore_channel();
      if (kDaemons.contains(command) && line.find("--help") == std::string::npos) {
        Daemon daemon(in_copy(dir.path(), line + " --json"));
        EXPECT_EQ(daemon.stop(SIGTERM), 0) << daemon.log();
      } else {
        Child child(in_copy(dir.path(), line));
        const auto exit = child.wait(Deadline::in(100s));
        EXPECT_EQ(exit, (ChildExit{0, 0})) << child.err();
      }
    }
  }
  EXPECT_GT(count, 20U);
}

}  // namespace
}  // namespace roost::test
