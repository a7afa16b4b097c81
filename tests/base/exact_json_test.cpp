#include "base/exact_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

namespace automodel {
namespace {

TEST(ExactJson, IntegersThatDoNotFitKeepTheirDigits) {
  const Json row = parse_json_exact(
      R"({"a": [18446744073709551616, -9223372036854775809], "b": 18446744073709551615,
          "c": -9223372036854775808, "d": 1e21, "e": 100000000000000000000.0})",
      "x.json");
  EXPECT_EQ(wide_integer(row["a"][0]), "18446744073709551616");
  EXPECT_EQ(wide_integer(row["a"][1]), "-9223372036854775809");
  EXPECT_EQ(row["b"], std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(row["c"], std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(row["d"], 1e21);
  EXPECT_EQ(row["e"], 1e20);
  EXPECT_EQ(wide_integer(row["b"]), std::nullopt);
}

TEST(ExactJson, ElsewhereTheyAreTheNearestDouble) {
  EXPECT_EQ(parse_json("[18446744073709551616]", "x.json")[0], 18446744073709551616.0)
      << "model_max_length of many a tokenizer_config.json";
}

TEST(ExactJson, AsText) {
  EXPECT_EQ(exact_text(make_wide_integer("-99999999999999999999")), "-99999999999999999999");
  EXPECT_EQ(exact_text("a"), "\"a\"");
  EXPECT_EQ(exact_text(1.5), "1.5");
}

}  // namespace
}  // namespace automodel
