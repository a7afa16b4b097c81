#include "hub/retry.h"

#include <gtest/gtest.h>

namespace automodel::hub {
namespace {

Answer answer(long status, std::map<std::string, std::string> headers = {}) {
  return {.status = status, .headers = std::move(headers)};
}

TEST(Retry, PausesDoubleUntilTheAttemptsAreUsedUp) {
  const Settings settings{.pause_seconds = 0.5};
  EXPECT_EQ(pause_before_retry(answer(503), 1, settings), 0.5);
  EXPECT_EQ(pause_before_retry(answer(503), 2, settings), 1.0);
  EXPECT_EQ(pause_before_retry(answer(503), 4, settings), 4.0);
  EXPECT_EQ(pause_before_retry(answer(503), kMaxAttempts, settings), std::nullopt);
}

TEST(Retry, OnlyWhatMayPassIsTriedAgain) {
  for (const long status : {408L, 429L, 500L, 502L, 503L, 504L}) {
    EXPECT_TRUE(pause_before_retry(answer(status), 1, {})) << status;
  }
  for (const long status : {400L, 401L, 403L, 404L, 416L}) {
    EXPECT_FALSE(pause_before_retry(answer(status), 1, {})) << status;
  }
  EXPECT_TRUE(pause_before_retry({.failure = "reset", .is_transient = true}, 1, {}));
  EXPECT_FALSE(pause_before_retry({.failure = "no such host"}, 1, {}));
}

TEST(Retry, TheServerSaysHowLong) {
  EXPECT_EQ(pause_before_retry(answer(429, {{"retry-after", "7"}}), 1, {}), 7.0);
  EXPECT_EQ(pause_before_retry(answer(503, {{"retry-after", "0"}}), 4, {}), 0.0);
  EXPECT_EQ(pause_before_retry(answer(429, {{"retry-after", "301"}}), 1, {}), std::nullopt);
  EXPECT_EQ(wanted_pause(answer(503, {{"retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"}})), 0.0);
  EXPECT_EQ(wanted_pause(answer(429, {{"ratelimit", R"("api";r=0;t=55)"}})), 55.0);
  EXPECT_EQ(wanted_pause(answer(200, {{"ratelimit", R"("api";r=9;t=55)"}})), std::nullopt);
  EXPECT_EQ(wanted_pause(answer(429, {{"retry-after", "-3"}})), 0.0);
  EXPECT_EQ(wanted_pause(answer(429, {{"retry-after", "soon"}})), std::nullopt);
  EXPECT_EQ(wanted_pause(answer(429, {{"retry-after", "inf"}})), std::nullopt);
}

}  // namespace
}  // namespace automodel::hub
