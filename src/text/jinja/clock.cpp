#include "text/jinja/clock.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace automodel::text::jinja {
namespace {

constexpr std::size_t kMaxFormat = 4096;

struct Moment {
  std::tm local{};
  std::int64_t microseconds = 0;
};

Moment moment(std::optional<std::int64_t> seconds) {
  using std::chrono::microseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t micros =
      seconds ? *seconds * 1'000'000 : std::chrono::duration_cast<microseconds>(now).count();
  Moment out;
  out.microseconds = ((micros % 1'000'000) + 1'000'000) % 1'000'000;
  const auto time = static_cast<std::time_t>((micros - out.microseconds) / 1'000'000);
  localtime_r(&time, &out.local);
  return out;
}

// %f is Python's own; a naive datetime has no zone.
std::string expand_python_codes(std::string_view format, const Moment& at) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out.push_back(format[i]);
      continue;
    }
    const char code = format[++i];
    if (code == 'f') {
      out += fmt::format("{:06}", at.microseconds);
    } else if (code != 'z' && code != 'Z') {
      out.push_back('%');
      out.push_back(code);
    }
  }
  return out;
}

}  // namespace

std::string format_time(std::string_view format, std::optional<std::int64_t> seconds) {
  check(format.size() <= kMaxFormat, ErrorKind::invalid_argument,
        "a time format of {} bytes; at most {} are allowed", format.size(), kMaxFormat);
  const Moment at = moment(seconds);
  // The blank makes a result of no bytes distinct from a buffer that is too small.
  const std::string expanded = expand_python_codes(format, at) + " ";
  std::vector<char> buffer(expanded.size() * 64 + 256);
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), expanded.c_str(), &at.local);
  check(size > 0, ErrorKind::invalid_argument, "the time format '{}' is not valid", format);
  return {buffer.data(), size - 1};
}

}  // namespace automodel::text::jinja
