#include "cli/commands/data.h"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/parallel.h"
#include "data/batch.h"
#include "data/describe.h"
#include "data/registry.h"
#include "data/survey.h"
#include "data/text_context.h"

namespace automodel::cli {
namespace {

struct DataOptions {
  std::vector<std::string> paths;
  std::string tokenizer;
  std::string target = "chat_dataset.ChatDataset";
  std::string keys = "{}";
  std::vector<std::string> disabled;
  std::int64_t num_shown = 3;
  std::int64_t max_tokens = 0;
  bool json = false;
};

void add_options(CLI::App& app, DataOptions& options) {
  app.add_option("--dataset", options.paths, "Data files, folders or patterns")->required();
  app.add_option("--tokenizer", options.tokenizer, "Folder with tokenizer.json")->required();
  app.add_option("--target", options.target, "Kind of data set, as _target_ in a recipe");
  app.add_option("--keys", options.keys, "Further keys of the data set section, as JSON");
  app.add_option("--disable", options.disabled, "Names of checks that are not made");
  app.add_option("--show", options.num_shown, "Rows to show");
  app.add_option("--max-tokens", options.max_tokens, "The model's limit");
  app.add_flag("--json", options.json, "Print every row's ids and labels, one JSON object a line");
}

/// The name of the key that holds the paths differs from kind to kind.
std::string path_key(const std::string& target) {
  if (target.ends_with("make_squad_dataset") || target.ends_with("make_xlam_dataset")) {
    return "dataset_name";
  }
  if (target.ends_with("make_agent_chat_dataset")) {
    return "path";
  }
  if (target.ends_with("MegatronPretraining")) {
    return "paths";
  }
  if (target.ends_with("NanogptDataset")) {
    return "file_pattern";
  }
  return target.ends_with("HellaSwag") ? "path_or_dataset" : "path_or_dataset_id";
}

std::shared_ptr<const data::Dataset> make_dataset(const DataOptions& options,
                                                  const data::TextContext& context) {
  Json keys = parse_json(options.keys, "--keys");
  check(keys.is_object(), ErrorKind::invalid_argument,
        "--keys must be a JSON object like {{\"seq_length\": 512}}, found {}", keys.type_name());
  const std::string key = path_key(options.target);
  keys[key] = options.paths;
  return data::make_dataset(options.target, keys, context);
}

Json row_as_json(const data::Dataset& dataset, std::int64_t row) {
  Json out = {{"row", row}, {"location", dataset.location(row)}};
  try {
    const std::vector<data::TokenizedSample> samples = {dataset.sample(row)};
    const data::Batch batch = data::collate(samples, std::vector<std::int64_t>{row});
    out["ids"] = batch.ids;
    out["labels"] = batch.labels;
    out["document_lengths"] = samples.front().document_lengths;
  } catch (const Error& error) {
    out["error"] = error.message();
  }
  return out;
}

ExitCode print_rows(const data::Dataset& dataset) {
  bool all_good = true;
  for (std::int64_t row = 0; row < dataset.size(); ++row) {
    const Json line = row_as_json(dataset, row);
    all_good = all_good && !line.contains("error");
    fmt::print("{}\n", line.dump());
  }
  return all_good ? ExitCode::ok : ExitCode::bad_input;
}

bool has_error(const data::Survey& survey) {
  return !survey.bad.empty() || std::any_of(survey.failed.begin(), survey.failed.end(),
                                            [](const data::FailedCheck& failed) {
                                              return data::info_of(failed.check).is_error;
                                            });
}

ExitCode print_survey(const data::Dataset& dataset, const data::TextContext& context,
                      const DataOptions& options) {
  data::SurveyOptions how;
  how.num_threads = num_cores();
  how.limits.max_tokens = options.max_tokens;
  how.disabled = options.disabled;
  const data::Survey survey = data::survey(dataset, context, how);
  for (const std::string& line : data::describe_survey(survey)) {
    fmt::print("{}\n", line);
  }
  const auto style =
      isatty(STDOUT_FILENO) != 0 ? data::MarkStyle::colour : data::MarkStyle::brackets;
  const auto num_shown = std::clamp<std::int64_t>(options.num_shown, 0,
                                                  static_cast<std::int64_t>(survey.usable.size()));
  for (std::int64_t i = 0; i < num_shown; ++i) {
    const std::int64_t row = survey.usable[static_cast<std::size_t>(i)];
    fmt::print("\n== {}\n{}\n", dataset.location(row),
               data::show_sample(dataset.sample(row), context.tokenizer, style));
  }
  return has_error(survey) ? ExitCode::bad_input : ExitCode::ok;
}

ExitCode run(Arguments arguments) {
  DataOptions options;
  CLI::App app("Shows what a model would be trained on", "automodel data");
  add_options(app, options);
  if (!parse_arguments(app, arguments)) {
    return ExitCode::ok;
  }
  data::TextContext context = data::load_text_context(options.tokenizer);
  context.max_tokens = options.max_tokens;
  const auto dataset = make_dataset(options, context);
  return options.json ? print_rows(*dataset) : print_survey(*dataset, context, options);
}

}  // namespace

Command data_command() {
  return {"data", "Show what a model would be trained on, and check the data", run};
}

}  // namespace automodel::cli
