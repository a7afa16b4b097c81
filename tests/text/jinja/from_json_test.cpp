#include "text/jinja/from_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/exact_json.h"
#include "text/jinja/print.h"

namespace automodel::text::jinja {
namespace {

std::string printed(std::string_view json) { return repr(from_json(parse_json(json, "test"))); }

TEST(FromJson, GivesPythonValues) {
  EXPECT_EQ(printed(R"({"b": [1, 2.0, "x", null, true], "a": {}})"),
            "{'b': [1, 2.0, 'x', None, True], 'a': {}}");
  EXPECT_EQ(printed("-9223372036854775808"), "-9223372036854775808");
}

TEST(FromJson, RefusesWhatDoesNotFit) {
  EXPECT_THROW(printed("9223372036854775808"), Error);
  Json deep = Json::array();
  for (int i = 0; i < 600; ++i) {
    deep = Json::array({deep});
  }
  EXPECT_THROW(from_json(deep), Error);
  EXPECT_THROW(from_json(Json("\xff")), Error);
}

TEST(FromJson, NamesIntegersThatDoNotFit) {
  for (const char* digits :
       {"9223372036854775808", "18446744073709551616", "-9223372036854775809"}) {
    try {
      from_json(parse_json_exact(fmt::format(R"({{"a": [{}]}})", digits), "test"));
      FAIL() << digits;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), fmt::format("the integer {} does not fit 64 bits; templates here "
                                             "have no larger ones. Write it as text, in quotes",
                                             digits));
    }
  }
}

}  // namespace
}  // namespace automodel::text::jinja
