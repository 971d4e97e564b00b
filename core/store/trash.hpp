// Emptying apps/NAME/trash, where releases go by one rename before they are removed.
#pragma once

#include <cstdint>

#include "core/store/root.hpp"

namespace roost::store {

struct Emptied {
  std::size_t removed = 0;
  std::uint64_t bytes = 0;
};

// The moves into trash/ are made durable first: else a crash could bring a tree back under
// releases/ with some of its files gone.
Emptied empty_trash(const App& app);

}  // namespace roost::store
