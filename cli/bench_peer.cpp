// roost bench peer: the plain client of two of the benchmark's methods; no help lists it.
#include <memory>

#include "bench/fanout/plain_peer.hpp"
#include "cli/command.hpp"

namespace roost::cli {
namespace {

struct Args {
  bench::PlainPeer peer;
  std::string profile;
};

}  // namespace

Run setup_bench_peer(Options& options) {
  auto args = std::make_shared<Args>();
  options.value("torrent", args->peer.torrent, "FILE", "what to fetch or seed").required().files();
  options.value("dir", args->peer.directory, "DIR", "where its file is").required().files();
  options.value("listen", args->peer.listen, "ADDR:PORT", "where peers reach it").required();
  options.flag("seed", args->peer.seed, "the file is there");
  options.value("tracker", args->peer.tracker, "URL", "where it announces");
  options.values("peer", args->peer.peers, "ADDR:PORT", "a peer to dial at once; repeatable");
  options.value("profile", args->profile, "NAME", "its settings")
      .choices({"tuned", "murder"})
      .fallback("tuned");
  options.example("roost bench peer --torrent a.torrent --dir . --listen 127.0.0.1:6881");
  return [args](Context& context) {
    using bench::PlainProfile;
    args->peer.profile = args->profile == "murder" ? PlainProfile::murder : PlainProfile::tuned;
    bench::run_plain_peer(
        args->peer, [&] { context.out.line("complete"); }, context.stop);
    return 0;
  };
}

}  // namespace roost::cli
