#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace automodel::text::jinja {

/// datetime.now().strftime(format) in local time. seconds: since 1970; unset: the machine's clock.
/// Throws Error(invalid_argument) if the text would be too long.
std::string format_time(std::string_view format, std::optional<std::int64_t> seconds);

}  // namespace automodel::text::jinja
