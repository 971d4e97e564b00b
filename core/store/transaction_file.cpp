#include "core/store/transaction_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/store/crc32.hpp"
#include "core/store/layout.hpp"
#include "core/store/reasons.hpp"

namespace roost::store {
namespace {

using nlohmann::json;

// A slot: magic, CRC-32 of what follows, length of the text, the text (JSON), zeros.
constexpr std::size_t kSlot = 4096;
constexpr std::string_view kMagic = "ROOSTTX1";
constexpr std::size_t kHeader = kMagic.size() + 8;
constexpr std::array<std::string_view, 8> kPhases{
    "none", "prepared", "switched", "committed", "rolling_back", "rolled_back", "aborted", "fault"};

void put_u32(std::uint8_t* at, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint32_t get_u32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(at[i]) << (8 * i);
  return value;
}

Bytes encode(const Transaction& t) {
  json body{{"sequence", t.sequence}, {"phase", phase_name(t.phase)},
            {"attempts", t.attempts}, {"time", t.time},
            {"from", t.from},         {"to", t.to},
            {"fallback", t.fallback}, {"reason", t.reason}};
  if (t.held) body["held"] = *t.held;
  if (!t.held_from.empty()) body["held_from"] = t.held_from;
  if (const auto& rejection = t.rejection) {
    body["rejection"] = {
        {"dir", rejection->dir}, {"version", rejection->version}, {"reason", rejection->reason}};
  }
  if (t.version != 0) body["version"] = t.version;
  if (t.ready) body["ready"] = true;
  if (t.exit != 0) body["exit"] = t.exit;
  const auto text = body.dump();
  if (text.size() > kSlot - kHeader) {
    throw Error(Errc::failed, "write transaction: " + std::to_string(text.size()) + " bytes");
  }
  Bytes slot(kSlot);
  std::memcpy(slot.data(), kMagic.data(), kMagic.size());
  put_u32(slot.data() + kMagic.size() + 4, static_cast<std::uint32_t>(text.size()));
  std::memcpy(slot.data() + kHeader, text.data(), text.size());
  put_u32(slot.data() + kMagic.size(), crc32(BytesView(slot).subspan(kMagic.size() + 4)));
  return slot;
}

std::optional<Transaction> decode(BytesView slot) {
  if (slot.size() != kSlot || as_text(slot.first(kMagic.size())) != kMagic) return std::nullopt;
  const auto crc = get_u32(slot.data() + kMagic.size());
  const auto length = get_u32(slot.data() + kMagic.size() + 4);
  if (crc != crc32(slot.subspan(kMagic.size() + 4)) || length > kSlot - kHeader) {
    return std::nullopt;
  }
  try {
    const auto body = json::parse(as_text(slot.subspan(kHeader, length)));
    Transaction t;
    t.sequence = body.at("sequence");
    const auto phase = std::find(kPhases.begin(), kPhases.end(), body.at("phase"));
    if (phase == kPhases.end()) return std::nullopt;
    t.phase = static_cast<Phase>(phase - kPhases.begin());
    t.attempts = body.at("attempts");
    t.time = body.at("time");
    t.from = body.at("from");
    t.to = body.at("to");
    t.fallback = body.at("fallback");
    t.reason = body.at("reason");
    if (body.contains("held")) t.held = body["held"].get<std::uint64_t>();
    t.held_from = body.value("held_from", t.held_from);
    if (body.contains("rejection")) {
      auto& rejection = t.rejection.emplace();
      rejection.dir = body["rejection"].at("dir");
      rejection.version = body["rejection"].at("version");
      rejection.reason = body["rejection"].at("reason");
    }
    t.version = body.value("version", t.version);
    t.ready = body.value("ready", t.ready);
    t.exit = body.value("exit", t.exit);
    return t;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

bool is_blank(const Bytes& slot) {
  return slot.size() == kSlot && std::ranges::all_of(slot, [](auto byte) { return byte == 0; });
}

// Slot 0 is written second, once slot 1 is durable, and nothing is current before that.
Transaction newest(const App& app, int fd) {
  Transaction found;
  bool was_written = app.current().has_value();
  for (const std::uint64_t slot : {0, 1}) {
    Bytes bytes(kSlot);
    bytes.resize(app.fs().read(fd, bytes, slot * kSlot));
    auto decoded = decode(bytes);
    if (decoded && decoded->sequence > found.sequence) found = std::move(*decoded);
    if (slot == 0 && !is_blank(bytes)) was_written = true;
  }
  found.damaged = found.sequence == 0 && was_written;
  if (found.damaged) found.reason = reason::kRecordDamaged;
  return found;
}

}  // namespace

std::string_view phase_name(Phase phase) noexcept {
  return kPhases[static_cast<std::size_t>(phase)];
}

Transaction read_transaction(const App& app) {
  return newest(app, app.fs().open(app.dir(), layout::kTx, O_RDONLY | O_NOFOLLOW).get());
}

void TransactionFile::create(Fs& fs, int app_dir) {
  const auto temporary = layout::temporary_file(layout::kTx);
  const auto fd = fs.open(app_dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
  fs.write(fd.get(), Bytes(2 * kSlot), 0);
  fs.sync(fd.get());
  fs.rename(app_dir, temporary, app_dir, layout::kTx);
  fs.sync(app_dir);
}

TransactionFile::TransactionFile(const App& app)
    : fs_(&app.fs()),
      fd_(fs_->open(app.dir(), layout::kTx, O_RDWR | O_NOFOLLOW)),
      last_(newest(app, fd_.get())) {}

void TransactionFile::write(Transaction next) {
  next.sequence = last_.sequence + 1;
  next.time = std::chrono::duration_cast<std::chrono::seconds>(
                  std::chrono::system_clock::now().time_since_epoch())
                  .count();
  fs_->write(fd_.get(), encode(next), (next.sequence % 2) * kSlot);
  fs_->sync(fd_.get());
  next.damaged = false;
  last_ = std::move(next);
}

}  // namespace roost::store
