#include "cli/bench_outcome.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/results/summary.hpp"
#include "cli/bench_json.hpp"
#include "core/store/files.hpp"

namespace roost::cli {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

ResultOut::ResultOut(const std::optional<fs::path>& path) {
  if (!path) return;
  const auto real =
      fs::weakly_canonical(fs::absolute(*path));  // a link stays one: what it names is replaced
  if (fs::exists(real) && !fs::is_regular_file(real)) {
    throw Error(Errc::usage, "write " + path->string() + ": it is no regular file");
  }
  dir_ = real_fs().open_path(real.parent_path(), O_RDONLY | O_DIRECTORY);
  name_ = real.filename();
}

void ResultOut::write(const bench::ResultFile& file) {
  if (!dir_) return;
  const auto text = bench::to_json(file) + '\n';
  store::replace_file(real_fs(), dir_.get(), name_, as_bytes(text), store::Durable::yes);
}

int report_runs(const bench::ResultFile& file, const std::vector<bench::Threshold>& thresholds,
                Context& context) {
  const auto summaries = bench::summarise(file.runs);
  const auto misses = bench::missed(thresholds, summaries);
  auto settings = ordered_json::array();
  for (const auto& summary : summaries) settings.push_back(json_of(summary));
  const auto failed =
      std::ranges::count_if(file.runs, [](const auto& run) { return !run.failed.empty(); });
  context.out.result({{"runs", file.runs.size()},
                      {"failed", failed},
                      {"skipped", file.skipped},
                      {"settings", std::move(settings)},
                      {"missed", json_of(misses)}});
  if (file.runs.empty()) {
    throw Error(Errc::failed, "run benchmark: nothing could run: " + file.skipped.front());
  }
  if (failed > 0) {
    throw Error(Errc::partial,
                fmt::format("run benchmark: {} of {} runs failed", failed, file.runs.size()),
                "the last column of the table says why");
  }
  return report_misses(misses, context);
}

}  // namespace roost::cli
