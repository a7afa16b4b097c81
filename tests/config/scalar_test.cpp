#include "config/scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace automodel::config {
namespace {

TEST(Scalar, PlainOnesHaveYaml11Types) {
  EXPECT_EQ(type_yaml_scalar("yes"), Json(true));
  EXPECT_EQ(type_yaml_scalar("Off"), Json(false));
  EXPECT_EQ(type_yaml_scalar("~"), Json(nullptr));
  EXPECT_EQ(type_yaml_scalar("010"), Json(8));
  EXPECT_EQ(type_yaml_scalar("1:30"), Json(90));
  EXPECT_EQ(type_yaml_scalar("0b11"), Json(3));
  EXPECT_EQ(type_yaml_scalar("-0x10"), Json(-16));
  EXPECT_EQ(type_yaml_scalar("1_000"), Json(1000));
  EXPECT_EQ(type_yaml_scalar("1.5e+2"), Json(150.0));
  EXPECT_TRUE(std::isinf(type_yaml_scalar("-.inf").get<double>()));
  EXPECT_TRUE(std::isnan(type_yaml_scalar(".nan").get<double>()));
}

TEST(Scalar, TextsStayTexts) {
  for (const char* text :
       {"1e-5", "00:20:00", "08", "y", "None", "99999999999999999999", "2024-01-01"}) {
    EXPECT_EQ(type_yaml_scalar(text), Json(text)) << text;
  }
}

TEST(Scalar, StringsAreTypedAgain) {
  EXPECT_EQ(type_scalar("1e-5", true), Json(1e-5));
  EXPECT_EQ(type_scalar("1e-5", false), Json(1e-5));
  EXPECT_EQ(type_scalar("None", true), Json(nullptr));
  EXPECT_EQ(type_scalar("none", false), Json(nullptr));
  EXPECT_EQ(type_scalar("True", false), Json(true));
  EXPECT_EQ(type_scalar("yes", false), Json("yes"));
  EXPECT_EQ(type_scalar("010", false), Json("010"));
  EXPECT_EQ(retype_string("null"), Json("null"));
}

TEST(Scalar, LongTextsAreNotLookedInto) {
  const std::string text = "[" + std::string(1000, ' ') + "]";
  EXPECT_EQ(retype_string(text), Json(text));
  const std::string digits(100000, '1');
  EXPECT_EQ(type_yaml_scalar(digits), Json(digits));
}

}  // namespace
}  // namespace automodel::config
