#include "base/known.h"

#include <gtest/gtest.h>

#include <string>

namespace automodel {
namespace {

TEST(Known, IsTheValue) {
  const std::optional<int> value = 3;
  EXPECT_EQ(&known(value), &*value);
  EXPECT_EQ(known(std::optional<std::string>("text")), "text");
  std::optional<int> changed = 3;
  known(changed) = 4;
  EXPECT_EQ(changed, 4);
}

TEST(Known, WhatIsMissingIsOurMistakeAndNamesThePlace) {
  const std::optional<int> none;
  try {
    known(none);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::internal);
    EXPECT_TRUE(std::string(error.where().file_name()).ends_with("known_test.cpp"));
  }
  EXPECT_THROW(known(std::optional<std::string>()), Error);
  std::optional<int> unset;
  EXPECT_THROW(known(unset), Error);
}

}  // namespace
}  // namespace automodel
