#include "recipes/finetune/run_summary.h"

#include <fmt/format.h>

#include "base/text.h"
#include "checkpoint/adapter.h"

namespace automodel::recipes {
namespace {

std::string totals_text(const RunTotals& totals) {
  const double rate =
      totals.seconds > 0 ? static_cast<double>(totals.num_tokens) / totals.seconds : 0;
  return fmt::format(
      "trained {} steps, {} tokens ({} learnt) in {}, {:.0f} tokens/s; peak memory {}",
      totals.num_steps, human_count(totals.num_tokens), human_count(totals.num_label_tokens),
      human_duration(totals.seconds), rate,
      human_bytes(static_cast<std::uint64_t>(totals.peak_memory_bytes)));
}

}  // namespace

void RunTotals::add(const train::StepMetrics& metrics) {
  ++num_steps;
  num_tokens += metrics.result.num_tokens;
  num_label_tokens += metrics.result.num_label_tokens;
  seconds += metrics.seconds;
  peak_memory_bytes = std::max(peak_memory_bytes, metrics.peak_memory_bytes);
}

Json to_json(const RunTotals& totals) {
  return {{"steps", totals.num_steps},
          {"tokens", totals.num_tokens},
          {"label_tokens", totals.num_label_tokens},
          {"step_seconds", totals.seconds},
          {"peak_memory_bytes", totals.peak_memory_bytes}};
}

std::vector<std::string> describe_result(const RunTotals& totals,
                                         const std::optional<std::filesystem::path>& checkpoint) {
  std::vector<std::string> out = {totals.num_steps > 0
                                      ? totals_text(totals)
                                      : "nothing left to do: the run is complete; to "
                                        "train anew choose another "
                                        "checkpoint.checkpoint_dir"};
  if (!checkpoint) {
    return out;
  }
  const auto model = *checkpoint / "model";
  const bool adapter = checkpoint::is_adapter_folder(model);
  if (adapter) {
    out.push_back("adapter      " + model.string());
  }
  if (std::filesystem::is_directory(model / "consolidated")) {
    out.push_back((adapter ? "merged model " : "model        ") +
                  (model / "consolidated").string());
  }
  return out;
}

}  // namespace automodel::recipes
