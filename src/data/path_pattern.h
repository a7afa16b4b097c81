#pragma once
// Patterns of paths, as cards of data sets write them.

#include <string>
#include <vector>

namespace automodel::data {

/// A pattern of paths that are relative to one folder, with slashes between their parts:
/// - `*`, `?`, `[a-c]` and `[!a]` stand for text within a part; `**`, alone in its part, for any
///   number of folders, at the end for the files in them; `{a,b}` for one of its texts;
/// - a name that begins with a dot, and a folder that begins with two underscores, is meant only
///   where the pattern says so;
/// - the path that is the pattern itself is always meant.
/// Source: resolve_pattern of the Python package `datasets` (data_files.py), but for the braces.
class PathPattern {
 public:
  /// Throws Error(invalid_argument) for `**` beside other text of a part, or for braces that stand
  /// for more than 1000 patterns.
  explicit PathPattern(std::string text);

  bool matches(const std::string& path) const;

 private:
  std::string text_;
  std::vector<std::vector<std::string>> parts_;  // of each pattern without braces
};

}  // namespace automodel::data
