#pragma once
// Checks the kind and the text of an Error.

#include <gtest/gtest.h>

#include <string_view>

#include "base/error.h"

namespace automodel::testing {

/// Expects `action` to throw an Error of this kind whose text contains `text`.
template <typename Action>
void expect_error(ErrorKind kind, std::string_view text, const Action& action) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(to_string(error.kind()), to_string(kind)) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(text), std::string_view::npos) << error.what();
  }
}

}  // namespace automodel::testing
