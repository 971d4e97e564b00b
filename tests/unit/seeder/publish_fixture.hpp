// What tests of publishing begin with: a tracker, a key, options and a small tree.
#pragma once

#include <string>

#include "tests/unit/seeder/fleet.hpp"

namespace roost::seeder {

class Publish : public testing::Test {
 protected:
  PublishOptions options(const SourceTree& tree, const std::string& release,
                         Goal goal = SeedFor{0ms}) {
    PublishOptions result{tree.path(), release::ReleaseRef::parse(release), tracker.url()};
    result.goal = goal;
    result.work_dir = work.path();
    result.swarm.listen = {"127.0.0.1", 0};
    result.timeout = 30s;
    return result;
  }

  PublishResult run(const PublishOptions& what) {
    PublishObserver nobody;
    return publish(what, key, nobody, {});
  }

  Error failure(const PublishOptions& what, const crypto::SecretKey& with) {
    PublishObserver nobody;
    try {
      publish(what, with, nobody, {});
    } catch (const Error& error) {
      return error;
    }
    return Error(Errc::failed, "nothing was thrown");
  }
  Error failure(const PublishOptions& what) { return failure(what, key); }

  RunningTracker tracker;
  TrackerClient client{tracker.url()};
  crypto::SecretKey key = crypto::SecretKey::generate();
  TempDir work;
};

inline SourceTree small_tree(const std::string& text = "hello\n") {
  SourceTree tree;
  tree.add("index.html", text);
  tree.add("lib/app.js", noise(300'000, 7));
  return tree;
}

}  // namespace roost::seeder
