#pragma once
// The figures of a benchmark.

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/meter.h"
#include "base/process.h"
#include "base/processor.h"
#include "recipes/benchmark/bench_plan.h"
#include "recipes/finetune/run_model.h"
#include "recipes/finetune/run_step.h"
#include "tensor/allocator.h"

namespace automodel::recipes {

struct BenchStep {
  train::StepMetrics metrics;
  double cpu_seconds = 0;  // of all threads
  std::int64_t page_faults = 0;
  /// Floating-point operations that the step needs: real tokens, causal scores, the head on
  /// labelled rows; 3 forwards (full), 2 (LoRA).
  double flops = 0;
};

struct BenchModel {
  std::string name;
  std::string architecture;
  bool lora = false;
  at::ScalarType storage = at::kFloat;
  at::ScalarType compute = at::kFloat;
  Recompute recompute = Recompute::off;
  std::int64_t num_parameters = 0;
  std::int64_t num_trained = 0;
};

struct BenchMachine {
  Processor processor;
  int num_threads = 1;
  std::string own_kernels;  // their instruction set
  std::string kernels;      // LibTorch's
  double matmul_flops = 0;  // per second, of the compute type
};

struct BenchReport {
  BenchModel model;
  BenchMachine machine;
  std::int64_t batch_size = 0;          // rows of a step
  std::int64_t micro_batch_size = 0;    // of a micro-batch
  std::optional<std::int64_t> seq_len;  // of made-up rows
  std::vector<BenchStep> warmup, steps;
  std::vector<OperationUse> operations;  // of all measured steps
  double load_seconds = 0;
  std::int64_t peak_memory_bytes = 0;  // resident
  bool peak_is_of_steps = false;       // false: loading and warm-up are in it
  AllocatorStats allocator;            // peak: of the measured steps
  std::optional<double> peak_flops;    // that the recipe names

  /// Median and least wall time of a measured step.
  double median_seconds() const;
  double least_seconds() const;
  /// Computed tokens per second: of a step by the median time if all steps are equally long, else
  /// of all measured steps by their sum.
  double tokens_per_second() const;
  /// In the same way.
  double flops_per_second() const;
};

BenchModel describe_model(const RunModel& run);

/// What the step needs; see BenchStep::flops.
double step_flops(const RunModel& run, const data::Step& batch);

/// bench/README.md lists the fields.
Json to_json(const BenchReport& report);

/// The same for people.
std::vector<std::string> describe(const BenchReport& report);

}  // namespace automodel::recipes
