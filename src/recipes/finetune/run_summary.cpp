#include "recipes/finetune/run_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/pointer.h"
#include "base/text.h"
#include "checkpoint/adapter.h"
#include "checkpoint/manifest.h"
#include "models/find_model.h"

namespace automodel::recipes {
namespace {

namespace fs = std::filesystem;

std::string loss_of(const checkpoint::Manifest& manifest) {
  return manifest.validation_loss ? fmt::format("{:.4f}", manifest.validation_loss->value)
                                  : "not measured";
}

/// Whatever is written at the end is the last checkpoint's: an earlier one may be better.
std::vector<std::string> describe_better(const fs::path& last) {
  const auto link = last.parent_path() / kLowest;
  const auto best = fs::weakly_canonical(follow_pointers(link));
  if (!fs::exists(best / checkpoint::kManifestFile) || fs::equivalent(best, last)) {
    return {};
  }
  return {fmt::format(
      "better       {} ({}): its validation loss is {}, the last one's {}; 'automodel convert' "
      "makes a model of it",
      link.string(), best.filename().string(), loss_of(checkpoint::read_manifest(best)),
      loss_of(checkpoint::read_manifest(last)))};
}

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
                                         const std::optional<fs::path>& checkpoint) {
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
  if (const auto whole = model / models::kConsolidated; fs::is_directory(whole)) {
    out.push_back((adapter ? "merged model " : "model        ") + whole.string());
  }
  std::ranges::move(describe_better(*checkpoint), std::back_inserter(out));
  return out;
}

}  // namespace automodel::recipes
