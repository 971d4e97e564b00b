// Durations, sizes and rates as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace roost {

// "90s", "10m", "1h", "250ms", "1.5s"; a bare number is seconds. Throws Error{usage}.
std::chrono::milliseconds parse_duration(std::string_view text);

// "64MiB", "10 KB", "1G" (binary), a bare number is bytes. Throws Error{usage}.
std::uint64_t parse_size(std::string_view text);

// Bytes a second from "50Mbit", "1Gbit", "6MiB"; "0" is unlimited. Throws Error{usage}.
std::uint64_t parse_rate(std::string_view text);

std::string format_size(std::uint64_t bytes);  // "12.3 MiB"
std::string format_duration(
    std::chrono::duration<double> time);  // "340 ms", "12.3 s", "4 min 10 s"

}  // namespace roost
