#include "core/proto/registration.hpp"

#include "core/crypto/base64.hpp"
#include "core/proto/json_fields.hpp"
#include "core/proto/metainfo.hpp"
#include "core/proto/report.hpp"

namespace roost::proto {
namespace {

constexpr std::size_t kMaxListedChannels = 10'000;

Json to_value(const ChannelState& state) {
  return {{"version", state.version},
          {"release", state.release.str()},
          {"release_id", state.release_id.hex()}};
}

ChannelState channel_state(const Fields& fields) {
  return {fields.number("version"), fields.parsed("release", &release::ReleaseRef::parse),
          fields.parsed("release_id", &release::ReleaseId::parse)};
}

crypto::PublicKey key_of(const Fields& fields) {
  const Bytes raw = fields.bytes("key", 32);
  return fields.guarded("key", [&] { return crypto::PublicKey::from_raw(raw); });
}

}  // namespace

std::string to_json(const Registration& registration) {
  Json channels = Json::array();
  for (const auto& statement : registration.channels) channels.push_back(to_value(statement));
  Json json{{"descriptor", to_value(registration.descriptor)},
            {"key", crypto::base64_encode(registration.key.raw())},
            {"index_torrent", crypto::base64_encode(registration.index_torrent)},
            {"channels", std::move(channels)},
            {"seeder", registration.seeder.str()}};
  if (registration.image_torrent) {
    json["image_torrent"] = crypto::base64_encode(*registration.image_torrent);
  }
  if (registration.index) json["index"] = crypto::base64_encode(*registration.index);
  if (registration.patches_torrent) {
    json["patches_torrent"] = crypto::base64_encode(*registration.patches_torrent);
  }
  if (registration.patches) json["patches"] = crypto::base64_encode(*registration.patches);
  if (!registration.zone.empty()) json["zone"] = registration.zone;
  return dump(json);
}

Registration parse_registration(std::string_view text) {
  const Context context{"registration", Errc::usage};
  const Json json = parse_json(text, context);
  const Fields fields(json, context);
  Registration registration{fields.envelope("descriptor"),
                            key_of(fields),
                            fields.bytes("index_torrent", kMaxTorrent),
                            std::nullopt,
                            std::nullopt,
                            std::nullopt,
                            std::nullopt,
                            {},
                            fields.endpoint("seeder")};
  if (fields.has("image_torrent")) {
    registration.image_torrent = fields.bytes("image_torrent", kMaxTorrent);
  }
  if (fields.has("index")) registration.index = fields.bytes("index", kMaxInlineIndex);
  if (fields.has("patches_torrent")) {
    registration.patches_torrent = fields.bytes("patches_torrent", kMaxTorrent);
  }
  if (fields.has("patches")) registration.patches = fields.bytes("patches", kMaxInlineIndex);
  if (fields.has("zone")) registration.zone = fields.text("zone");
  if (!is_zone(registration.zone)) fields.refuse("zone", "not [A-Za-z0-9._-]{0,64}");
  for (const auto& item : fields.list("channels", kMaxChannels)) {
    registration.channels.push_back(fields.guarded("channels", [&] { return envelope_of(item); }));
  }
  return registration;
}

std::string to_json(const RegistrationResult& result) {
  Json json{{"release_id", result.release_id.hex()},
            {"created", result.created},
            {"sequence", result.sequence},
            {"followers", result.followers}};
  if (result.committed_ms != 0) json["committed_ms"] = result.committed_ms;
  return dump(json);
}

RegistrationResult parse_registration_result(std::string_view text) {
  const Context context{"registration result"};
  const Json json = parse_json(text, context);
  const Fields fields(json, context);
  return {fields.parsed("release_id", &release::ReleaseId::parse), fields.flag("created"),
          fields.number("sequence"), fields.number32("followers"),
          fields.has("committed_ms") ? fields.number("committed_ms") : 0};
}

std::string to_json(const NameState& state) {
  Json channels = Json::object();
  for (const auto& [channel, current] : state.channels) channels[channel.str()] = to_value(current);
  return dump(Json{
      {"name", state.name.str()}, {"sequence", state.sequence}, {"channels", std::move(channels)}});
}

NameState parse_name_state(std::string_view text) {
  const Context context{"name"};
  const Json json = parse_json(text, context);
  const Fields fields(json, context);
  NameState state{fields.parsed("name", &release::Name::parse), fields.number("sequence"), {}};
  const Json& channels = fields.at("channels");
  if (!channels.is_object() || channels.size() > kMaxListedChannels) {
    fields.refuse("channels", "not an object of channels");
  }
  for (const auto& [key, value] : channels.items()) {
    const auto channel =
        fields.guarded("channels", [&name = key] { return release::Channel::parse(name); });
    state.channels.emplace(channel, channel_state(Fields(value, context)));
  }
  return state;
}

std::string to_json(const ChannelInfo& info) {
  Json json = to_value(info.state);
  json["channel"] = info.channel.str();
  json["statement"] = to_value(info.statement);
  return dump(json);
}

ChannelInfo parse_channel_info(std::string_view text) {
  const Context context{"channel"};
  const Json json = parse_json(text, context);
  const Fields fields(json, context);
  return {fields.parsed("channel", &release::ChannelRef::parse), channel_state(fields),
          fields.envelope("statement")};
}

}  // namespace roost::proto
