#pragma once
// Which answers are worth another attempt, and when.

#include <optional>

#include "hub/http.h"

namespace automodel::hub {

/// Attempts in a row that bring nothing.
inline constexpr int kMaxAttempts = 5;

/// Seconds until the next attempt after `num_failed` ones in a row, of which `answer` is the last:
/// what the server asks for (Retry-After, RateLimit), else a pause that doubles. Nothing if another
/// attempt is useless, there were kMaxAttempts, or the server asks for more than five minutes.
std::optional<double> pause_before_retry(const Answer& answer, int num_failed,
                                         const Settings& settings);

/// Seconds that the server asks to wait. Source: RFC 9110 10.2.3; draft-ietf-httpapi-ratelimit.
std::optional<double> wanted_pause(const Answer& answer);

}  // namespace automodel::hub
