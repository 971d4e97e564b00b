// The steps of a switch that activate, roll back and recover have in common.
// Private to the store. What may fail halfway leaves the transaction file naming
// the phase, so that settle() can finish or undo it, in this process or the next.
#pragma once

#include <string>
#include <string_view>

#include "core/store/activation.hpp"
#include "core/store/transaction_file.hpp"

namespace roost::store {

class Switching {
 public:
  Switching(const App& app, const ActivationSteps& steps);

  const Transaction& last() const noexcept { return file_.last(); }

  // Finishes or undoes what an earlier run left. Idempotent. A step that fails while this finishes
  // a switch leads to its undoing, not to an exception.
  void settle();

  // PREPARED to COMMITTED. On failure `current` is what it was, and the Error says why.
  void activate(const std::string& to);

  // ROLLING_BACK to ROLLED_BACK, with the record's `to`, `fallback`, `reason` and `held`.
  void roll_back(Transaction t);

  void let_go();  // writes the last record again without its hold

 private:
  void make_links(const std::string& to);
  void flip(const std::string& to);
  void run_new(Transaction t);
  void go_back(const Transaction& t, const std::string& reason);
  void finish_rollback();
  void settle_once();
  void undo(const std::string& reason);
  void abandon(std::string_view reason) noexcept;
  void restore_fallback(const std::string& fallback);
  void replace_link(const char* link, const std::string& dir);
  void write(Transaction t, Phase phase);
  void record(const Transaction& t) noexcept;

  const App& app_;
  Fs& fs_;
  const ActivationSteps& steps_;
  TransactionFile file_;
};

}  // namespace roost::store
