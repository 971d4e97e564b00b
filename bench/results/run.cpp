#include "bench/results/run.hpp"

#include "bench/results/json_io.hpp"

namespace roost::bench {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr int kMaxDepth = 8;  // file, runs, run, nodes, node, shares, and some to spare
constexpr std::size_t kMaxRuns = 10'000;
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxSamples = 1'000'000;

// T, or const T when it is written.
template <class T, class U>
concept As = std::is_same_v<std::remove_const_t<T>, U>;

}  // namespace

// Found by Writer and Reader through their argument's namespace, so not in an unnamed one.
template <class Io, As<Setting> T>
void fields(Io& io, T& setting) {
  io.value("method", setting.method);
  io.value("scenario", setting.scenario);
  io.value("variant", setting.variant);
  io.choice("shape", setting.shape, {{Shape::blob, "blob"}, {Shape::tree, "tree"}});
  io.value("size", setting.size);
  io.value("nodes", setting.nodes);
  io.value("rate", setting.rate);
  io.value("seed_rate", setting.seed_rate);
  io.value("rtt_s", setting.rtt_s);
  io.value("tls", setting.tls);
  io.value("disk", setting.disk);
  io.value("seed", setting.seed);
}

template <class Io, As<NodeRun> T>
void fields(Io& io, T& node) {
  io.value("name", node.name);
  io.value("rate", node.rate);
  io.value("joined_s", node.joined_s);
  io.value("first_s", node.first_s);
  io.value("done_s", node.done_s);
  io.value("staged_s", node.staged_s);
  io.value("sync_s", node.sync_s);
  io.value("bytes_in", node.bytes_in);
  io.value("bytes_out", node.bytes_out);
  io.value("bytes_redundant", node.bytes_redundant);
  io.value("bytes_payload", node.bytes_payload);
  io.value("bytes_reused", node.bytes_reused);
  io.value("cpu_s", node.cpu_s);
  io.value("must_finish", node.must_finish);
  io.value("content_ok", node.content_ok);
  io.value("bound_by", node.bound_by);
  io.value("shares", node.shares);
}

template <class Io, As<Sample> T>
void fields(Io& io, T& sample) {
  io.value("t", sample.t);
  io.value("seeder_out", sample.seeder_out);
  io.value("nodes_in", sample.nodes_in);
  io.value("trunk", sample.trunk);
}

template <class Io, As<Calibration> T>
void fields(Io& io, T& goodput) {
  io.value("before", goodput.before);
  io.value("after", goodput.after);
  io.value("seeder", goodput.seeder);
  io.value("trunk", goodput.trunk);
}

template <class Io, As<Update> T>
void fields(Io& io, T& update) {
  io.value("old_size", update.old_size);
  io.value("index_bytes", update.index_bytes);
  io.value("stored_bytes", update.stored_bytes);
  io.value("changed_bytes", update.changed_bytes);
  io.value("changed_packed", update.changed_packed);
}

template <class Io, As<Run> T>
void fields(Io& io, T& run) {
  io.object("setting", run.setting);
  io.value("repetition", run.repetition);
  io.value("started", run.started);
  io.object("goodput", run.goodput);
  io.value("wire_bytes", run.wire_bytes);
  io.value("bound_s", run.bound_s);
  io.value("seeder_bytes", run.seeder_bytes);
  io.value("cpu_s", run.cpu_s);
  io.value("host_busy", run.host_busy);
  io.value("short_of_cpu", run.short_of_cpu);
  io.value("computed", run.computed);
  io.value("note", run.note);
  io.value("failed", run.failed);
  io.object("update", run.update);
  io.list("nodes", run.nodes, kMaxNodes);
  io.list("samples", run.samples, kMaxSamples);
}

template <class Io, As<Machine> T>
void fields(Io& io, T& machine) {
  io.value("cpu", machine.cpu);
  io.value("cores", machine.cores);
  io.value("kernel", machine.kernel);
  io.value("versions", machine.versions);
}

template <class Io, As<ResultFile> T>
void fields(Io& io, T& file) {
  io.object("machine", file.machine);
  io.value("command", file.command);
  io.value("started", file.started);
  io.list("runs", file.runs, kMaxRuns);
  io.list("skipped", file.skipped, kMaxFacts);
}

namespace {

template <class T>
std::string write(const T& value) {
  Writer::Json object;
  Writer writer(object);
  writer.value("format", kFormat);
  fields(writer, value);
  // Names of files and hosts may be any bytes.
  return object.dump(-1, ' ', false, Writer::Json::error_handler_t::replace);
}

template <class T>
T read(std::string_view text) {
  if (text.size() > kMaxResultBytes)
    throw Error(Errc::integrity, "read results: longer than 256 MiB");
  const auto bounded = [](int depth, Reader::Json::parse_event_t, Reader::Json&) {
    if (depth > kMaxDepth) throw Error(Errc::integrity, "read results: nested too deep");
    return true;
  };
  const auto json = Reader::Json::parse(text, bounded, false);
  if (json.is_discarded()) throw Error(Errc::integrity, "read results: not JSON");
  const Reader reader(json, "");
  std::uint64_t format = 0;
  reader.value("format", format);
  if (format != kFormat) {
    throw Error(Errc::integrity,
                "read results: format " + std::to_string(format) + ", this Roost reads 1",
                "read them with the version of Roost that wrote them");
  }
  T value;
  fields(reader, value);
  return value;
}

}  // namespace

std::string to_json(const Run& run) {
  return write(run);
}

std::string to_json(const ResultFile& file) {
  return write(file);
}

Run parse_run(std::string_view json) {
  return read<Run>(json);
}

ResultFile parse_results(std::string_view json) {
  return read<ResultFile>(json);
}

}  // namespace roost::bench
