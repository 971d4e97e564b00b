// roost inspect FILE: what a file of ours is, and what it says.
#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/common_options.hpp"
#include "cli/tracker_tables.hpp"
#include "core/base/fs.hpp"
#include "core/base/units.hpp"
#include "core/crypto/dsse.hpp"
#include "core/crypto/merkle.hpp"
#include "core/proto/metainfo.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/expand.hpp"
#include "core/release/index.hpp"
#include "core/release/patches.hpp"
#include "core/release/statement.hpp"

namespace roost::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kSniffed = 16;
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";
constexpr std::uintmax_t kLargestParsed = std::uintmax_t{1} << 30;  // an image is read in parts

struct Args {
  std::filesystem::path file;
  std::filesystem::path index;
  std::vector<std::filesystem::path> trust;
  bool entries = false;
};

std::ifstream open(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) {
    throw Error(Errc::usage, "inspect " + file.string() + ": is a directory",
                "roost verify DIR compares a staged tree with what was signed");
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) throw_errno("inspect " + file.string());
  return in;
}

Bytes read_all(const std::filesystem::path& file) {
  auto in = open(file);
  if (std::filesystem::file_size(file) > kLargestParsed) {
    throw Error(Errc::integrity,
                "inspect " + file.string() + ": too large for what it claims to be");
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

// The object in the order of its fields, one "key  value" line each; nested ones indented.
void print(const ordered_json& object, Context& context, const std::string& indent = "") {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      context.out.line(indent + key);
      print(value, context, indent + "  ");
    } else {
      context.out.line(fmt::format("{}{:16}  {}", indent, key,
                                   value.is_string() ? value.get<std::string>() : value.dump()));
    }
  }
}

ordered_json signatures(const crypto::Envelope& envelope) {
  auto list = ordered_json::array();
  for (const auto& signature : envelope.signatures) list.push_back(signature.key_id);
  return list;
}

ordered_json inspect_envelope(const Bytes& bytes, const Args& args) {
  const auto envelope = crypto::parse_envelope(as_text(bytes));
  ordered_json result{{"kind", "envelope"}, {"payload_type", envelope.payload_type}};
  if (envelope.payload_type == release::kDescriptorType) {
    release::parse_descriptor(envelope.payload);
    result["kind"] = "descriptor";
    result["release_id"] = release::release_id_of(envelope.payload).hex();
  } else if (envelope.payload_type == release::kChannelType) {
    release::parse_channel_statement(envelope.payload);
    result["kind"] = "channel statement";
  } else if (envelope.payload_type == release::kUnpublishType) {
    release::parse_unpublish_statement(envelope.payload);
    result["kind"] = "unpublish statement";
  } else {
    throw Error(Errc::integrity, "inspect " + args.file.string() + ": an envelope of type '" +
                                     envelope.payload_type + "', which is none of Roost's");
  }
  result["signed_by"] = signatures(envelope);
  if (args.trust.empty()) {
    result["signature"] = "not checked (no --trust)";
  } else {
    std::vector<crypto::PublicKey> keys;
    for (const auto& file : args.trust) keys.push_back(crypto::load_public_key(file));
    const auto& key = crypto::verify(envelope, keys, envelope.payload_type, args.file.string());
    result["signature"] = "good, by " + key.id();
  }
  result["payload"] = ordered_json::parse(as_text(envelope.payload));
  return result;
}

ordered_json inspect_torrent(const Bytes& bytes) {
  const auto torrent = proto::Metainfo::parse(bytes);
  ordered_json result{{"kind", "torrent"},
                      {"name", torrent.name()},
                      {"info_hash", torrent.info_hash().hex()},
                      {"length", torrent.length()},
                      {"piece_length", torrent.piece_length()},
                      {"pieces", torrent.pieces()},
                      {"pieces_root", torrent.pieces_root().hex()},
                      {"hybrid", torrent.hybrid()},
                      {"tls", !torrent.ssl_cert().empty()}};
  if (const auto& v1 = torrent.info_hash_v1()) result["info_hash_v1"] = to_hex(*v1);
  return result;
}

void show_entries(const release::Index& index, Context& context) {
  constexpr std::array kKinds{"directory", "file", "executable", "link"};
  Table table({{"KIND"}, {"SIZE", true}, {"TIME"}, {"PATH"}});
  for (const auto& entry : index.entries()) {
    const std::string kind = kKinds.at(static_cast<std::size_t>(entry.kind));
    ordered_json item{
        {"path", entry.path.str()}, {"kind", kind}, {"size", entry.size}, {"mtime", entry.mtime}};
    if (!entry.target.empty()) item["target"] = entry.target;
    context.out.item("entry", item);
    table.row({kind, std::to_string(entry.size), format_time(entry.mtime),
               entry.path.str() + (entry.target.empty() ? "" : " -> " + entry.target)});
  }
  context.out.table(table);
}

