#pragma once
// Where the time of a training step goes, by operation.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace automodel {

/// What was spent on one operation while the meter ran.
struct OperationUse {
  std::string name;
  std::int64_t calls = 0;
  double seconds = 0;  // wall time, without that of operations inside it
  double flops = 0;    // that it says itself
};

/// From here on OperationTimers count, on the thread that calls this. Nothing is counted before:
/// a timer then costs a load and a branch.
void start_meter();

/// What was counted since start_meter, the most time first; the meter stops.
std::vector<OperationUse> stop_meter();

/// Counts its lifetime as one call of an operation. Timers nest: time inside counts for the inner
/// one.
class OperationTimer {
 public:
  /// `name` must live as long as the program.
  explicit OperationTimer(const char* name, double flops = 0);
  OperationTimer(const OperationTimer&) = delete;
  OperationTimer& operator=(const OperationTimer&) = delete;
  ~OperationTimer();

 private:
  const char* name_ = nullptr;  // null: the meter does not run
  double flops_ = 0, inside_ = 0;
  OperationTimer* outer_ = nullptr;
  std::chrono::steady_clock::time_point begin_;
};

/// Operations inside are named "GROUP: NAME".
class OperationGroup {
 public:
  explicit OperationGroup(const char* name);
  OperationGroup(const OperationGroup&) = delete;
  OperationGroup& operator=(const OperationGroup&) = delete;
  ~OperationGroup();

 private:
  const char* outer_;
};

}  // namespace automodel
