#include "train/metrics.h"

#include <fmt/chrono.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "train/moe_metrics.h"

namespace automodel::train {
namespace {

double gib(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

double rate(std::int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

bool is_kept(const std::string& line, std::int64_t first_step) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer()) {
    return false;
  }
  return json["step"].get<std::int64_t>() < first_step;
}

/// Drops the other lines; returns the path.
std::filesystem::path with_earlier_lines(std::filesystem::path path, std::int64_t first_step) {
  if (!std::filesystem::is_regular_file(path)) {
    return path;
  }
  std::string kept;
  for (const auto& line : split(read_file(path), '\n')) {
    if (is_kept(line, first_step)) {
      kept += line + "\n";
    }
  }
  write_file_atomic(path, kept);
  return path;
}

}  // namespace

double StepMetrics::tokens_per_second() const { return rate(result.num_tokens, seconds); }

double StepMetrics::label_tokens_per_second() const {
  return rate(result.num_label_tokens, seconds);
}

Json to_json(const StepMetrics& metrics, const std::string& timestamp) {
  Json out{{"step", metrics.step},
           {"epoch", metrics.epoch},
           {"timestamp", timestamp},
           {"loss", metrics.result.loss},
           {"grad_norm", metrics.result.grad_norm},
           {"lr", metrics.rates.lr},
           {"mem", gib(metrics.peak_memory_bytes)},
           {"tps", metrics.tokens_per_second()},
           {"tps_per_gpu", metrics.tokens_per_second()},
           {"num_tokens_per_step", metrics.result.num_tokens},
           {"num_label_tokens", metrics.result.num_label_tokens},
           {"weight_decay", metrics.rates.weight_decay},
           {"label_tps", metrics.label_tokens_per_second()},
           {"step_seconds", metrics.seconds}};
  if (metrics.result.accuracy) {
    out["accuracy"] = *metrics.result.accuracy;
  }
  out.update(router_losses(metrics.result.routers));
  return out;
}

Json to_json(const ValidationMetrics& metrics, const std::string& timestamp) {
  Json out{{"step", metrics.step},
           {"epoch", metrics.epoch},
           {"timestamp", timestamp},
           {"val_loss", metrics.evaluation.loss},
           {"lr", metrics.lr},
           {"num_label_tokens", metrics.evaluation.num_label_tokens},
           {"mem", gib(metrics.peak_memory_bytes)}};
  if (metrics.evaluation.of_classes) {
    out["val_accuracy"] = metrics.evaluation.token_accuracy;
  } else {
    out["token_accuracy"] = metrics.evaluation.token_accuracy;
    out["exact_match"] = metrics.evaluation.exact_match;
  }
  out["num_rows"] = metrics.evaluation.num_rows;
  out["seconds"] = metrics.seconds;
  return out;
}

std::string utc_timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), millis.count() % 1000);
}

JsonLines::JsonLines(std::filesystem::path path, std::int64_t first_step)
    : file_(with_earlier_lines(std::move(path), first_step)) {}

void JsonLines::write(const Json& line) { file_.write(line.dump() + "\n"); }

}  // namespace automodel::train
