#include "cli/publish_view.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <string>

namespace roost::cli {
namespace {

using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

std::string last_line(const std::function<void(PublishView&)>& act) {
  Output out(false, ProgressMode::plain);
  CaptureStderr();
  {
    PublishView view(out, "web@2");
    act(view);
  }
  auto text = GetCapturedStderr();
  text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

TEST(PublishView, ShowsHowFarTheBasesChunksAndThePatchesAre) {
  const auto fetching = last_line([](PublishView& view) {
    view.on_phase(seeder::Phase::patch);
    view.on_fetching_base(1024, 4096);
  });
  EXPECT_THAT(fetching, HasSubstr("25%  1.0 KiB of 4.0 KiB  patch  of the base"));
  const auto making = last_line([](PublishView& view) {
    view.on_phase(seeder::Phase::patch);
    view.on_fetching_base(4096, 4096);
    view.on_patching(1024, 2048);
  });
  EXPECT_THAT(making, HasSubstr("50%  1.0 KiB of 2.0 KiB  patch  of new chunks"));
}

}  // namespace
}  // namespace roost::cli
