#pragma once
// Character classes: [...] with nesting, intersections and shorthands, translated to PCRE2.

#include <string>
#include <string_view>
#include <vector>

#include "text/unicode.h"

namespace automodel::text {

/// Reads an expression character by character. Errors name the whole expression and the place.
class RegexCursor {
 public:
  explicit RegexCursor(std::string_view pattern) : pattern_(pattern) {}

  bool done() const { return at_ >= pattern_.size(); }
  bool next_is(std::string_view text) const { return pattern_.substr(at_, text.size()) == text; }
  /// Steps over `text` if it comes next.
  bool skip(std::string_view text);
  /// The next character, not consumed; 0 at the end.
  char32_t peek() const { return done() ? 0 : decode_at(pattern_, at_).value; }
  /// Consumes the next character. Throws Error(corrupt_data) at the end.
  char32_t take();
  /// Consumes and returns everything before `end`, then `end` itself.
  std::string_view take_until(std::string_view end);
  std::string_view rest() const { return pattern_.substr(at_); }
  void advance(std::size_t bytes) { at_ += bytes; }

  [[noreturn]] void unsupported(std::string_view what) const;
  [[noreturn]] void broken(std::string_view what) const;

 private:
  std::string_view pattern_;
  std::size_t at_ = 0;
};

/// A set of characters: `simple` is the inside of a PCRE2 class, each of `others` an expression
/// that matches one character of the set. Negated, it is the complement of all that.
struct CharacterSet {
  std::string simple;
  std::vector<std::string> others;
  bool negated = false;
};

/// A PCRE2 expression that matches exactly one character of the set.
std::string to_pcre2(const CharacterSet& set);

/// The set of a shorthand after its backslash: one of d D s S w W h H.
CharacterSet shorthand(char32_t letter, bool in_class);
/// Reads "{^Name}" after \p (or \P, which negates it).
CharacterSet read_property(RegexCursor& cursor, bool negated);
/// Reads an escape that stands for one character (\n, \x{41}, \[ ...) after its backslash.
char32_t read_escaped_character(RegexCursor& cursor);
/// Reads a class after its opening bracket; returns a PCRE2 expression that matches one character.
std::string read_class(RegexCursor& cursor, int depth = 0);
/// One character as PCRE2 text, outside or inside a class.
std::string escape_character(char32_t c);

}  // namespace automodel::text
