#pragma once
// A stretch of text.

#include <cstddef>

namespace automodel::text {

/// In bytes, end excluded.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Span&) const = default;
};

}  // namespace automodel::text
