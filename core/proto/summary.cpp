#include "core/proto/summary.hpp"

#include "core/proto/json_fields.hpp"

namespace roost::proto {
namespace {

constexpr std::size_t kMaxReleases = 100'000;
constexpr std::size_t kMaxListedChannels = 10'000;

Json to_value(const FileSummary& file) {
  Json json{{"size", file.size}, {"info_hash", file.info_hash.hex()}};
  if (file.info_hash_v1) json["info_hash_v1"] = to_hex(*file.info_hash_v1);
  return json;
}

FileSummary file_summary(const Fields& fields) {
  FileSummary file{fields.number("size"), fields.parsed("info_hash", &Sha256::parse), std::nullopt};
  if (fields.has("info_hash_v1")) {
    crypto::Sha1 hash{};
    if (!from_hex(fields.text("info_hash_v1"), hash)) {
      fields.refuse("info_hash_v1", "not 40 lower-case hexadecimal digits");
    }
    file.info_hash_v1 = hash;
  }
  return file;
}

Json to_value(const ReleaseSummary& summary) {
  Json channels = Json::array();
  for (const auto& channel : summary.channels) channels.push_back(channel.str());
  Json json{{"release", summary.release.str()},
            {"release_id", summary.release_id.hex()},
            {"sequence", summary.sequence},
            {"tree_digest", summary.tree_digest.hex()},
            {"tree_bytes", summary.tree_bytes},
            {"files", summary.files},
            {"index", to_value(summary.index)},
            {"created", summary.created},
            {"channels", std::move(channels)},
            {"nodes",
             {{"fetching", summary.nodes.fetching},
              {"staged", summary.nodes.staged},
              {"active", summary.nodes.active},
              {"failed", summary.nodes.failed},
              {"whole", summary.nodes.whole},
              {"following", summary.nodes.following}}}};
  if (summary.image) json["image"] = to_value(*summary.image);
  if (summary.patches) json["patches"] = to_value(*summary.patches);
  return json;
}

ReleaseSummary release_summary(const Json& value, const Context& context) {
  const Fields fields(value, context);
  ReleaseSummary summary{fields.parsed("release", &release::ReleaseRef::parse),
                         fields.parsed("release_id", &release::ReleaseId::parse),
                         fields.number("sequence"),
                         fields.parsed("tree_digest", &Sha256::parse),
                         fields.number("tree_bytes"),
                         fields.number("files"),
                         file_summary(fields.object("index")),
                         std::nullopt,
                         std::nullopt,
                         fields.integer("created"),
                         {},
                         {}};
  if (fields.has("image")) summary.image = file_summary(fields.object("image"));
  if (fields.has("patches")) summary.patches = file_summary(fields.object("patches"));
  for (const auto& item : fields.list("channels", kMaxListedChannels)) {
    if (!item.is_string()) fields.refuse("channels", "not a list of texts");
    summary.channels.push_back(fields.guarded(
        "channels", [&] { return release::Channel::parse(item.get_ref<const std::string&>()); }));
  }
  const Fields nodes = fields.object("nodes");
  auto& counts = summary.nodes;
  counts = {nodes.number32("fetching"),
            nodes.number32("staged"),
            nodes.number32("active"),
            nodes.number32("failed"),
            0,
            nodes.number32("following")};
  // A tracker that does not say it knows only nodes whose image is there before the tree.
  counts.whole = nodes.has("whole") ? nodes.number32("whole") : counts.staged + counts.active;
  return summary;
}

}  // namespace

std::string to_json(const ReleaseSummary& summary) {
  return dump(to_value(summary));
}

ReleaseSummary parse_release_summary(std::string_view text) {
  const Context context{"release summary"};
  return release_summary(parse_json(text, context), context);
}

std::string to_json(const std::vector<ReleaseSummary>& summaries) {
  Json list = Json::array();
  for (const auto& summary : summaries) list.push_back(to_value(summary));
  return dump(Json{{"releases", std::move(list)}});
}

std::vector<ReleaseSummary> parse_release_list(std::string_view text) {
  const Context context{"release list"};
  const Json json = parse_json(text, context);
  std::vector<ReleaseSummary> summaries;
  for (const auto& item : Fields(json, context).list("releases", kMaxReleases)) {
    summaries.push_back(release_summary(item, context));
  }
  return summaries;
}

}  // namespace roost::proto
