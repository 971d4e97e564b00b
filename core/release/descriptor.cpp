#include "core/release/descriptor.hpp"

#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/crypto/dsse.hpp"
#include "core/crypto/sha256.hpp"
#include "core/release/index.hpp"
#include "core/release/json_fields.hpp"

namespace roost::release {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMaxArguments = 32;
constexpr std::size_t kMaxArgument = 1024;
constexpr std::size_t kMaxLinked = 64;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 52;
constexpr std::array<std::string_view, 7> kHooks{"post_stage",   "pre_activate",  "activate",
                                                 "health",       "post_activate", "rollback",
                                                 "post_rollback"};

ordered_json to_json(const FilePart& part) {
  return {{"size", part.size},
          {"pieces_root", part.pieces_root.hex()},
          {"piece_length", part.piece_length}};
}

FilePart read_part(Fields fields) {
  FilePart part;
  part.size = fields.number("size", 0, kMaxFileBytes);
  part.pieces_root = fields.digest("pieces_root");
  part.piece_length = static_cast<std::uint32_t>(
      fields.number("piece_length", crypto::kBlockSize, crypto::kMaxPieceLength));
  fields.end();
  if (part.piece_length != crypto::piece_length_for(part.size)) {
    fields.refuse("not the piece length that its size asks for");
  }
  if ((part.size == 0) != (part.pieces_root == Sha256{})) fields.refuse("root and size disagree");
  return part;
}

void read_patches(Fields& fields, Descriptor& out) {
  if (!fields.has("patches")) return;
  out.patches = read_part(fields.object("patches"));
  if (!out.base) fields.refuse("patches without a base");
  if (out.patches->size == 0) fields.refuse("its patches are empty");
  if (out.patches->size > out.image.size) fields.refuse("its patches are larger than its image");
}

void read_tree(Fields fields, Descriptor& out) {
  out.tree_digest = fields.digest("digest");
  out.tree_bytes = fields.number("bytes", 0, kMaxTreeBytes);
  out.entries = fields.number("entries", 0, kMaxEntries);
  out.files = fields.number("files", 0, out.entries);
  out.chunks = fields.number("chunks", 0, kMaxChunks);
  fields.end();
  if ((out.chunks == 0) != (out.image.size == 0)) fields.refuse("chunks and image disagree");
}

RelPath read_path(const Fields& fields, const json& value, const char* what) {
  if (!value.is_string()) fields.refuse(std::string(what) + " is no path");
  const auto& text = value.get_ref<const std::string&>();
  if (const auto why = RelPath::why_not(text)) fields.refuse(std::string(what) + ": " + *why);
  return RelPath::parse(text);
}

void read_hooks(Fields& fields, Descriptor& out) {
  if (!fields.has("hooks")) return;
  const json& hooks = fields.get("hooks");
  if (!hooks.is_object()) fields.refuse("'hooks' is no object");
  for (const auto& [name, argv] : hooks.items()) {
    if (std::find(kHooks.begin(), kHooks.end(), name) == kHooks.end()) {
      fields.refuse("unknown hook '" + name.substr(0, 100) + "'");
    }
    if (!argv.is_array() || argv.empty() || argv.size() > kMaxArguments) {
      fields.refuse("hook '" + name + "' has no valid arguments");
    }
    read_path(fields, argv[0], "a hook's program");
    for (const json& argument : argv) {
      if (!argument.is_string() || argument.get_ref<const std::string&>().size() > kMaxArgument ||
          argument.get_ref<const std::string&>().find('\0') != std::string::npos) {
        fields.refuse("hook '" + name + "' has no valid arguments");
      }
      out.hooks[name].push_back(argument.get<std::string>());
    }
  }
}

void read_linked(Fields& fields, Descriptor& out) {
  if (!fields.has("linked")) return;
  const json& linked = fields.get("linked");
  if (!linked.is_array() || linked.size() > kMaxLinked) fields.refuse("'linked' is no short list");
  for (const json& path : linked) out.linked.push_back(read_path(fields, path, "a linked name"));
}

Provenance read_provenance(Fields fields) {
  Provenance provenance;
  provenance.created = fields.time("created");
  provenance.tool = fields.text("tool", 200);
  if (fields.has("builder")) provenance.builder = fields.text("builder", 200);
  fields.end();
  return provenance;
}

}  // namespace

std::string serialise(const Descriptor& descriptor) {
  ordered_json out;
  out["format"] = 1;
  out["release"] = descriptor.release.str();
  out["sequence"] = descriptor.sequence;
  if (descriptor.base) {
    out["base"] = {{"release", descriptor.base->release.str()}, {"id", descriptor.base->id.hex()}};
  }
  out["index"] = to_json(descriptor.index);
  out["image"] = to_json(descriptor.image);
  if (descriptor.patches) out["patches"] = to_json(*descriptor.patches);
  out["tree"] = {{"digest", descriptor.tree_digest.hex()},
                 {"bytes", descriptor.tree_bytes},
                 {"entries", descriptor.entries},
                 {"files", descriptor.files},
                 {"chunks", descriptor.chunks}};
  if (!descriptor.hooks.empty()) out["hooks"] = descriptor.hooks;
  for (const RelPath& path : descriptor.linked) out["linked"].push_back(path.str());
  out["provenance"] = {{"created", descriptor.provenance.created},
                       {"tool", descriptor.provenance.tool}};
  if (!descriptor.provenance.builder.empty()) {
    out["provenance"]["builder"] = descriptor.provenance.builder;
  }
  return out.dump();
}

Descriptor parse_descriptor(BytesView payload) {
  const std::string what = "read descriptor";
  const json text = parse_json(payload, kMaxDescriptorBytes, what);
  Fields fields(text, what);
  fields.check_format(1);
  Descriptor out{.release = fields.release("release")};
  out.sequence = fields.number("sequence", 1, kMaxJsonNumber);
  if (fields.has("base")) {
    Fields base = fields.object("base");
    out.base = BaseRelease{base.release("release"), ReleaseId{base.digest("id")}};
    base.end();
  }
  out.index = read_part(fields.object("index"));
  out.image = read_part(fields.object("image"));
  if (out.index.size == 0) fields.refuse("its index is empty");
  read_patches(fields, out);
  read_tree(fields.object("tree"), out);
  read_hooks(fields, out);
  read_linked(fields, out);
  out.provenance = read_provenance(fields.object("provenance"));
  fields.end();
  return out;
}

ReleaseId release_id_of(BytesView payload) {
  return {crypto::sha256(payload)};
}

VerifiedDescriptor verify_descriptor(const crypto::Envelope& envelope,
                                     std::span<const crypto::PublicKey> trusted) {
  crypto::verify(envelope, trusted, kDescriptorType, "descriptor");
  return {release_id_of(envelope.payload),
          std::make_shared<const Descriptor>(parse_descriptor(envelope.payload)),
          std::make_shared<const crypto::Envelope>(envelope)};
}

}  // namespace roost::release
