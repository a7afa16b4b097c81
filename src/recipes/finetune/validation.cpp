#include "recipes/finetune/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/checksum.h"
#include "base/file.h"
#include "base/stopwatch.h"
#include "base/text.h"
#include "tensor/device.h"

namespace automodel::recipes {
namespace {

/// The field of a log's line that says on which set its numbers are.
constexpr const char* kSetKey = "validation_set";

Json identity_of(const config::Recipe& recipe, const std::string& name, const data::Dataset& rows) {
  const auto section = recipe.validation_datasets.find(name);
  Json keys = section == recipe.validation_datasets.end() ? Json::object()
                                                          : corpus::row_settings(section->second);
  keys.erase("chat_template");  // is in the content's checksum, wherever its file is
  return {{"name", name},
          {"rows", rows.size()},
          {"xxh64", fmt::format("{:016x}", rows.content_hash())},
          {"keys", std::move(keys)}};
}

/// The same for the same rows under another name.
std::string fingerprint_of(Json identity) {
  identity.erase("name");
  return fmt::format("{:016x}", checksum(identity.dump()));
}

std::string file_name(const std::string& set) {
  return set == "default" ? "validation.jsonl" : "validation_" + set + ".jsonl";
}

/// Of a set's loss among losses().
std::string loss_name(const std::string& set, std::size_t num_sets) {
  return num_sets == 1 ? "val_loss" : set;
}

std::string set_title(const std::string& set) {
  return set == "default" ? "held-out rows" : "held-out rows of " + set;
}

std::string result_text(const std::string& set, const train::Evaluation& result) {
  if (result.of_classes) {
    return fmt::format("validation on {} {}: loss {:.4f}, accuracy {:.3f}", result.num_rows,
                       set_title(set), result.loss, result.token_accuracy);
  }
  return fmt::format("validation on {} {}: loss {:.4f}, token accuracy {:.3f}, exact match {:.3f}",
                     result.num_rows, set_title(set), result.loss, result.token_accuracy,
                     result.exact_match);
}

std::string left_out_text(const std::string& set, std::int64_t step) {
  return fmt::format("the validation {} on {} is left out",
                     step < 0 ? "before the first step" : fmt::format("of step {}", step),
                     set_title(set));
}

/// Exact match counts where a row was ever right: of pre-training it says nothing.
std::string gain_text(const std::string& title, const Json& first, const Json& last) {
  const auto value = [](const Json& line, const char* key) {
    const Json number = line.value(key, Json());  // null: it was not finite
    return number.is_number() ? number.get<double>() : std::nan("");
  };
  const auto loss =
      fmt::format("{:.4f} -> {:.4f}", value(first, "val_loss"), value(last, "val_loss"));
  if (first.contains("val_accuracy")) {
    return fmt::format("accuracy on {}: {:.3f} -> {:.3f} (loss {})", title,
                       value(first, "val_accuracy"), value(last, "val_accuracy"), loss);
  }
  const double before = value(first, "exact_match");
  const double after = value(last, "exact_match");
  return before > 0 || after > 0 ? fmt::format("exact match on {}: {:.3f} -> {:.3f} (loss {})",
                                               title, before, after, loss)
                                 : fmt::format("loss on {}: {}", title, loss);
}

/// The log's lines that are of the same set as its last one.
std::vector<Json> comparable_lines(const std::filesystem::path& log) {
  std::vector<Json> out;
  for (const auto& line : split(trim(read_file(log)), '\n')) {
    if (!line.empty()) {
      out.push_back(parse_json(line, log.string()));
    }
  }
  const Json last = out.empty() ? Json() : out.back().value(kSetKey, Json());
  std::erase_if(out, [&](const Json& line) { return line.value(kSetKey, Json()) != last; });
  return out;
}

}  // namespace

Validation::Validation(const config::Recipe& recipe, const RunData& data, std::int64_t first_step,
                       std::function<bool()> stops)
    : best_(recipe.checkpoint.best_metric_key), stops_(std::move(stops)) {
  const std::int64_t batch_size =
      recipe.validation_dataloader.batch_size.value_or(recipe.step_scheduler.local_batch_size);
  for (const auto& [name, prepared] : data.validation) {
    const auto path = std::filesystem::path(recipe.checkpoint.checkpoint_dir) / file_name(name);
    sets_.emplace(name, Set{.identity = identity_of(recipe, name, *prepared.dataset),
                            .rows = prepared.dataset.get(),
                            .batch_size = batch_size,
                            .path = path,
                            .log = train::JsonLines(path, first_step)});
  }
}

Json Validation::deciding_set() const {
  for (const auto& [name, set] : sets_) {
    if (decides(name)) {
      return set.identity;
    }
  }
  return nullptr;
}

std::optional<checkpoint::ValidationLoss> Validation::run(const parallel::ShardedModel& model,
                                                          const train::ValidationMetrics& at,
                                                          Watchers& watchers,
                                                          train::Progress& progress) {
  std::optional<checkpoint::ValidationLoss> best;
  for (auto& [name, set] : sets_) {
    auto metrics = at;
    const Stopwatch watch;
    const auto evaluation = train::evaluate(model, *set.rows, set.batch_size, stops_);
    if (!evaluation) {
      progress.note(left_out_text(name, at.step));
      break;
    }
    metrics.evaluation = *evaluation;
    metrics.seconds = watch.seconds();
    metrics.peak_memory_bytes = peak_memory_bytes(model.options().device);
    set.last = metrics;
    Json line = train::to_json(metrics, train::utc_timestamp());
    line[kSetKey] = fingerprint_of(set.identity);
    set.log.write(line);
    progress.notes(watchers.validation(validation_section(name), line));
    progress.note(result_text(name, metrics.evaluation));
    if (decides(name)) {
      best = {.value = metrics.evaluation.loss, .set = set.identity};
    }
  }
  return best;
}

Json Validation::losses(std::int64_t step) const {
  Json out = Json::object();
  for (const auto& [name, set] : sets_) {
    if (set.last.evaluation.num_rows > 0 && set.last.step == step) {
      out[loss_name(name, sets_.size())] = set.last.evaluation.loss;
    }
  }
  return out;
}

bool Validation::are_whole(const Json& losses, const RunData& data) {
  return std::ranges::all_of(data.validation, [&](const auto& set) {
    return losses.contains(loss_name(set.first, data.validation.size()));
  });
}

std::vector<std::string> Validation::gains() const {
  std::vector<std::string> out;
  for (const auto& [name, set] : sets_) {
    const auto lines = comparable_lines(set.path);
    if (lines.size() > 1) {
      out.push_back(gain_text(set_title(name), lines.front(), lines.back()));
    }
  }
  return out;
}

}  // namespace automodel::recipes
