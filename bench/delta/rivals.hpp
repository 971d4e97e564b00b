// The command lines of the methods that the delta is compared with, all in rivals.cpp.
//
// Each is one server for all. What a server must have computed is there before the
// clock starts, and so is what a node held: a copy of the old tree where the program
// changes it, the one old tree or archive for all nodes where it only reads. One thread.
#pragma once

#include <memory>
#include <string>

#include "bench/fanout/rival.hpp"

namespace roost::bench {

std::unique_ptr<Rival> make_delta_rsync(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_zsync(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_casync(const Arena& arena, const std::string& variant);

}  // namespace roost::bench