ordered_json inspect_index(const Bytes& bytes, const Args& args, Context& context) {
  const auto index = release::parse_index(bytes);
  if (args.entries) show_entries(index, context);
  std::uint64_t compressed = 0;
  for (const auto& chunk : index.chunks()) compressed += chunk.compressed() ? 1 : 0;
  std::uint64_t holes = 0;
  for (const auto& segment : index.segments()) holes += segment.hole() ? segment.length : 0;
  return {{"kind", "index"},
          {"size", bytes.size()},
          {"tree_digest", index.tree_digest().hex()},
          {"tree_bytes", index.tree_bytes()},
          {"entries", index.entries().size()},
          {"files", index.files()},
          {"chunks", index.chunks().size()},
          {"compressed", compressed},
          {"segments", index.segments().size()},
          {"hole_bytes", holes},
          {"image_bytes", index.image_bytes()}};
}

// Each chunk's stored bytes and digest against the index.
void check_chunks(const Args& args, const release::Index& index, Context& context) {
  if (std::filesystem::file_size(args.file) != index.image_bytes()) {
    throw Error(Errc::integrity,
                fmt::format("inspect {}: {} bytes, its index says {}", args.file.string(),
                            std::filesystem::file_size(args.file), index.image_bytes()));
  }
  auto in = open(args.file);
  Bytes stored;
  for (std::uint32_t i = 0; i < index.chunks().size(); ++i) {
    context.check_stop();
    const auto& chunk = index.chunks()[i];
    stored.resize(chunk.stored_length);
    in.read(reinterpret_cast<char*>(stored.data()), static_cast<std::streamsize>(stored.size()));
    if (!in) throw Error(Errc::failed, "read " + args.file.string() + ": ended early");
    release::raw_bytes_of(chunk, i, stored);
  }
}

ordered_json inspect_image(const Args& args, Context& context) {
  crypto::MerkleHasher hasher;
  auto in = open(args.file);
  Bytes buffer(std::size_t{1} << 20);
  do {
    context.check_stop();
    in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
    hasher.update(BytesView(buffer).first(static_cast<std::size_t>(in.gcount())));
  } while (in);
  const auto tree = hasher.finish();
  ordered_json result{{"kind", "image"},
                      {"size", tree.size},
                      {"piece_length", tree.piece_length},
                      {"pieces", (tree.size + tree.piece_length - 1) / tree.piece_length},
                      {"pieces_root", tree.root.hex()}};
  if (args.index.empty()) {
    result["chunks"] = "not checked (no --index)";
  } else {
    const auto index = release::parse_index(read_all(args.index));
    check_chunks(args, index, context);
    result["chunks"] = fmt::format("{} checked, all good", index.chunks().size());
  }
  return result;
}

// Which chunks a patch makes is said in numbers of the new release's index, so without that only
// the form of the file can be checked.
ordered_json inspect_patches(const Args& args) {
  const auto size = std::filesystem::file_size(args.file);
  const auto file = real_fs().open_path(args.file.string(), O_RDONLY);
  const auto form = release::PatchSet::form(real_fs(), file.get(), size);
  ordered_json result{{"kind", "patches"},
                      {"size", size},
                      {"patches", form.patches},
                      {"makes_chunks", form.chunks},
                      {"frame_bytes", form.frame_bytes}};
  if (args.index.empty()) {
    result["table"] = "whole; its chunks are not checked (no --index)";
    return result;
  }
  const auto index = release::parse_index(read_all(args.index));
  const auto set = release::PatchSet::read(real_fs(), file.get(), size, index);
  std::uint64_t raw = 0;
  for (const auto& patch : set.patches()) raw += patch.raw_bytes;
  result["makes_bytes"] = raw;
  result["table"] = "good";
  return result;
}

int run(const Args& args, Context& context) {
  std::string head(kSniffed, '\0');
  {
    auto in = open(args.file);
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
  }
  ordered_json result;
  if (head.starts_with("ROOSTIDX")) {
    result = inspect_index(read_all(args.file), args, context);
  } else if (head.starts_with("{")) {
    result = inspect_envelope(read_all(args.file), args);
  } else if (head.starts_with("d") && head.find(':') != std::string::npos) {
    result = inspect_torrent(read_all(args.file));
  } else if (head.starts_with("ROOSTPAT")) {
    result = inspect_patches(args);
  } else if (!args.index.empty() || head.starts_with(kZstdMagic) ||
             args.file.filename() == "image") {
    result = inspect_image(args, context);
  } else {
    throw Error(
        Errc::integrity,
        "inspect " + args.file.string() +
            ": neither a descriptor, a statement, a torrent, an index, patches nor an image",
        "an image has no mark of its own; say --index FILE to have it read as one");
  }
  print(result, context);
  context.out.result(result);
  return 0;
}

}  // namespace

Run setup_inspect(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Says what FILE is and what it holds, and checks what can be checked: structure and\n"
      "bounds, with --trust the signature, with --index each chunk of an image, or the table\n"
      "of patches.");
  options.argument("FILE", args->file, "a descriptor, statement, torrent, index, image or patches")
      .required()
      .files();
  options
      .value("index", args->index, "FILE",
             "the index of the release whose image or patches FILE is")
      .files();
  options.values("trust", args->trust, "FILE", "public key that must have signed").files();
  options.flag("entries", args->entries, "list the entries of an index");
  options.example("roost inspect ./descriptor.json --trust key.pem.pub");
  options.example("roost inspect ./index --entries");
  return [args](Context& context) { return run(*args, context); };
}

}  // namespace roost::cli
