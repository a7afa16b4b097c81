#include "text/tokenizer/pattern.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace automodel::text {
namespace {

/// A stretch of text that is a delimiter or lies between two of them.
struct Stretch {
  Span span;
  bool is_delimiter;
};

std::vector<Stretch> stretches_of(const std::vector<Span>& matches, std::size_t size, bool invert) {
  std::vector<Stretch> parts;
  std::size_t end = 0;
  for (const Span& match : matches) {
    if (end != match.begin) {
      parts.push_back({{end, match.begin}, invert});
    }
    parts.push_back({match, !invert});
    end = match.end;
  }
  if (end != size) {
    parts.push_back({{end, size}, invert});
  }
  return parts;
}

std::vector<Span> merge_contiguous(const std::vector<Stretch>& parts) {
  std::vector<Span> spans;
  bool previous = false;
  for (const Stretch& part : parts) {
    if (part.is_delimiter == previous && !spans.empty()) {
      spans.back().end = part.span.end;
    } else {
      spans.push_back(part.span);
    }
    previous = part.is_delimiter;
  }
  return spans;
}

std::vector<Span> merge_with_previous(const std::vector<Stretch>& parts) {
  std::vector<Span> spans;
  bool previous = false;
  for (const Stretch& part : parts) {
    if (part.is_delimiter && !previous && !spans.empty()) {
      spans.back().end = part.span.end;
    } else {
      spans.push_back(part.span);
    }
    previous = part.is_delimiter;
  }
  return spans;
}

std::vector<Span> merge_with_next(const std::vector<Stretch>& parts) {
  std::vector<Span> spans;
  bool previous = false;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (part->is_delimiter && !previous && !spans.empty()) {
      spans.back().begin = part->span.begin;
    } else {
      spans.push_back(part->span);
    }
    previous = part->is_delimiter;
  }
  std::reverse(spans.begin(), spans.end());
  return spans;
}

}  // namespace

Pattern Pattern::literal(std::string text) {
  if (text.empty()) {
    return Pattern(Regex(""));
  }
  Pattern pattern;
  pattern.literal_ = std::move(text);
  return pattern;
}

Pattern Pattern::from_json(const JsonNode& node) {
  if (const auto text = node.find("String")) {
    return literal(text->string());
  }
  return Pattern(Regex(node.at("Regex").string()));
}

std::optional<Span> Pattern::find(std::string_view text, std::size_t from,
                                  RegexScratch& scratch) const {
  if (regex_) {
    return regex_->find(text, from, scratch);
  }
  const auto at = text.find(literal_, from);
  return at == std::string_view::npos ? std::nullopt
                                      : std::optional(Span{at, at + literal_.size()});
}

std::size_t Pattern::next_character(std::string_view text, std::size_t at) {
  return at < text.size() ? at + decode_at(text, at).size : at + 1;
}

std::vector<Span> Pattern::find_all(std::string_view text, RegexScratch& scratch) const {
  std::vector<Span> matches;
  for_each(text, scratch, [&](Span match) { matches.push_back(match); });
  return matches;
}

SplitBehavior read_split_behavior(const JsonNode& node) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"});
  return static_cast<SplitBehavior>(node.choice(kNames));
}

std::vector<Span> split_at(const std::vector<Span>& matches, std::size_t size,
                           SplitBehavior behavior, bool invert) {
  const std::vector<Stretch> parts = stretches_of(matches, size, invert);
  switch (behavior) {
    case SplitBehavior::merged_with_previous:
      return merge_with_previous(parts);
    case SplitBehavior::merged_with_next:
      return merge_with_next(parts);
    case SplitBehavior::contiguous:
      return merge_contiguous(parts);
    default:
      break;
  }
  std::vector<Span> spans;
  for (const Stretch& part : parts) {
    if (!part.is_delimiter || behavior == SplitBehavior::isolated) {
      spans.push_back(part.span);
    }
  }
  return spans;
}

}  // namespace automodel::text
