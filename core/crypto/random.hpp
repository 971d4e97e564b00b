// Random bytes from the kernel (getrandom(2)), good enough for keys.
//
// Thread-safe. Throws Error{failed} only where the kernel has no random source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace roost::crypto {

void random_fill(std::span<std::uint8_t> out);

// A random name: 2 * bytes lower-case hexadecimal digits.
std::string random_hex(std::size_t bytes);

}  // namespace roost::crypto
