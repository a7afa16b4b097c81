#pragma once
// What is recorded of a run, one JSON object a line, under upstream's field names.

#include <cstdint>
#include <filesystem>

#include "base/growing_file.h"
#include "base/json.h"
#include "train/evaluate.h"
#include "train/step.h"

namespace automodel::train {

/// One optimizer step.
struct StepMetrics {
  std::int64_t step = 0;   // from 0
  std::int64_t epoch = 0;  // from 0
  StepResult result;
  StepRates rates;
  double seconds = 0;  // wall time of the step
  std::int64_t peak_memory_bytes = 0;

  double tokens_per_second() const;
  double label_tokens_per_second() const;
};

/// One validation, after `step` was done (-1: before the first).
struct ValidationMetrics {
  std::int64_t step = 0;
  std::int64_t epoch = 0;
  Evaluation evaluation;
  double lr = 0;
  double seconds = 0;
  std::int64_t peak_memory_bytes = 0;
};

/// Upstream's fields step, epoch, timestamp, loss, grad_norm, lr, mem (GiB), tps, tps_per_gpu,
/// num_tokens_per_step, num_label_tokens, of classifiers accuracy, and ours: weight_decay,
/// label_tps, step_seconds and what router_losses has. loss is that of the tokens; lr is the rate
/// that this step used.
Json to_json(const StepMetrics& metrics, const std::string& timestamp);
/// Upstream's fields step, epoch, timestamp, val_loss, lr, num_label_tokens, mem (GiB), of
/// classifiers val_accuracy, and ours: num_rows, seconds, of language models token_accuracy and
/// exact_match.
Json to_json(const ValidationMetrics& metrics, const std::string& timestamp);

/// Now in UTC, e.g. "2026-01-31T12:00:00.123Z".
std::string utc_timestamp();

/// A growing file of JSON lines; each is on disk's way when write() returns.
class JsonLines {
 public:
  /// Opens for appending and makes the folder. Lines of an earlier run with "step" >= first_step,
  /// which will be run again, are dropped; so is a last line that was cut off. Throws Error(io).
  JsonLines(std::filesystem::path path, std::int64_t first_step);
  /// Throws Error(io), also if the disk is full.
  void write(const Json& line);

 private:
  GrowingFile file_;
};

}  // namespace automodel::train
