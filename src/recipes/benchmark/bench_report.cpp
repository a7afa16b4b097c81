#include "recipes/benchmark/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/text.h"
#include "tensor/dtype.h"
#include "tensor/library.h"

namespace automodel::recipes {
namespace {

using Steps = std::vector<BenchStep>;
using Value = std::function<double(const BenchStep&)>;

std::vector<double> column(const Steps& steps, const Value& value) {
  std::vector<double> out;
  std::ranges::transform(steps, std::back_inserter(out), value);
  return out;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const auto n = values.size();
  return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
}

double sum(const Steps& steps, const Value& value) {
  const auto values = column(steps, value);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double seconds_of(const BenchStep& step) { return step.metrics.seconds; }
double tokens_of(const BenchStep& step) {
  return static_cast<double>(step.metrics.result.num_tokens);
}
double labels_of(const BenchStep& step) {
  return static_cast<double>(step.metrics.result.num_label_tokens);
}
double flops_of(const BenchStep& step) { return step.flops; }

double rate(const BenchReport& report, const Value& amount) {
  const auto tokens = column(report.steps, tokens_of);
  const bool alike = std::ranges::adjacent_find(tokens, std::not_equal_to<>()) == tokens.end();
  const double mean = sum(report.steps, amount) / static_cast<double>(report.steps.size());
  return alike ? mean / report.median_seconds()
               : sum(report.steps, amount) / sum(report.steps, seconds_of);
}

struct Phase {
  std::string name;
  double seconds;
};

/// Medians; what no phase covers is the data.
std::vector<Phase> phases(const Steps& steps) {
  const auto phase = [&](const char* name, double train::StepSeconds::* member) {
    return Phase{name, median(column(steps, [member](const BenchStep& step) {
                   return step.metrics.result.seconds.*member;
                 }))};
  };
  const auto data = [](const BenchStep& step) {
    const auto& s = step.metrics.result.seconds;
    return step.metrics.seconds - s.forward - s.backward - s.clip - s.update;
  };
  return {phase("forward", &train::StepSeconds::forward),
          phase("backward", &train::StepSeconds::backward),
          phase("clip", &train::StepSeconds::clip),
          phase("update", &train::StepSeconds::update),
          {"data", median(column(steps, data))}};
}

std::vector<double> losses(const BenchReport& report) {
  const auto loss = [](const BenchStep& step) { return step.metrics.result.loss; };
  auto out = column(report.warmup, loss);
  const auto measured = column(report.steps, loss);
  out.insert(out.end(), measured.begin(), measured.end());
  return out;
}

double gib(double bytes) { return bytes / (1 << 30); }
double gib(std::size_t bytes) { return gib(static_cast<double>(bytes)); }
double gib(std::int64_t bytes) { return gib(static_cast<double>(bytes)); }
double millions(std::int64_t count) { return static_cast<double>(count) / 1e6; }

const char* allocator_name(const BenchReport& report) {
  return report.allocator.reserved_bytes > 0 ? "arena" : "malloc";
}

Json environment(const BenchReport& report) {
  const auto& machine = report.machine;
  return {{"software", "automodel " AM_VERSION ", LibTorch " + torch_version()},
          {"cpu", machine.processor.name},
          {"isa", machine.processor.instruction_sets},
          {"own_kernels", machine.own_kernels},
          {"kernels", machine.kernels},
          {"threads", machine.num_threads},
          {"allocator", allocator_name(report)}};
}

Json model_json(const BenchReport& report) {
  const auto& model = report.model;
  return {{"model", model.name},
          {"mode", model.lora ? "lora" : "full"},
          {"dtype", dtype_name(model.storage)},
          {"compute_dtype", dtype_name(model.compute)},
          {"batch", report.batch_size},
          {"recompute", model.recompute == Recompute::off
                            ? Json(false)
                            : Json(std::string(recompute_name(model.recompute)))},
          {"params_m", millions(model.num_parameters)},
          {"trainable_m", millions(model.num_trained)}};
}

Json time_json(const BenchReport& report) {
  Json split = Json::object();
  for (const auto& phase : phases(report.steps)) {
    split[phase.name] = phase.seconds;
  }
  const auto cpu = [](const BenchStep& step) { return step.cpu_seconds; };
  return {{"tokens", column(report.steps, tokens_of)},
          {"label_tokens", column(report.steps, labels_of)},
          {"s_step_median", report.median_seconds()},
          {"s_step_min", report.least_seconds()},
          {"s_steps", column(report.steps, seconds_of)},
          {"s_warmup", column(report.warmup, seconds_of)},
          {"cpu_s_steps", column(report.steps, cpu)},
          {"split_median", split},
          {"tok_s", report.tokens_per_second()},
          {"label_tok_s", rate(report, labels_of)}};
}

Json flops_json(const BenchReport& report) {
  const double speed = report.flops_per_second();
  Json out = {
      {"tflop_step", sum(report.steps, flops_of) / 1e12 / static_cast<double>(report.steps.size())},
      {"tflops", speed / 1e12},
      {"matmul_tflops", report.machine.matmul_flops / 1e12},
      {"mfu", speed / report.machine.matmul_flops}};
  if (report.peak_flops) {
    out["peak_tflops"] = *report.peak_flops / 1e12;
    out["mfu_of_peak"] = speed / *report.peak_flops;
  }
  return out;
}

Json memory_json(const BenchReport& report) {
  const auto faults = [](const BenchStep& step) { return static_cast<double>(step.page_faults); };
  return {{report.peak_is_of_steps ? "peak_rss_steps_gib" : "peak_rss_gib",
           gib(report.peak_memory_bytes)},
          {"peak_tensors_gib", gib(report.allocator.peak_live_bytes)},
          {"reserved_gib", gib(report.allocator.reserved_bytes)},
          {"page_faults_step", median(column(report.steps, faults))}};
}

/// What upstream's benchmark writes, under its names.
Json upstream_json(const BenchReport& report) {
  const double seconds = sum(report.steps, seconds_of);
  const double mean_flops = sum(report.steps, flops_of) / static_cast<double>(report.steps.size());
  const double mean_seconds = seconds / static_cast<double>(report.steps.size());
  Json out = {{"total_steps", report.warmup.size() + report.steps.size()},
              {"warmup_steps", report.warmup.size()},
              {"training_steps", report.steps.size()},
              {"setup_time_seconds", report.load_seconds},
              {"warmup_time_seconds", sum(report.warmup, seconds_of)},
              {"training_time_seconds", seconds},
              {"avg_iter_time_seconds", mean_seconds},
              {"tflops_per_gpu", mean_flops / 1e12},
              {"world_size", 1},
              {"global_batch_size", report.batch_size},
              {"local_batch_size", report.micro_batch_size}};
  if (report.peak_flops) {
    out["avg_mfu_percent"] = 100 * mean_flops / mean_seconds / *report.peak_flops;
  }
  if (report.seq_len) {
    out["seq_len"] = *report.seq_len;
  }
  return out;
}

/// Of one step, on average.
std::vector<OperationUse> operations_of_step(const BenchReport& report) {
  const auto steps = static_cast<double>(report.steps.size());
  auto out = report.operations;
  double rest = sum(report.steps, seconds_of) / steps;
  for (auto& use : out) {
    use.calls = std::llround(static_cast<double>(use.calls) / steps);
    use.seconds /= steps;
    use.flops /= steps;
    rest -= use.seconds;
  }
  out.push_back({.name = "everything else", .seconds = rest});
  return out;
}

/// FLOP/s; none for what does no arithmetic, or none that took time.
std::optional<double> speed_of(const OperationUse& use) {
  return use.flops > 0 && use.seconds > 0 ? std::optional(use.flops / use.seconds) : std::nullopt;
}

Json operations_json(const BenchReport& report) {
  Json out = Json::array();
  for (const auto& use : operations_of_step(report)) {
    Json line = {{"name", use.name}, {"calls", use.calls}, {"seconds", use.seconds}};
    if (const auto speed = speed_of(use)) {
      line["tflops"] = *speed / 1e12;
    }
    out.push_back(std::move(line));
  }
  return {{"operations", out}};
}

std::vector<std::string> operations_lines(const BenchReport& report) {
  const double step = sum(report.steps, seconds_of) / static_cast<double>(report.steps.size());
  std::vector<std::string> out = {fmt::format("{:<36} {:>7} {:>9} {:>6} {:>8} {:>9}",
                                              "operation of a step", "calls", "seconds", "share",
                                              "TFLOP/s", "of product")};
  for (const auto& use : operations_of_step(report)) {
    const auto speed = speed_of(use);
    out.push_back(fmt::format("{:<36} {:>7} {:>9.4f} {:>4.1f} % {}", use.name, use.calls,
                              use.seconds, 100 * use.seconds / step,
                              speed ? fmt::format("{:>8.3f} {:>7.0f} %", *speed / 1e12,
                                                  100 * *speed / report.machine.matmul_flops)
                                    : ""));
  }
  return out;
}

std::string speed_line(const BenchReport& report) {
  return fmt::format(
      "speed       {:.1f} tokens/s ({:.1f} learnt); a step {:.3f} s (median of {}, best {:.3f})",
      report.tokens_per_second(), rate(report, labels_of), report.median_seconds(),
      report.steps.size(), report.least_seconds());
}

std::string phases_line(const BenchReport& report) {
  std::vector<std::string> parts;
  for (const auto& phase : phases(report.steps)) {
    parts.push_back(fmt::format("{} {:.3f} s ({:.0f} %)", phase.name, phase.seconds,
                                100 * phase.seconds / report.median_seconds()));
  }
  return "parts       " + join(parts, ", ");
}

std::string flops_line(const BenchReport& report) {
  const double speed = report.flops_per_second();
  auto out = fmt::format(
      "arithmetic  {:.3f} TFLOP/s, {:.0f} % of this machine's {} matrix product ({:.3f} TFLOP/s)",
      speed / 1e12, 100 * speed / report.machine.matmul_flops, dtype_name(report.model.compute),
      report.machine.matmul_flops / 1e12);
  if (report.peak_flops) {
    out += fmt::format(", {:.2f} % of benchmark.peak_tflops", 100 * speed / *report.peak_flops);
  }
  return out;
}

std::string losses_line(const BenchReport& report) {
  std::vector<std::string> parts;
  for (const double loss : losses(report)) {
    parts.push_back(fmt::format("{:.4f}", loss));
  }
  return "losses      " + join(parts, " ");
}

}  // namespace

double BenchReport::median_seconds() const { return median(column(steps, seconds_of)); }

double BenchReport::least_seconds() const { return std::ranges::min(column(steps, seconds_of)); }

double BenchReport::tokens_per_second() const { return rate(*this, tokens_of); }

double BenchReport::flops_per_second() const { return rate(*this, flops_of); }

BenchModel describe_model(const RunModel& run) {
  BenchModel out{.name = run.source.name,
                 .architecture = run.source.spec.architecture,
                 .lora = run.lora.has_value(),
                 .storage = run.storage,
                 .compute = run.compute.dtype,
                 .recompute = run.model.options().recompute};
  for (const auto& parameter : run.model.parameters().all()) {
    out.num_parameters += parameter.value.numel();
    out.num_trained += parameter.value.requires_grad() ? parameter.value.numel() : 0;
  }
  return out;
}

double step_flops(const RunModel& run, const data::Step& batch) {
  double forward = 0;
  for (const auto& micro_batch : batch.micro_batches) {
    const auto& ends = micro_batch.cu_seqlens;
    std::vector<std::int64_t> lengths;
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      lengths.push_back(ends[i + 1] - ends[i]);
    }
    forward += spec::forward_flops(run.model.spec(), lengths, data::num_label_tokens(micro_batch));
  }
  return (run.lora ? 2 : 3) * forward;
}

Json to_json(const BenchReport& report) {
  Json out = model_json(report);
  for (const Json& part : {time_json(report), flops_json(report), memory_json(report),
                           operations_json(report), upstream_json(report)}) {
    out.update(part);
  }
  out["losses"] = losses(report);
  out["load_s"] = report.load_seconds;
  out["env"] = environment(report);
  return out;
}

std::vector<std::string> describe(const BenchReport& report) {
  const auto& model = report.model;
  const auto& machine = report.machine;
  std::vector<std::string> out = {
      fmt::format("model       {}: {}, {} parameters, {} trained; stored in {}, computed in {}{}",
                  model.name, model.architecture, human_count(model.num_parameters),
                  human_count(model.num_trained), dtype_name(model.storage),
                  dtype_name(model.compute),
                  model.recompute == Recompute::off
                      ? ""
                      : fmt::format(", {} recompute", recompute_name(model.recompute))),
      fmt::format("machine     {}, {}; kernels {}, LibTorch's {}; {} threads; {} allocator",
                  machine.processor.name, join(machine.processor.instruction_sets, " "),
                  machine.own_kernels, machine.kernels, machine.num_threads,
                  allocator_name(report)),
      speed_line(report),
      phases_line(report),
      flops_line(report),
      fmt::format("memory      peak {:.2f} GiB resident{}; tensors {:.2f} GiB",
                  gib(report.peak_memory_bytes),
                  report.peak_is_of_steps ? " in the measured steps" : ", loading included",
                  gib(report.allocator.peak_live_bytes)),
      losses_line(report)};
  const auto operations = operations_lines(report);
  out.insert(out.end(), operations.begin(), operations.end());
  return out;
}

}  // namespace automodel::recipes
