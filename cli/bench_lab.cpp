#include "cli/bench_lab.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/fanout/disk.hpp"
#include "bench/lab/lab.hpp"
#include "bench/report/names.hpp"
#include "bench/results/machine.hpp"
#include "cli/bench_json.hpp"
#include "cli/progress_view.hpp"

namespace roost::cli {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

void LabOptions::declare(Options& options) {
  options.value("runs", runs, "K", "repetitions, interleaved with the methods").fallback("1");
  options.value("disk", disk, "TYPE", "the nodes' file system must be this one")
      .choices({"ext4", "tmpfs"});
  options.value("dir", dir, "DIR", "where nodes keep their files; /var/tmp if not given").files();
  options.value("seed", seed, "N", "of everything random").fallback("1");
  declare_threshold(options, thresholds);
  options.value("out", out, "FILE", "writes all results there, as JSON, after each run").files();
}

fs::path LabOptions::place() const {
  auto directory = dir ? *dir : fs::path(disk == "tmpfs" ? kBenchMemory : kBenchDisk);
  const auto found = bench::file_system_of(directory);
  if (!disk.empty() && found != disk) {
    throw Error(Errc::usage,
                fmt::format("use {}: it is on {}, not on {}", directory.string(), found, disk),
                "choose a directory with --dir");
  }
  return directory;
}

namespace {

// Keeps what finished in its file, gives it as JSON lines, and says what goes on.
class RunsView {
 public:
  RunsView(Context& context, unsigned runs, unsigned nodes, ResultOut& out);

  bench::RunEvents events();
  void close() { view_.finish(); }

 private:
  void finished(const bench::ResultFile& so_far);
  void progress(const std::string& method, unsigned repetition, std::string_view phase,
                std::size_t done);

  Context& context_;
  const unsigned runs_;
  const unsigned nodes_;
  ResultOut& out_;
  ProgressView view_;
};

RunsView::RunsView(Context& context, unsigned runs, unsigned nodes, ResultOut& out)
    : context_(context), runs_(runs), nodes_(nodes), out_(out), view_(context.out.progress()) {}

bench::RunEvents RunsView::events() {
  return {[this](const bench::ResultFile& so_far) { finished(so_far); },
          [this](const std::string& why) { view_.message("skipped " + why); },
          [this](const std::string& method, unsigned repetition, std::string_view phase,
                 std::size_t done) { progress(method, repetition, phase, done); }};
}

void RunsView::finished(const bench::ResultFile& so_far) {
  out_.write(so_far);
  const auto& run = so_far.runs.back();
  context_.out.item("run", ordered_json::parse(bench::to_json(run)));
  if (!run.failed.empty()) view_.message(bench::label_of(run.setting) + " failed: " + run.failed);
}

void RunsView::progress(const std::string& method, unsigned repetition, std::string_view phase,
                        std::size_t done) {
  view_.update(0, {.label = method,
                   .phase = std::string(phase),
                   .done = 0,
                   .total = 0,
                   .rate = 0,
                   .note = fmt::format("run {} of {}, {} of {} nodes done", repetition, runs_, done,
                                       nodes_)});
}

void note_missing_lab(Context& context) {
  if (const auto problem = bench::lab_problem(); !problem.empty()) {
    context.out.note("no lab (" + problem + "): on loopback with rate limits");
  }
}

}  // namespace

bench::ResultFile run_shown(
    Context& context, const LabOptions& lab, const std::string& command, unsigned nodes,
    const std::function<bench::ResultFile(const bench::RunEvents& events)>& run) {
  note_missing_lab(context);
  ResultOut out(lab.out);
  out.write({bench::this_machine(), command, bench::rfc3339_now(), {}, {}});
  RunsView view(context, lab.runs, nodes, out);
  auto file = run(view.events());
  view.close();
  return file;
}

std::string remark_of(const bench::Run& run) {
  std::string text = run.failed;
  const auto add = [&](std::string_view more) {
    if (!more.empty()) text += (text.empty() ? "" : "; ") + std::string(more);
  };
  if (run.short_of_cpu) add(fmt::format("host short of CPU ({:.0f} %)", run.host_busy * 100));
  add(run.note);
  return text;
}

}  // namespace roost::cli
