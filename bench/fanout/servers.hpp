// Servers that methods need, and what is said of them in one place: their configuration.
//
// The functions write the server's files into its host's directory; a Server is started
// by ScriptedMethod. Throw Error{failed} when the disk refuses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/fanout/arena.hpp"

namespace roost::bench {

struct Server {
  std::size_t host = 0;
  std::string script;
  std::uint16_t port = 0;  // it is ready when it listens there (TCP)
  std::string ready;       // and when this script succeeds on its host; may be empty
};

// nginx at the seeder's host for the files of that directory, and the URL of one of them. With
// an account it also writes down how many bytes it served, which nginx_served() reads: what
// one host was sent in answers to requests that are complete.
enum class Account { no, yes };
Server nginx_server(const Arena& arena, const std::filesystem::path& root,
                    Account account = Account::no);
std::string nginx_url(const Arena& arena, const std::string& file);
std::uint64_t nginx_served(const Arena& arena, std::size_t host);

// Of a server for the files of that directory, in the foreground.
std::string nginx_config(const std::string& address, std::uint16_t port,
                         const std::filesystem::path& root, const std::string& access_log = "off");

// rsync's daemon at the seeder's host, so that no ssh stands in its way; what it serves, for a
// client; and what a client's --stats say that it received.
Server rsync_server(const Arena& arena, const std::filesystem::path& root);
std::string rsync_source(const Arena& arena);
std::uint64_t rsync_received(const std::string& client_out);

void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace roost::bench
