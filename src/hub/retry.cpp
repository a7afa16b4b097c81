#include "hub/retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "base/text.h"

namespace automodel::hub {
namespace {

constexpr double kLongestPause = 300;

bool may_help(const Answer& answer) {
  constexpr std::array<long, 6> kTransient = {408, 429, 500, 502, 503, 504};
  return answer.status == 0 ? answer.is_transient
                            : std::ranges::find(kTransient, answer.status) != kTransient.end();
}

std::optional<double> parse_seconds(std::string_view text) {
  const auto value = parse_number<double>(text);
  return value && std::isfinite(*value) ? std::optional(std::max(*value, 0.0)) : std::nullopt;
}

}  // namespace

std::optional<double> wanted_pause(const Answer& answer) {
  const std::string after = answer.header("retry-after");
  if (const auto seconds = parse_seconds(after)) {
    return seconds;
  }
  if (const auto date = curl_getdate(after.c_str(), nullptr); date >= 0) {
    return std::max(0.0, std::difftime(date, std::time(nullptr)));
  }
  for (const std::string& part : split(answer.header("ratelimit"), ';')) {
    const auto name = trim(part);
    if (answer.status == 429 && name.starts_with("t=")) {
      return parse_seconds(name.substr(2));
    }
  }
  return std::nullopt;
}

std::optional<double> pause_before_retry(const Answer& answer, int num_failed,
                                         const Settings& settings) {
  if (!may_help(answer) || num_failed >= kMaxAttempts) {
    return std::nullopt;
  }
  const double usual = settings.pause_seconds * std::pow(2.0, num_failed - 1);
  const double pause = wanted_pause(answer).value_or(usual);
  return pause <= kLongestPause ? std::optional(pause) : std::nullopt;
}

}  // namespace automodel::hub
