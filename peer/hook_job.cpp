#include "peer/hook_job.hpp"

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

namespace roost::peer {
namespace {

using nlohmann::json;

// An argument or a path may be any bytes; JSON takes only UTF-8.
std::string dump(const json& value, const char* what) {
  try {
    return value.dump();
  } catch (const json::exception&) {
    throw Error(Errc::integrity, std::string("pass ") + what + ": it holds text that is no UTF-8");
  }
}

template <class Read>
auto parse(std::string_view text, const char* what, Read read) {
  try {
    return read(json::parse(text));
  } catch (const json::exception& error) {
    throw Error(Errc::integrity, std::string("read ") + what + ": " + error.what());
  }
}

}  // namespace

HookVerdict HookOutcome::verdict() const noexcept {
  if (timed_out || stopped || survived > 0 || !error.empty()) return HookVerdict::failed;
  switch (status) {
    case 0:
      return HookVerdict::ok;
    case kHookRetry:
      return HookVerdict::retry;
    case kHookDefer:
      return HookVerdict::defer;
    default:
      return HookVerdict::failed;
  }
}

std::string to_json(const HookJob& job) {
  json value{{"argv", job.argv},
             {"cwd", job.cwd},
             {"env", job.env},
             {"deadline_ms", job.deadline.count()},
             {"term_grace_ms", job.term_grace.count()},
             {"changes", job.changes}};
  if (job.user) value["user"] = *job.user;
  return dump(value, "a hook's job");
}

std::string to_json(const HookOutcome& outcome) {
  return dump({{"status", outcome.status},
               {"timed_out", outcome.timed_out},
               {"stopped", outcome.stopped},
               {"swept", outcome.swept},
               {"survived", outcome.survived},
               {"output", outcome.output},
               {"omitted", outcome.omitted},
               {"seconds", outcome.seconds},
               {"error", outcome.error}},
              "a hook's outcome");
}

HookJob parse_hook_job(std::string_view text) {
  return parse(text, "a hook's job", [](const json& value) {
    HookJob job;
    value.at("argv").get_to(job.argv);
    value.at("cwd").get_to(job.cwd);
    value.at("env").get_to(job.env);
    if (value.contains("user")) job.user = value.at("user").get<std::string>();
    job.deadline = std::chrono::milliseconds(value.at("deadline_ms").get<std::int64_t>());
    job.term_grace = std::chrono::milliseconds(value.at("term_grace_ms").get<std::int64_t>());
    value.at("changes").get_to(job.changes);
    if (job.argv.empty()) throw Error(Errc::integrity, "read a hook's job: no program");
    return job;
  });
}

HookOutcome parse_hook_outcome(std::string_view text) {
  return parse(text, "a hook's outcome", [](const json& value) {
    HookOutcome outcome;
    value.at("status").get_to(outcome.status);
    value.at("timed_out").get_to(outcome.timed_out);
    value.at("stopped").get_to(outcome.stopped);
    value.at("swept").get_to(outcome.swept);
    value.at("survived").get_to(outcome.survived);
    value.at("output").get_to(outcome.output);
    value.at("omitted").get_to(outcome.omitted);
    value.at("seconds").get_to(outcome.seconds);
    value.at("error").get_to(outcome.error);
    return outcome;
  });
}

}  // namespace roost::peer
