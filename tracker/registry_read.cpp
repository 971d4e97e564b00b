// The registry's reading half.
#include <fmt/format.h>

#include <utility>

#include "tracker/registry.hpp"
#include "tracker/registry_impl.hpp"

namespace roost::tracker {
namespace {

release::ReleaseId read_id(const Bytes& bytes) {
  return release::ReleaseId::parse(to_hex(bytes));
}

std::optional<Bytes> optional_blob(const Statement& row, int column) {
  return row.null(column) ? std::nullopt : std::optional(row.blob(column));
}

std::string select_releases(std::string_view where) {
  return fmt::format("SELECT {} FROM releases WHERE unpublished IS NULL {}", kReleaseColumns,
                     where);
}

}  // namespace

ReleaseRecord Registry::Impl::read_release(const Statement& row) {
  auto envelope = crypto::parse_envelope(row.text(1));
  auto descriptor = release::parse_descriptor(envelope.payload);
  return {read_id(row.blob(0)),  std::move(descriptor), std::move(envelope),
          row.blob(2),           optional_blob(row, 3), optional_blob(row, 4),
          optional_blob(row, 5), optional_blob(row, 6), Endpoint::parse(row.text(7)),
          row.text(8),           row.integer(9)};
}

proto::ChannelInfo Registry::Impl::read_channel(const Statement& row) {
  const auto name = release::Name::parse(row.text(0));
  return {{name, release::Channel::parse(row.text(1))},
          {static_cast<std::uint64_t>(row.integer(2)),
           {name, release::Version::parse(row.text(4))},
           read_id(row.blob(3))},
          crypto::parse_envelope(row.text(5))};
}

std::optional<proto::ChannelInfo> Registry::Impl::channel(const release::ChannelRef& ref) {
  auto rows = database.prepare(
      fmt::format("SELECT {} FROM channels WHERE name = ? AND channel = ?", kChannelColumns));
  rows.bind(1, ref.name.str()).bind(2, ref.channel.str());
  if (!rows.step()) return std::nullopt;
  return read_channel(rows);
}

std::optional<ReleaseRecord> Registry::release(const release::ReleaseRef& ref) {
  auto rows = impl_->database.prepare(select_releases("AND name = ? AND version = ?"));
  rows.bind(1, ref.name.str()).bind(2, ref.version.str());
  if (!rows.step()) return std::nullopt;
  return Impl::read_release(rows);
}

std::optional<ReleaseRecord> Registry::release(const release::ReleaseId& id) {
  auto rows = impl_->database.prepare(select_releases("AND id = ?"));
  rows.bind(1, BytesView(id.digest.bytes));
  if (!rows.step()) return std::nullopt;
  return Impl::read_release(rows);
}

void Registry::each_release(const std::function<void(ReleaseRecord)>& visit) {
  auto rows = impl_->database.prepare(select_releases("ORDER BY registered, name, sequence"));
  while (rows.step()) visit(Impl::read_release(rows));
}

std::optional<proto::NameState> Registry::name(const release::Name& name) {
  auto found = impl_->database.prepare("SELECT sequence FROM names WHERE name = ?");
  if (!found.bind(1, name.str()).step()) return std::nullopt;
  proto::NameState state{name, static_cast<std::uint64_t>(found.integer(0)), {}};
  auto rows = impl_->database.prepare(
      fmt::format("SELECT {} FROM channels WHERE name = ?", kChannelColumns));
  rows.bind(1, name.str());
  while (rows.step()) {
    const auto info = Impl::read_channel(rows);
    state.channels.emplace(info.channel.channel, info.state);
  }
  return state;
}

std::optional<crypto::PublicKey> Registry::owner(const release::Name& name) {
  auto found = impl_->database.prepare("SELECT owner FROM names WHERE name = ?");
  if (!found.bind(1, name.str()).step()) return std::nullopt;
  return crypto::PublicKey::from_raw(found.blob(0));
}

std::optional<proto::ChannelInfo> Registry::channel(const release::ChannelRef& channel) {
  return impl_->channel(channel);
}

void Registry::each_channel(const std::function<void(proto::ChannelInfo)>& visit) {
  auto rows = impl_->database.prepare(fmt::format("SELECT {} FROM channels", kChannelColumns));
  while (rows.step()) visit(Impl::read_channel(rows));
}

std::vector<proto::ChannelInfo> Registry::history(const release::ChannelRef& channel) {
  std::vector<proto::ChannelInfo> moves;
  auto rows = impl_->database.prepare(
      "SELECT m.name, m.channel, m.version, m.release_id, r.version, m.statement "
      "FROM channel_moves m JOIN releases r ON r.id = m.release_id "
      "WHERE m.name = ? AND m.channel = ? ORDER BY m.version DESC");
  rows.bind(1, channel.name.str()).bind(2, channel.channel.str());
  while (rows.step()) moves.push_back(Impl::read_channel(rows));
  return moves;
}

std::vector<release::Channel> Registry::channels_naming(const release::ReleaseId& id) {
  std::vector<release::Channel> channels;
  auto rows =
      impl_->database.prepare("SELECT channel FROM channels WHERE release_id = ? ORDER BY channel");
  rows.bind(1, BytesView(id.digest.bytes));
  while (rows.step()) channels.push_back(release::Channel::parse(rows.text(0)));
  return channels;
}

void Registry::ping() {
  impl_->database.prepare("SELECT count(*) FROM names").run();
}

}  // namespace roost::tracker
