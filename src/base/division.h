#pragma once
// Division that rounds up.

#include <concepts>

namespace automodel {

/// The least whole number that is not below a / b. a >= 0, b > 0, a + b fits T.
template <std::integral T>
constexpr T ceil_div(T a, T b) {
  return (a + b - 1) / b;
}

}  // namespace automodel
