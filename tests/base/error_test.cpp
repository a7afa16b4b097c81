#include "base/error.h"

#include <gtest/gtest.h>

#include <string>

namespace automodel {
namespace {

TEST(Error, CarriesKindMessageAndContextInnermostFirst) {
  const ErrorContext outer("loading {}", "model");
  try {
    const ErrorContext inner("reading tensor {}", 3);
    check(1 + 1 == 3, ErrorKind::invalid_argument, "found {}, expected {}", 2, 3);
    FAIL() << "check did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(error.message(), "found 2, expected 3");
    EXPECT_STREQ(error.what(),
                 "found 2, expected 3\n  while reading tensor 3\n  while loading model");
    EXPECT_NE(std::string(error.where().file_name()).find("error_test.cpp"), std::string::npos);
  }
}

TEST(Error, ContextEndsWithItsScope) {
  {
    const ErrorContext gone("elsewhere");
  }
  try {
    fail(ErrorKind::io, "disk");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "disk");
  }
}

TEST(Error, IsUtf8WhateverItQuotes) {
  const ErrorContext context("reading \xFF");
  try {
    fail(ErrorKind::io, "found '{}'", "a\xFE");
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "found 'a\uFFFD'");
    EXPECT_STREQ(error.what(), "found 'a\uFFFD'\n  while reading \uFFFD");
  }
}

}  // namespace
}  // namespace automodel
