// A root with three staged releases of one name.
#pragma once

#include <gtest/gtest.h>

#include "core/store/activation.hpp"
#include "tests/unit/store/sample.hpp"

namespace roost::store {

struct Activation : ::testing::Test {
  TempDir temp;
  Root root = Root::open(temp / "root");
  App app = App::open(root, release::Name::parse("web"));
  std::string one = stage(app, Sample::of("web@1", {{"a", "one"}})).dir;
  std::string two = stage(app, Sample::of("web@2", {{"a", "two"}})).dir;
  std::string three = stage(app, Sample::of("web@3", {{"a", "three"}})).dir;

  std::string shown() const { return get_file(temp / "root/apps/web/current/a"); }
  Transaction last() const { return read_transaction(app); }
};

inline StepResult fail(const Switch&) {
  throw Error(Errc::failed, "hook: exit status 1");
}

}  // namespace roost::store
