// One release's files in the swarm: being fetched, or here and shared.
//
// A Holding joins the index's swarm when it is made, and leaves when it goes; the files
// stay. The image's swarm it joins then too, or, where images of other releases may hold
// much of it, when join_image() says what they did: a swarm is told what a node has when
// it joins. That of the patches it joins where they are here, or the base's image is. It starts
// from what the image's directory already holds, after checking as much of it as a crash can have
// touched. news() is for the one thread that delivers; all else is for any.
// Errors: no_space when the image can't be allocated, whatever the session throws.
#pragma once

#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/store/images.hpp"
#include "core/swarm/session.hpp"
#include "peer/cause.hpp"
#include "peer/offer.hpp"
#include "peer/peer_need.hpp"
#include "peer/reuse.hpp"

namespace roost::peer {

struct HoldingStats {
  swarm::TransferStats index, patches, image;
  std::string problem;  // the last one that a side reported; empty: none
  CauseTimes causes;    // of the delivery under way, or of the last one here
  // Bytes of the image that came from images of other releases here, or were made of these by
  // patches; by NAME@VERSION.
  std::map<std::string, std::uint64_t> reused;

  // Of the whole release.
  template <class T>
  T sum(T swarm::TransferStats::*member) const {
    return index.*member + patches.*member + image.*member;
  }
};

// What the files of a release wait for.
struct HoldingWaiting {
  swarm::Waiting index, patches, image;
  std::array<const swarm::Waiting*, 3> all() const { return {&index, &patches, &image}; }
};

std::uint32_t image_pieces(const release::Descriptor& descriptor) noexcept;

class Holding {
 public:
  // What has happened since the last call.
  struct News {
    std::vector<std::uint32_t> pieces;  // of the image, newly verified
    bool index_complete = false;        // all three stay true once they are
    bool patches_complete = false;
    bool image_complete = false;
    bool patches_failed = false;   // they can't be fetched any more
    std::optional<Error> stopped;  // a disk or file error: fetching has stopped

    int completions() const noexcept {
      return int{index_complete} + int{patches_complete} + int{image_complete} +
             int{patches_failed};
    }
  };

  Holding(swarm::Session& session, const VerifiedOffer& offer, store::Image files,
          const std::string& announce_url, AtHand at_hand, const std::stop_token& stop);
  ~Holding();
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;

  // Waits until there is some news, poke() is called, the deadline or the stop.
  News news(Deadline deadline, const std::stop_token& stop);

  // Makes a waiting news() return; any thread.
  void poke();

  const VerifiedOffer& offer() const noexcept { return offer_; }
  const store::Image& files() const noexcept { return files_; }
  // Verified pieces of the image: those from an earlier life, reused, and fetched since.
  swarm::Bitmap have() const;

  bool fetches_patches() const { return patches() != nullptr; }
  void leave_patches();       // for good, and removes what came of them
  bool image_joined() const;  // true where there is no image
  bool is_whole() const;      // the image has all its pieces
  // Joins the image's swarm with what other images gave of it; nothing happens the second time.
  void join_image(release::Filled filled);
  void note_reused(const std::map<std::string, std::uint64_t>& from);  // for stats()

  // Hashes again what have() claims, and notes what holds; true when some did not. For
  // chunks that turned out damaged: the disk is not what it was.
  bool distrust(const std::stop_token& stop) const;
  void save_have() const;  // survives our own death, not the machine's
  void connect(const std::vector<swarm::Neighbour>& neighbours);
  void resume();                    // tries again to fetch an image that a disk error stopped
  void heal_links(PeerNeed& need);  // asks the tracker for other peers if that is due
  HoldingStats stats() const;

  HoldingWaiting waiting() const;
  void note_causes(const CauseTimes& causes);  // for stats()

 private:
  struct SideListener;
  struct ImageListener;
  using File = store::Image::File;

  void join_patches(AtHand at_hand, const std::string& announce_url);
  swarm::TransferOptions side_options(File file, const release::FilePart& part,
                                      const std::optional<Bytes>& told,
                                      const std::string& announce_url) const;
  swarm::Bitmap pieces_here(const std::stop_token& stop) const;
  void note(const swarm::Problem& problem);
  swarm::Transfer* image() const;                    // nullptr: not joined, or there is none
  std::shared_ptr<swarm::Transfer> patches() const;  // likewise

  swarm::Session& session_;
  VerifiedOffer offer_;
  store::Image files_;
  mutable std::mutex mutex_;
  swarm::Bitmap resumed_;                          // pieces that are here without being fetched
  std::optional<swarm::TransferOptions> to_join_;  // the image, while it waits to be told
  bool joining_ = false;
  std::condition_variable_any changed_;
  News pending_;
  bool poked_ = false;
  int told_ = 0;  // completions that news() has reported
  std::string problem_;
  CauseTimes causes_;
  std::map<std::string, std::uint64_t> reused_;
  std::unique_ptr<swarm::TransferListener> index_listener_, patches_listener_, image_listener_;
  swarm::TransferStats left_patches_;  // what they cost until they were left
  // Destroyed first: no callback after.
  std::unique_ptr<swarm::Transfer> index_, image_;
  std::shared_ptr<swarm::Transfer> patches_;
};

}  // namespace roost::peer
