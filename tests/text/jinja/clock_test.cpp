#include "text/jinja/clock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

constexpr std::int64_t kMoment = 1'732'400'000;  // 2024-11-23, 22:13:20 in UTC

TEST(Clock, FormatsLocalTime) {
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(format_time("%d %b %Y", kMoment), "23 Nov 2024");
  EXPECT_EQ(format_time("%Y-%m-%d %H:%M:%S.%f", kMoment), "2024-11-23 22:13:20.000000");
  EXPECT_EQ(format_time("%%|%z|%Z|%A", kMoment), "%|||Saturday");
  EXPECT_EQ(format_time("", kMoment), "");
  EXPECT_EQ(format_time("%", kMoment), "%");
}

TEST(Clock, ShowsNowUnlessTold) {
  EXPECT_GE(format_time("%Y", std::nullopt), "2024");
  const Template tree = parse_template("{{ strftime_now('%Y') }}", "test");
  Runtime runtime(RenderLimits{}, kMoment);
  EXPECT_EQ(render(tree, {}, runtime).text, "2024");
}

TEST(Clock, RefusesHugeFormats) {
  EXPECT_EQ(error_of("{{ strftime_now('x' * 5000) }}"),
            "a time format of 5000 bytes; at most 4096 are allowed");
}

}  // namespace
}  // namespace automodel::text::jinja
