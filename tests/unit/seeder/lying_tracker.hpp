// A tracker that passes everything on to the real one, but for offers: a test alters those.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/net/http_client.hpp"
#include "core/net/http_server.hpp"
#include "core/proto/offer.hpp"

namespace roost::seeder {

class LyingTracker {
 public:
  using Lie = std::function<void(proto::ReleaseOffer&)>;

  LyingTracker(const net::Url& real, Lie lie) : real_(real), lie_(std::move(lie)) {
    server_.start();
  }

  net::Url url() const { return net::Url::parse("http://" + server_.local_endpoint().str()); }

 private:
  net::Response answer(const net::Request& request) {
    net::HttpRequest question;
    question.method = request.method;
    question.target = request.target;
    question.body = request.body;
    auto response = real_.request(question, Deadline::in(std::chrono::seconds(10)));
    if (response.ok() && request.path.starts_with("/v1/offers/")) {
      auto offer = proto::parse_release_offer(response.body);
      lie_(offer);
      response.body = proto::to_json(offer);
    }
    return {.status = response.status, .body = std::move(response.body), .headers = {}};
  }

  net::HttpClient real_;  // of the server's one thread
  Lie lie_;
  net::HttpServer server_{{}, [this](const net::Request& request) { return answer(request); }};
};

}  // namespace roost::seeder
