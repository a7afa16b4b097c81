#include "data/path_pattern.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace automodel::data {
namespace {

using PatternParts = std::vector<std::string>;

/// The texts between the commas of the braces that open at `open`, and where they close; none for
/// braces without a comma, which are text like any other.
std::pair<std::vector<std::string>, std::size_t> alternatives_at(const std::string& text,
                                                                 std::size_t open) {
  std::vector<std::string> found = {""};
  int depth = 1;
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
    if (depth == 0) {
      return {found.size() > 1 ? found : std::vector<std::string>(), i};
    }
    if (depth == 1 && text[i] == ',') {
      found.emplace_back();
    } else {
      found.back() += text[i];
    }
  }
  return {};
}

void add_without_braces(const std::string& text, std::size_t from, std::vector<std::string>& out) {
  constexpr std::size_t kMostPatterns = 1000;
  for (auto open = text.find('{', from); open != std::string::npos;
       open = text.find('{', open + 1)) {
    const auto [alternatives, close] = alternatives_at(text, open);
    if (!alternatives.empty()) {
      for (const std::string& one : alternatives) {
        add_without_braces(text.substr(0, open) + one + text.substr(close + 1), open, out);
      }
      return;
    }
  }
  check(out.size() < kMostPatterns, ErrorKind::invalid_argument,
        "its braces stand for more than {} patterns", kMostPatterns);
  out.push_back(text);
}

PatternParts parts_of_pattern(const std::string& text) {
  PatternParts parts = split(text, '/');
  for (const std::string& part : parts) {
    check(part == "**" || part.find("**") == std::string::npos, ErrorKind::invalid_argument,
          "'**' stands for folders and must be alone between slashes, as in data/**/*.jsonl; "
          "found '{}'",
          part);
  }
  if (parts.back() == "**") {
    parts.emplace_back("*");
  }
  return parts;
}

bool part_matches(const std::string& part, const std::string& pattern, bool is_folder) {
  const bool is_special = is_folder && part.starts_with("__") && !pattern.starts_with("__");
  return !is_special && ::fnmatch(pattern.c_str(), part.c_str(), FNM_NOESCAPE | FNM_PERIOD) == 0;
}

/// Reads the path's parts one by one and keeps how many of the pattern's may lie behind.
bool parts_match(const std::vector<std::string>& path, const PatternParts& pattern) {
  std::vector<bool> behind(pattern.size() + 1);
  behind[0] = true;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_folder = i + 1 < path.size();
    std::vector<bool> next(behind.size());
    for (std::size_t j = 0; j < pattern.size(); ++j) {
      if (!behind[j]) {
        continue;
      }
      if (pattern[j] == "**") {
        behind[j + 1] = true;
        next[j] = next[j] || (is_folder && part_matches(path[i], "*", is_folder));
      } else if (part_matches(path[i], pattern[j], is_folder)) {
        next[j + 1] = true;
      }
    }
    behind = std::move(next);
  }
  return behind.back();
}

}  // namespace

PathPattern::PathPattern(std::string text) : text_(std::move(text)) {
  std::vector<std::string> plain;
  add_without_braces(text_, 0, plain);
  std::ranges::transform(plain, std::back_inserter(parts_), parts_of_pattern);
}

bool PathPattern::matches(const std::string& path) const {
  const auto parts = split(path, '/');
  return path == text_ || std::ranges::any_of(parts_, [&](const PatternParts& pattern) {
           return parts_match(parts, pattern);
         });
}

}  // namespace automodel::data
