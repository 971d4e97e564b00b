// The steps of a switch that prepare, commit, roll back and recover have in common.
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
  Transaction next() const;  // empty, but for the hold and the rejection, which outlive a switch

  // Finishes or undoes what an earlier run left. Idempotent. A step that fails while this finishes
  // a switch leads to its undoing, not to an exception.
  void settle();

  // PREPARED, with the links durable; `ready` when it will wait. On failure all is as before, and
  // the Error says why.
  void prepare(const std::string& to, std::uint64_t version, bool will_wait);

  // PREPARED to COMMITTED. On failure `current` is what it was.
  void commit();

  // ROLLING_BACK to ROLLED_BACK, with the record's `to`, `fallback`, `reason` and `held`.
  void roll_back(Transaction t);

  void clear_fault();
  void let_go();  // writes the last record again without its hold and its rejection

 private:
  void make_links();
  void flip();
  void run_new();
  void go_back(const std::string& reason, std::int32_t exit);
  void finish_rollback();
  void run_old();
  void settle_once();
  void settle_rollback();
  void record_damage();
  void undo(const std::string& reason, std::int32_t exit = 0);
  void abandon(std::string_view reason, std::int32_t exit = 0) noexcept;
  void give_back_attempt() noexcept;
  void remove_temporary_links();
  void restore_fallback(const std::string& fallback);
  void replace_link(const char* link, const std::string& dir);
  void write(Transaction t, Phase phase);
  void record(std::string_view phase, std::string_view reason, std::int32_t exit) noexcept;
  void notify(const NotifyStep& step, std::string_view reason) noexcept;
  Switch what() const;

  const App& app_;
  Fs& fs_;
  const ActivationSteps& steps_;
  TransactionFile file_;
};

// The channel version at which a node that is held now stays.
std::uint64_t version_to_hold(const App& app);

}  // namespace roost::store
