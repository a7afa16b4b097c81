#include "base/json_tree.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/exact_json.h"

namespace automodel {
namespace {

TEST(JsonTree, ItsRulesAreIndependent) {
  const char* const text = R"({"a": 1, "a": 18446744073709551616})";
  EXPECT_TRUE(parse_json_tree(text, "x.json", 1, {})["a"].is_number_float());
  const Json exact = parse_json_tree(text, "x.json", 1, {.keeps_wide_integers = true});
  EXPECT_EQ(wide_integer(exact["a"]), "18446744073709551616");
  EXPECT_THROW(parse_json_tree(text, "x.json", 1, {.refuses_repeated_keys = true}), Error);
}

}  // namespace
}  // namespace automodel
