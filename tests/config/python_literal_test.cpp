#include "config/python_literal.h"

#include <gtest/gtest.h>

#include <string>

namespace automodel::config {
namespace {

TEST(PythonLiteral, ReadsWhatAstLiteralEvalReads) {
  EXPECT_EQ(parse_python_literal("1e-5"), Json(1e-5));
  EXPECT_EQ(parse_python_literal("-0x1F"), Json(-31));
  EXPECT_EQ(parse_python_literal("0.99, 0.01, 0.00"), Json({0.99, 0.01, 0.0}));
  EXPECT_EQ(parse_python_literal("(1)"), Json(1));
  EXPECT_EQ(parse_python_literal("(1,)"), Json::array({1}));
  EXPECT_EQ(parse_python_literal("{'a': [None, True]}"), Json({{"a", {nullptr, true}}}));
  EXPECT_EQ(parse_python_literal("'a' \"b\""), Json("ab"));
  EXPECT_EQ(parse_python_literal(R"('\x41\u00e9\t\101')"), Json("A\xC3\xA9\tA"));
  EXPECT_EQ(parse_python_literal(R"(r'a\n')"), Json("a\\n"));
}

TEST(PythonLiteral, LeavesOtherTextAlone) {
  for (const char* text : {"",
                           "a",
                           "010",
                           "1__0",
                           "1_",
                           "[1",
                           "[1 2]",
                           "1j",
                           "1 2",
                           "--5",
                           "-True",
                           "f(1)",
                           "'a",
                           "{1}",
                           "b'a'",
                           "...",
                           "99999999999999999999",
                           "1_e5",
                           "0x",
                           "# only"}) {
    EXPECT_FALSE(parse_python_literal(text).has_value()) << text;
  }
}

TEST(PythonLiteral, DeepNestingIsNoLiteral) {
  EXPECT_TRUE(parse_python_literal(std::string(80, '[') + std::string(80, ']')).has_value());
  EXPECT_FALSE(parse_python_literal(std::string(500, '[') + std::string(500, ']')).has_value());
}

}  // namespace
}  // namespace automodel::config
