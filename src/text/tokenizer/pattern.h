#pragma once
// What "pattern" of tokenizer.json means: a literal or an expression, its matches, and how to split
// at them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer/json_node.h"
#include "text/tokenizer/regex.h"

namespace automodel::text {

class Pattern {
 public:
  explicit Pattern(Regex regex) : regex_(std::move(regex)) {}
  /// Reads {"String": "..."} or {"Regex": "..."}.
  static Pattern from_json(const JsonNode& node);
  static Pattern literal(std::string text);

  /// All matches from left to right without overlap. Empty matches count, but not directly behind
  /// another match.
  std::vector<Span> find_all(std::string_view text, RegexScratch& scratch) const;

  /// Calls visit(Span) for each match of find_all.
  template <typename Visit>
  void for_each(std::string_view text, RegexScratch& scratch, Visit visit) const {
    std::size_t from = 0;
    std::optional<std::size_t> last_end;
    while (from <= text.size()) {
      const std::optional<Span> match = find(text, from, scratch);
      if (!match) {
        return;
      }
      if (match->begin == match->end && last_end == match->end) {
        from = next_character(text, from);
        continue;
      }
      visit(*match);
      from = match->end;
      last_end = match->end;
    }
  }

 private:
  Pattern() = default;
  std::optional<Span> find(std::string_view text, std::size_t from, RegexScratch& scratch) const;
  static std::size_t next_character(std::string_view text, std::size_t at);

  std::string literal_;  // used where there is no regex_
  std::optional<Regex> regex_;
};

/// What happens to the matches ("delimiters") at which a text is split. For "a--b" split at '-':
enum class SplitBehavior {
  removed,               // a, b
  isolated,              // a, -, -, b
  merged_with_previous,  // a-, -, b
  merged_with_next,      // a, -, -b
  contiguous,            // a, --, b
};

/// Throws Error(unsupported) for an unknown name.
SplitBehavior read_split_behavior(const JsonNode& node);

/// The parts of a text of `size` bytes split at `matches`; may contain empty parts.
/// `invert` swaps matches and what lies between them.
std::vector<Span> split_at(const std::vector<Span>& matches, std::size_t size,
                           SplitBehavior behavior, bool invert);

}  // namespace automodel::text
