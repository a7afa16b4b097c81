#include "text/jinja/from_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
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
  EXPECT_THROW(from_json(Json::binary({1})), Error);
}

}  // namespace
}  // namespace automodel::text::jinja
