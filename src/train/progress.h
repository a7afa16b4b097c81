#pragma once
// The line that says how training goes.

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/stopwatch.h"
#include "train/metrics.h"

namespace automodel::train {

/// "step 12/24 | loss 0.1234 | lr 1.00e-03 | grad norm 0.50 | 812 tokens/s (34 trained) |
/// 1.2 GiB | 0:42 left"
std::string progress_text(const StepMetrics& metrics, std::int64_t num_steps, double seconds_left);

/// The same for a terminal of so many columns: a line that wraps could not be written over. Its
/// last fields but the time that is left go first.
std::string within(const std::string& text, std::size_t columns);

/// Writes to a stream: on a terminal one line that is rewritten, elsewhere a line for each step.
class Progress {
 public:
  Progress(std::FILE* stream, bool is_terminal, std::int64_t num_steps);

  /// The time left is estimated from the steps seen so far, recent ones more, and from what passed
  /// between them: validations and saves. Says once that steps are computed twice.
  void step(const StepMetrics& metrics);
  /// A line that stays.
  void note(const std::string& text);
  void notes(const std::vector<std::string>& texts);

 private:
  /// Training does not end because its reader did or a log's disk is full: says so once.
  void put(const std::string& text);

  std::FILE* stream_;
  bool is_terminal_;
  std::int64_t num_steps_;
  double mean_seconds_ = 0;
  Stopwatch since_step_;
  std::int64_t num_pauses_ = -1;  // between steps; none before the first
  double pause_seconds_ = 0;
  bool line_is_open_ = false;
  bool is_lost_ = false;
  bool told_twice_ = false;  // that steps are computed twice
};

}  // namespace automodel::train
