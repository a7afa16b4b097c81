#pragma once
// The one exception type of the project, and the two ways to raise it with context.

#include <fmt/format.h>

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace automodel {

enum class ErrorKind {
  invalid_argument,
  not_found,
  unsupported,
  corrupt_data,
  io,
  out_of_memory,
  distributed,
  interrupted,
  internal,
};

/// The kind's name as printed, e.g. "invalid_argument".
std::string_view to_string(ErrorKind kind);

/// Says what was found, what was expected and what to do; carries the frames of the enclosing
/// ErrorContexts. The text is UTF-8: bytes of a file or of its name that are not become U+FFFD.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message,
        std::source_location where = std::source_location::current());

  ErrorKind kind() const { return kind_; }
  /// The message alone, without context frames.
  const std::string& message() const { return message_; }
  /// Where check() or fail() was called, for bug reports.
  const std::source_location& where() const { return where_; }

 private:
  ErrorKind kind_;
  std::string message_;
  std::source_location where_;
};

/// A format string that remembers who wrote it.
template <typename... Args>
struct LocatedFormat {
  template <typename String>
  consteval LocatedFormat(const String& text,  // NOLINT(google-explicit-constructor)
                          std::source_location location = std::source_location::current())
      : format(text), where(location) {}
  fmt::format_string<Args...> format;
  std::source_location where;
};

/// Throws Error(kind) with the formatted message.
template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, LocatedFormat<std::type_identity_t<Args>...> text,
                       Args&&... args) {
  throw Error(kind, fmt::format(text.format, std::forward<Args>(args)...), text.where);
}

/// Throws Error(kind) with the formatted message unless ok.
template <typename... Args>
void check(bool ok, ErrorKind kind, LocatedFormat<std::type_identity_t<Args>...> text,
           Args&&... args) {
  if (!ok) {
    throw Error(kind, fmt::format(text.format, std::forward<Args>(args)...), text.where);
  }
}

/// While alive, every Error constructed on this thread gains a line "while <text>".
/// Frames are listed innermost first.
class ErrorContext {
 public:
  template <typename... Args>
  explicit ErrorContext(fmt::format_string<Args...> text, Args&&... args) {
    push(fmt::format(text, std::forward<Args>(args)...));
  }
  ~ErrorContext();
  ErrorContext(const ErrorContext&) = delete;
  ErrorContext& operator=(const ErrorContext&) = delete;

 private:
  static void push(std::string frame);
};

}  // namespace automodel
