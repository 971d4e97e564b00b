// Shows a publish while it runs, and what came of it.
#pragma once

#include <chrono>
#include <string>

#include "cli/command.hpp"
#include "cli/progress_view.hpp"
#include "seeder/publish.hpp"

namespace roost::cli {

class PublishView : public seeder::PublishObserver {
 public:
  PublishView(Output& out, std::string subject);

  void on_phase(seeder::Phase phase) override;
  void on_scanned(std::uint64_t files, std::uint64_t bytes) override;
  void on_packing(const release::PackProgress& progress) override;
  void on_fetching_base(std::uint64_t bytes, std::uint64_t of) override;
  void on_patching(std::uint64_t bytes, std::uint64_t of) override;
  void on_packed(const seeder::PublishResult& so_far) override;
  void on_registered(const seeder::PublishResult& so_far) override;
  void on_seeding(const seeder::SeedingNews& news) override;
  void on_note(const std::string& text) override;

  void show_result(const seeder::PublishResult& result);

 private:
  Output& out_;
  ProgressView progress_;
  ProgressRow row_;
  std::uint64_t release_bytes_ = 0;  // all its parts
};

}  // namespace roost::cli
