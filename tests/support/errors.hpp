// What a call refuses with.
#pragma once

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace roost::test {

// Of the Error that it throws; a failure of the test when it throws none.
template <class Call>
Errc code_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Errc::failed;
}

}  // namespace roost::test
