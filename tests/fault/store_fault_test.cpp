// The n-th operation of the store fails, once or for good, for every n.
#include <gtest/gtest.h>

#include "tests/fault/judge.hpp"
#include "tests/unit/store/faulty_fs.hpp"

namespace roost::store {
namespace {

struct Fault {
  int code;
  bool for_good;
};

long fail_everywhere(const Scenario& scenario, const Fault& fault) {
  for (long at = 1;; ++at) {
    const TempDir temp;
    const auto path = temp / "root";
    prepare(scenario, path);
    FaultyFs fs;
    bool told_success = false;
    long operations = 0;
    std::string why;
    std::vector<std::string> found;  // by the steps of the act
    {
      const auto root = Root::open(path, fs);
      const auto app = App::open(root, release::Name::parse("web"));
      const auto before = fs.operations();
      fs.fail_at = before + at;
      fs.fail_errno = fault.code;
      fs.fail_for_good = fault.for_good;
      try {
        scenario.act(app, watching(found));
        told_success = true;
      } catch (const Error& error) {
        why = error.what();
        EXPECT_TRUE(fault.code != ENOSPC || error.code() == Errc::no_space ||
                    error.code() == Errc::failed)
            << why;
      }
      operations = fs.operations() - before;
    }
    for (auto& violation : judge(scenario, path, told_success)) {
      found.push_back(std::move(violation));
    }
    for (const auto& violation : found) {
      ADD_FAILURE()
          << scenario.name << ", operation " << at << " fails ("
          << fs.trace()[static_cast<std::size_t>(std::min<long>(fs.operations(), fs.fail_at) - 1)]
          << "): " << violation << "; " << why;
    }
    if (operations < at) return at;
  }
}

class StoreFault : public ::testing::TestWithParam<std::size_t> {
 protected:
  Scenario scenario = scenarios()[GetParam()];
};

TEST_P(StoreFault, IsHarmlessWherever) {
  long faults = 0;
  for (const int code : {EIO, ENOSPC, EROFS}) {
    SCOPED_TRACE(code);
    faults += fail_everywhere(scenario, {code, false});
    faults += fail_everywhere(scenario, {code, true});
  }
  RecordProperty("faults", std::to_string(faults));
}

INSTANTIATE_TEST_SUITE_P(Scenarios, StoreFault,
                         ::testing::Range<std::size_t>(0, scenarios().size()),
                         [](const auto& scenario) {
                           auto name = scenarios()[scenario.param].name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

TEST(StoreFault, RollsBackOnAFullDisk) {
  for (const auto& scenario : scenarios()) {
    if (scenario.name != "roll back") continue;
    const TempDir temp;
    prepare(scenario, temp / "root");
    FaultyFs fs;
    fs.fail_errno = ENOSPC;
    fs.fail_at = 1;  // from the very start, the lock included
    fs.fail_for_good = true;
    const auto root = Root::open(temp / "root", fs);
    recover(root);
    const auto app = App::find(root, release::Name::parse("web"));
    scenario.act(*app, {});
    EXPECT_EQ(app->current(), scenario.after);
  }
}

}  // namespace
}  // namespace roost::store
