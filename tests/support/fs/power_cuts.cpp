#include <algorithm>
#include <utility>

#include "tests/support/fs/disk_model.hpp"

namespace roost::test {
namespace {

constexpr std::uint64_t kSector = 512;

bool is_sync(const Op& op) {
  return op.kind == Op::Kind::sync || op.kind == Op::Kind::sync_all;
}

std::set<InodeId> needed(const Op& op) {
  switch (op.kind) {
    case Op::Kind::add:
    case Op::Kind::remove:
      return {op.dir};
    case Op::Kind::move:
      return {op.dir, op.to_dir};
    case Op::Kind::touch:
      return {op.dir != Disk::kTop ? op.dir : op.inode};  // a link's comes with its name
    default:
      return {op.inode};
  }
}

// Sectors are written whole; which of a write's came first is not known.
std::vector<Op> torn(const Op& write) {
  auto zeros = write;
  zeros.bytes.assign(write.bytes.size(), '\0');
  std::vector<Op> all{std::move(zeros)};
  const auto head = kSector - write.offset % kSector;
  if (write.bytes.size() <= head) return all;
  auto first = write, rest = write;
  first.bytes.resize(head);
  rest.bytes.erase(0, head);
  rest.offset += head;
  all.push_back(std::move(first));
  all.push_back(std::move(rest));
  return all;
}

}  // namespace

void PowerCuts::happened(const Op& op) {
  if (!is_sync(op)) {
    recent_.push_back({op, needed(op)});
    return;
  }
  for (auto& recent : recent_) {
    if (op.kind == Op::Kind::sync_all) {
      recent.waits_for.clear();
    } else {
      recent.waits_for.erase(op.inode);
    }
  }
  const auto first = std::find_if(recent_.begin(), recent_.end(),
                                  [](const Recent& recent) { return !recent.waits_for.empty(); });
  for (auto kept = recent_.begin(); kept != first; ++kept) base_.apply(kept->op);
  recent_.erase(recent_.begin(), first);
}

Disk PowerCuts::replay(const Lost& lost, std::size_t replaced, const Op* by) const {
  Disk disk = base_;
  for (std::size_t i = 0; i < recent_.size(); ++i) {
    if (lost[i]) {
      disk.lose(recent_[i].op);
    } else {
      disk.apply(i == replaced ? *by : recent_[i].op);
    }
  }
  return disk;
}

void PowerCuts::emit(const Lost& lost, const Visit& visit) const {
  visit(replay(lost, recent_.size(), nullptr));
  for (auto i = recent_.size(); i-- > 0;) {
    if (recent_[i].waits_for.empty() || recent_[i].op.kind != Op::Kind::write) continue;
    if (lost[i]) return;
    for (const auto& part : torn(recent_[i].op)) visit(replay(lost, i, &part));
    return;
  }
}

void PowerCuts::for_each(const Visit& visit) const {
  std::vector<std::size_t> open;  // what may be lost
  for (std::size_t i = 0; i < recent_.size(); ++i) {
    if (!recent_[i].waits_for.empty()) open.push_back(i);
  }
  const auto count = open.size();
  Lost lost(recent_.size());
  if (count <= policy_.all_subsets_up_to) {
    for (std::size_t subset = 0; subset < std::size_t{1} << count; ++subset) {
      for (std::size_t i = 0; i < count; ++i) lost[open[i]] = (subset >> i & 1U) != 0;
      emit(lost, visit);
    }
    return;
  }
  emit(lost, visit);  // nothing
  for (std::size_t i = 0; i < count; ++i) {
    lost[open[i]] = true;
    emit(lost, visit);
    for (auto j = i + 1; policy_.pairs && j < count; ++j) {
      lost[open[j]] = true;
      emit(lost, visit);
      lost[open[j]] = false;
    }
    lost[open[i]] = false;
  }
  for (auto i = count; i-- > 0;) {  // what came after a prefix
    lost[open[i]] = true;
    emit(lost, visit);
  }
  for (const bool names : {false, true}) {  // all names came without bytes and modes, or only those
    for (const auto i : open) {
      const auto kind = recent_[i].op.kind;
      const bool is_name =
          kind == Op::Kind::add || kind == Op::Kind::remove || kind == Op::Kind::move;
      lost[i] = is_name == names;
    }
    emit(lost, visit);
  }
}

}  // namespace roost::test
