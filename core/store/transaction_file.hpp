// apps/NAME/tx: two slots of 4 KiB, written in turn; the newest valid one counts.
//
// Both are written with zeros when the file is made, so that a later write needs
// no space, and a write that is torn or fails damages only the older slot. write()
// returns once the slot is durable. Under the root's lock, one thread.
#pragma once

#include "core/base/fs.hpp"
#include "core/store/activation.hpp"

namespace roost::store {

class TransactionFile {
 public:
  static void create(Fs& fs, int app_dir);

  explicit TransactionFile(const App& app);

  const Transaction& last() const noexcept { return last_; }

  // Numbers and dates the record: last().sequence + 1, now.
  void write(Transaction next);

 private:
  Fs* fs_;
  UniqueFd fd_;
  Transaction last_;
};

}  // namespace roost::store
