#include "core/net/event_source.hpp"

#include <poll.h>

#include <algorithm>
#include <vector>

#include "core/net/patience.hpp"
#include "core/net/request_text.hpp"
#include "core/net/response_reader.hpp"
#include "core/net/tcp_stream.hpp"

namespace roost::net {
namespace {

constexpr std::size_t kReadSize = 64U << 10;
constexpr std::size_t kMaxErrorBody = 64U << 10;

Error default_error(const std::string& subject, const HttpResponse& response) {
  std::string cause =
      "HTTP " + std::to_string(response.status) + " " + std::string(reason_phrase(response.status));
  if (!response.body.empty()) cause += ": " + response.body.substr(0, 300);
  return Error(errc_from_http(response.status), subject + ": " + cause);
}

}  // namespace

struct EventSource::Impl {
  EventSourceOptions options;
  std::string url;
  TcpStream stream;
  std::unique_ptr<ResponseReader> reader;
  SseParser parser;
  std::string error_body;
  std::string last_id;
  Monotonic last_heard{};
  std::vector<char> buffer = std::vector<char>(kReadSize);

  void take_body(std::string_view part) {
    if (reader->has_header() && reader->status() == 200) return parser.feed(part);
    if (error_body.size() < kMaxErrorBody) error_body += part;
  }

  // Reads what is there; the caller has made sure that there is something.
  void read(Patience& patience) {
    const auto got = stream.read_some(buffer, patience);
    if (got > 0) last_heard = std::chrono::steady_clock::now();
    patience.name_errors([&] {
      if (got == 0) return reader->feed_eof();
      reader->feed({buffer.data(), got});
    });
  }

  void read_error_body(Patience& patience) {
    while (!reader->is_done() && error_body.size() < kMaxErrorBody) read(patience);
  }

  Deadline silence() const {
    if (options.silence_limit.count() == 0) return Deadline::never();
    return Deadline::at(last_heard + options.silence_limit);
  }
};

EventSource::EventSource(EventSourceOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
}

EventSource::~EventSource() = default;
EventSource::EventSource(EventSource&&) noexcept = default;
EventSource& EventSource::operator=(EventSource&&) noexcept = default;

void EventSource::connect(const Url& url, const std::string& last_event_id, Deadline deadline,
                          std::stop_token stop) {
  auto& self = *impl_;
  close();
  self.url = url.str();
  const std::string subject = "GET " + self.url;
  Patience patience(subject, deadline, std::move(stop));
  self.reader = std::make_unique<ResponseReader>(
      ResponseReader::Limits{}, [&self](std::string_view part) { self.take_body(part); });
  self.parser = SseParser(self.options.max_event);
  self.error_body.clear();
  self.last_id = last_event_id;

  HttpRequest request;
  request.headers = {{"Accept", "text/event-stream"}, {"Cache-Control", "no-store"}};
  if (!last_event_id.empty()) request.headers.add("Last-Event-ID", last_event_id);
  try {
    self.stream = TcpStream::connect(url, self.options.connect_timeout, patience);
    self.stream.write_all(request_text(request, url, self.options.headers), patience);
    while (!self.reader->has_header()) self.read(patience);
    if (self.reader->status() != 200) {
      self.read_error_body(patience);
      const HttpResponse answer{self.reader->status(), self.reader->headers(), self.error_body};
      throw self.options.to_error ? self.options.to_error(answer) : default_error(subject, answer);
    }
    const auto headers = self.reader->headers();
    if (!headers.get("Content-Type").starts_with("text/event-stream")) {
      throw patience.error(Errc::integrity, "the answer is no event stream");
    }
  } catch (...) {
    close();
    throw;
  }
}

std::optional<SseEvent> EventSource::next(Deadline deadline, std::stop_token stop) {
  auto& self = *impl_;
  Patience patience("GET " + self.url, deadline, std::move(stop));
  try {
    for (;;) {
      if (auto event = self.parser.next()) {
        self.last_id = event->id;
        return event;
      }
      if (!self.stream.is_open()) throw patience.error(Errc::unavailable, "not connected");
      if (self.reader->is_done()) {
        throw patience.error(Errc::unavailable, "the server ended the stream");
      }
      if (!patience.wait(self.stream.fd(), POLLIN, self.silence())) {
        if (patience.expired()) return std::nullopt;
        throw patience.error(Errc::unavailable, "the server fell silent");
      }
      self.read(patience);
    }
  } catch (const Error& error) {
    // A stop request leaves the stream as it is; all else ends it.
    if (error.code() != Errc::interrupted) close();
    throw;
  }
}

bool EventSource::connected() const noexcept {
  return impl_->stream.is_open();
}

void EventSource::close() noexcept {
  impl_->stream.close();
}

Monotonic EventSource::last_heard() const noexcept {
  return impl_->last_heard;
}

const std::string& EventSource::last_id() const noexcept {
  return impl_->last_id;
}

std::optional<std::chrono::milliseconds> EventSource::retry() const noexcept {
  return impl_->parser.retry();
}

}  // namespace roost::net
