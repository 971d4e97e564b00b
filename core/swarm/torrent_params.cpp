#include "core/swarm/torrent_params.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/download_priority.hpp>
#include <libtorrent/socket.hpp>
#include <libtorrent/torrent_flags.hpp>
#include <libtorrent/torrent_info.hpp>

#include "core/swarm/convert.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

constexpr int kBlockSize = 16 * 1024;

std::shared_ptr<lt::torrent_info> decode(BytesView torrent) {
  const auto text = as_text(torrent);
  lt::error_code error;
  auto info = std::make_shared<lt::torrent_info>(
      lt::span<const char>(text.data(), static_cast<std::ptrdiff_t>(text.size())), error,
      lt::from_span);
  if (error) throw Error(Errc::integrity, "read torrent: " + error.message());
  return info;
}

// libtorrent fills a v2 torrent's last piece with a pad file of its own making.
int real_files(const lt::file_storage& files) {
  int count = 0;
  for (const auto index : files.file_range()) count += files.pad_file_at(index) ? 0 : 1;
  return count;
}

void require_fitting(const Bitmap& bits, int pieces) {
  if (bits.empty() || bits.size() == static_cast<std::size_t>(pieces)) return;
  throw Error(Errc::usage, fmt::format("add torrent: {} bits for {} pieces", bits.size(), pieces));
}

void set_have(lt::add_torrent_params& params, const TransferOptions& options, int pieces) {
  require_fitting(options.have, pieces);
  // A full-size field, even of zeros, keeps libtorrent from reading the file to find out.
  params.have_pieces.resize(pieces, options.complete);
  for (int i = 0; i < pieces && !options.have.empty() && !options.complete; ++i) {
    if (options.have[static_cast<std::size_t>(i)]) params.have_pieces.set_bit(lt::piece_index_t(i));
  }
}

void set_wanted(lt::add_torrent_params& params, const TransferOptions& options, int pieces) {
  require_fitting(options.wanted, pieces);
  for (const bool wanted : options.wanted) {
    params.piece_priorities.push_back(wanted ? lt::default_priority : lt::dont_download);
  }
}

void set_unfinished(lt::add_torrent_params& params, const TransferOptions& options, int pieces,
                    int piece_length) {
  const int blocks = (piece_length + kBlockSize - 1) / kBlockSize;
  for (const auto& [piece, filled] : options.unfinished) {
    const auto index = static_cast<int>(piece);
    if (piece >= static_cast<std::uint32_t>(pieces) ||
        filled.size() > static_cast<std::size_t>(blocks)) {
      throw Error(Errc::usage, fmt::format("add torrent: unfinished piece {} doesn't fit", piece));
    }
    if (params.have_pieces[lt::piece_index_t(index)]) continue;
    lt::bitfield bits(blocks, false);
    for (std::size_t i = 0; i < filled.size(); ++i) {
      if (filled[i]) bits.set_bit(static_cast<int>(i));
    }
    params.unfinished_pieces[lt::piece_index_t(index)] = std::move(bits);
  }
}

}  // namespace

std::shared_ptr<lt::torrent_info> parse_torrent(BytesView torrent) {
  auto info = decode(torrent);
  if (!info->info_hashes().has_v2()) throw Error(Errc::integrity, "read torrent: not version 2");
  if (real_files(info->files()) != 1)
    throw Error(Errc::integrity, "read torrent: not one single file");
  if (info->total_size() == 0) throw Error(Errc::integrity, "read torrent: an empty file");
  if (!info->v2_piece_hashes_verified()) {
    throw Error(Errc::integrity, "read torrent: its piece layer is missing");
  }
  // BEP 38 makes libtorrent 2.0 corrupt older files.
  if (!info->similar_torrents().empty() || !info->collections().empty()) {
    throw Error(Errc::integrity, "read torrent: names similar torrents (BEP 38)");
  }
  if (!info->priv()) throw Error(Errc::integrity, "read torrent: not private (BEP 27)");
  return info;
}

lt::add_torrent_params torrent_params(BytesView torrent, const TransferOptions& options) {
  if (!options.file.is_absolute()) {
    throw Error(Errc::usage,
                fmt::format("add torrent: {} is not an absolute path", options.file.string()));
  }
  lt::add_torrent_params params;
  params.ti = parse_torrent(torrent);
  const int pieces = params.ti->num_pieces();
  params.save_path = options.file.parent_path().string();
  params.renamed_files[lt::file_index_t(0)] = options.file.filename().string();
  params.storage_mode = lt::storage_mode_sparse;
  set_have(params, options, pieces);
  set_wanted(params, options, pieces);
  set_unfinished(params, options, pieces, params.ti->piece_length());
  // Paused: resuming it, once it is added, dials the neighbours at once.
  params.flags = lt::torrent_flags::paused | lt::torrent_flags::override_trackers |
                 lt::torrent_flags::override_web_seeds | lt::torrent_flags::duplicate_is_error |
                 lt::torrent_flags::no_verify_files | lt::torrent_flags::disable_dht |
                 lt::torrent_flags::disable_lsd | lt::torrent_flags::disable_pex;
  if (!options.announce_url.empty()) params.trackers.push_back(options.announce_url);
  for (const Neighbour& n : options.neighbours) params.peers.push_back(to_tcp(n.endpoint));
  return params;
}

}  // namespace roost::swarm
