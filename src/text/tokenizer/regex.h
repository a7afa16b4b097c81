#pragma once
// Compiled regular expressions with bounded work.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "text/span.h"

namespace automodel::text {

/// What one thread needs to run expressions; allocated when the first one runs. Not shared between
/// threads.
class RegexScratch {
 public:
  RegexScratch();
  ~RegexScratch();
  RegexScratch(const RegexScratch&) = delete;
  RegexScratch& operator=(const RegexScratch&) = delete;

 private:
  friend class Regex;
  struct Data;
  std::unique_ptr<Data> data_;
};

/// An expression in Oniguruma's syntax. Immutable; any number of threads may use it.
class Regex {
 public:
  /// Throws Error(unsupported | corrupt_data) that shows the expression if it cannot be used.
  explicit Regex(std::string_view pattern);

  /// The first match at or after byte `from` of `text` (valid UTF-8). Line anchors and look-around
  /// see all of `text`. Throws Error(invalid_argument) if the search takes more steps than any
  /// sensible expression needs.
  std::optional<Span> find(std::string_view text, std::size_t from, RegexScratch& scratch) const;

  const std::string& pattern() const { return pattern_; }

 private:
  struct Code;
  std::string pattern_;
  std::shared_ptr<const Code> code_;
};

}  // namespace automodel::text
