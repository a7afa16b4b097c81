#include "base/error.h"

#include <vector>

#include "base/utf8.h"

namespace automodel {
namespace {

std::vector<std::string>& frames() {
  thread_local std::vector<std::string> stack;
  return stack;
}

std::string with_frames(const std::string& message) {
  std::string text = message;
  for (auto frame = frames().rbegin(); frame != frames().rend(); ++frame) {
    text += fmt::format("\n  while {}", *frame);
  }
  return text;
}

}  // namespace

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
      return "invalid_argument";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::corrupt_data:
      return "corrupt_data";
    case ErrorKind::io:
      return "io";
    case ErrorKind::out_of_memory:
      return "out_of_memory";
    case ErrorKind::distributed:
      return "distributed";
    case ErrorKind::interrupted:
      return "interrupted";
    case ErrorKind::internal:
      return "internal";
  }
  return "unknown";
}

Error::Error(ErrorKind kind, const std::string& message, std::source_location where)
    : std::runtime_error(replace_invalid_utf8(with_frames(message))),
      kind_(kind),
      message_(replace_invalid_utf8(message)),
      where_(where) {}

void ErrorContext::push(std::string frame) { frames().push_back(std::move(frame)); }
ErrorContext::~ErrorContext() { frames().pop_back(); }

}  // namespace automodel
