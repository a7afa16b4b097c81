#pragma once
// Wall time since a moment.

#include <chrono>

namespace automodel {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  /// The time so far, and starts anew.
  double lap() {
    const double out = seconds();
    begin_ = std::chrono::steady_clock::now();
    return out;
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace automodel
