// The command lines of the methods that Roost is compared with, all in rivals.cpp.
//
// Which methods they are is in methods.cpp, what a Rival is in rival.hpp. One thread.
#pragma once

#include <memory>
#include <string>

#include "bench/fanout/rival.hpp"

namespace roost::bench {

std::unique_ptr<Rival> make_http(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_rsync(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_aria2(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_plain(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_murder(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_udpcast(const Arena& arena, const std::string& variant);

}  // namespace roost::bench
