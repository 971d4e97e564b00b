// "Did you mean ...?": the word that was probably meant. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace roost::cli {

// The candidate with the smallest edit distance, if that is small for the word's length.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace roost::cli
