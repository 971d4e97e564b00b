// The tracker's API as typed calls (docs/protocol.md), for publishers and people.
//
// "Not there" is an answer where asking is the point (optional), else
// Error{not_found}. What the tracker refuses keeps its code: not_authorised,
// conflict, integrity; a tracker that can't be reached is unavailable, naming its
// URL. A stop ends a call at once with Error{interrupted}. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/net/http_client.hpp"
#include "core/proto/api.hpp"

namespace roost::seeder {

// Another publisher was faster between our reading and our registering: read and sign again.
struct Raced {
  std::string message;
};

class TrackerClient {
 public:
  explicit TrackerClient(net::Url base, std::stop_token stop = {},
                         std::chrono::milliseconds call_timeout = std::chrono::seconds(30));

  // No call goes on after it: Error{deadline}.
  void set_deadline(Deadline deadline) { deadline_ = deadline; }

  const net::Url& url() const noexcept { return http_.base(); }
  std::string announce_url() const;

  proto::NameState name_state(const release::Name& name);  // sequence 0: nobody published it yet
  std::optional<proto::ReleaseSummary> release(const release::ReleaseRef& release);
  std::optional<proto::ReleaseSummary> release(const release::ReleaseId& id);
  std::vector<proto::ReleaseSummary> releases(const std::optional<release::Name>& name = {});

  crypto::Envelope descriptor(const release::ReleaseId& id);
  Bytes index_torrent(const release::ReleaseId& id);
  Bytes image_torrent(const release::ReleaseId& id);
  Bytes patches_torrent(const release::ReleaseId& id);

  proto::ReleaseOffer offer(const release::ReleaseRef& release, const proto::Caller& caller);
  std::optional<proto::ChannelInfo> channel(const release::ChannelRef& channel);
  std::vector<proto::NodeView> nodes();

  std::variant<proto::RegistrationResult, Raced> register_release(
      const proto::Registration& registration);
  std::variant<proto::ChannelInfo, Raced> move_channel(const release::ChannelRef& channel,
                                                       const crypto::Envelope& statement);
  void unpublish(const crypto::Envelope& statement);

 private:
  net::HttpResponse get(const std::string& target);
  net::HttpResponse post(const std::string& target, std::string body);
  std::string get_or_throw(const std::string& target, std::string_view verb);

  net::HttpClient http_;
  std::stop_token stop_;
  std::chrono::milliseconds call_timeout_;
  Deadline deadline_ = Deadline::never();
};

}  // namespace roost::seeder
