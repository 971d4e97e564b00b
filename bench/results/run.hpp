// What a benchmark measured: one Run is one method, once, in one scenario.
//
// Plain data with a JSON form (docs/benchmarks.md, "Result files"); nothing here
// measures or judges. Times are seconds on the run's own clock: 0 is the one
// instant from which all methods count. Rates are bits a second, sizes bytes.
// parse throws Error{integrity} for text that is none of ours, naming the field.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roost::bench {

enum class Shape { blob, tree };

// What was asked for. Two runs with equal settings are repetitions of each other.
struct Setting {
  std::string method;    // "roost", "aria2", ...
  std::string scenario;  // "equal", "zones", ...
  std::string variant;   // what was left out or changed ("no-tls"); empty: as shipped
  Shape shape = Shape::blob;
  std::uint64_t size = 0;       // of the artifact
  unsigned nodes = 0;           // without the seeder
  std::uint64_t rate = 0;       // of each node's link, each way
  std::uint64_t seed_rate = 0;  // of the seeder's link
  double rtt_s = 0;             // between zones
  bool tls = true;              // between peers
  std::string disk;             // "ext4", "tmpfs"
  std::uint64_t seed = 0;       // of everything random
  bool operator==(const Setting&) const = default;
};

// One node's part. A time that never came is absent.
struct NodeRun {
  std::string name;
  std::uint64_t rate = 0;
  double joined_s = 0;             // 0, or when a late node came
  std::optional<double> first_s;   // first verified piece
  std::optional<double> done_s;    // content complete and verified
  std::optional<double> staged_s;  // unpacked, synced and in place
  double sync_s = 0;               // the part of staged_s that was syncs
  std::uint64_t bytes_in = 0;      // on its link, headers included
  std::uint64_t bytes_out = 0;
  std::uint64_t bytes_redundant = 0;  // payload received twice or in vain
  // Where nodes held another tree before, and the node or its server tells.
  std::optional<std::uint64_t> bytes_payload;  // received for the release: no packet headers
  std::optional<std::uint64_t> bytes_reused;   // taken from what it held
  double cpu_s = 0;                            // user and system
  bool must_finish = true;                     // false: killed for good, or the slow one
  bool content_ok = false;                     // compared with the artifact after the run
  std::string bound_by;                        // "own downlink", "seeder", ...; empty: not known
  std::map<std::string, double> shares;        // of its time, by what it waited for
};

// Counters of all links at one moment.
struct Sample {
  double t = 0;
  std::uint64_t seeder_out = 0;
  std::uint64_t nodes_in = 0;  // sum over the nodes
  std::uint64_t trunk = 0;     // zones: both directions
};

struct Calibration {  // goodput of one plain TCP transfer over the same links
  double before = 0;  // median over the nodes' links
  double after = 0;
  double seeder = 0;  // of the seeder's uplink
  double trunk = 0;   // zones only
};

// How the tree differs from the one that nodes held before: what its delivery is compared with.
struct Update {
  std::uint64_t old_size = 0;      // of the tree that nodes held
  std::uint64_t index_bytes = 0;   // of the new release
  std::uint64_t stored_bytes = 0;  // of the chunks that the old release lacks
  // Known where the change was made here: what is new in the tree, and that packed by zstd -3.
  std::optional<std::uint64_t> changed_bytes;
  std::optional<std::uint64_t> changed_packed;
  bool operator==(const Update&) const = default;
};

struct Run {
  Setting setting;
  unsigned repetition = 0;
  std::string started;  // RFC 3339
  Calibration goodput;
  std::uint64_t wire_bytes = 0;    // F: payload of one copy as this method carries it
  double bound_s = 0;              // see bound.hpp
  std::uint64_t seeder_bytes = 0;  // left the seeder's link
  double cpu_s = 0;                // of every process of the method
  double host_busy = 0;            // 0 to 1, of all cores, during the run
  bool short_of_cpu = false;       // counted, not quoted
  bool computed = false;           // a line by formula, nothing ran
  std::string note;                // what a reader must know
  std::string failed;              // why the run is void; empty: it stands
  std::optional<Update> update;    // where nodes held another tree before
  std::vector<NodeRun> nodes;
  std::vector<Sample> samples;
};

struct Machine {
  std::string cpu;
  unsigned cores = 0;
  std::string kernel;
  std::map<std::string, std::string> versions;  // program -> version
};

// One invocation of `roost bench fanout` or one that is made like it.
struct ResultFile {
  Machine machine;
  std::string command;
  std::string started;
  std::vector<Run> runs;
  std::vector<std::string> skipped;  // "udpcast: udp-sender is not installed"
};

inline constexpr std::size_t kMaxResultBytes = 256UL << 20;  // longer text is refused

// One JSON object a Run (a line of the --json stream), and a whole file.
std::string to_json(const Run& run);
std::string to_json(const ResultFile& file);
Run parse_run(std::string_view json);
ResultFile parse_results(std::string_view json);

// Seconds until the given share (0 to 1] of the nodes that had to finish did; nothing when fewer
// did. By done_s, or by staged_s. Late nodes count from their arrival.
enum class Milestone { first, done, staged };
std::optional<double> time_to_share(const Run& run, double share, Milestone milestone);

}  // namespace roost::bench
