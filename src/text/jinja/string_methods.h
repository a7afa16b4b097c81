#pragma once
// The str methods, by theme. Each takes self and the call's arguments and gives what Python gives.

#include <span>
#include <string_view>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

struct StringMethod {
  std::string_view name;
  Value (*body)(Runtime& runtime, const String& self, const Arguments& arguments);
};

std::span<const StringMethod> search_methods();  // find, count, startswith, replace ...
std::span<const StringMethod> split_methods();   // split, strip, join, partition ...
std::span<const StringMethod> case_methods();    // upper, title, isdigit ...
std::span<const StringMethod> layout_methods();  // center, zfill, format ...

/// str.strip and its one-sided kin: the code points to remove, or whitespace.
enum class Side { left, right, both };
std::string_view strip(std::string_view text, const String* chars, Side side);
/// str.splitlines.
std::vector<std::string> split_lines(std::string_view text, bool keep_ends);
/// str.split() on runs of whitespace, at most `most` times if that is not negative.
std::vector<std::string> split_whitespace(std::string_view text, std::int64_t most);
/// str.replace; count < 0: all.
std::string replace(std::string_view text, std::string_view from, std::string_view to,
                    std::int64_t count);
std::string center(std::string_view text, std::int64_t width, std::string_view fill);

}  // namespace automodel::text::jinja
