#pragma once
// Which experts' gradients are computed no earlier than the update needs them.

#include <cstdint>

namespace automodel {

/// Whether the gradient [m, n] of an expert with this many rows stays undone: the products of the
/// rows with each other, which give its norm, must cost no more than 24 rows of it, about what
/// memory takes to keep it.
constexpr bool defers_gradient(std::int64_t rows, std::int64_t m, std::int64_t n) {
  constexpr std::int64_t kRowsSaved = 24;
  return rows * rows * (m + n) <= kRowsSaved * m * n;
}

}  // namespace automodel
