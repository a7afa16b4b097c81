#include "corpus/inspect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/file.h"
#include "base/hub_cache.h"
#include "base/known.h"
#include "base/parallel.h"
#include "base/terminal.h"
#include "config/load.h"
#include "corpus/answer_ends.h"
#include "corpus/class_names.h"
#include "corpus/held_out.h"
#include "corpus/run_data.h"
#include "corpus/unused_template.h"
#include "data/batch.h"
#include "data/describe.h"
#include "data/page.h"
#include "data/registry.h"
#include "data/report.h"
#include "models/stop_ids.h"

namespace automodel::corpus {
namespace {

/// What is to be looked at.
struct Subject {
  std::string title;
  std::vector<DataSection> sections;
  data::TextContext text;
  /// Of each section.
  std::vector<data::SurveyOptions> surveys;
  /// Null for files without a recipe.
  std::optional<config::Recipe> recipe = std::nullopt;
};

/// A folder or file, or what the hub's cache has of a name.
std::filesystem::path named_tokenizer(const std::string& name) {
  std::error_code ignored;  // e.g. a name too long for a path
  if (std::filesystem::exists(name, ignored)) {
    return name;
  }
  const auto snapshot = is_hub_id(name) ? cached_snapshot({.id = name}) : std::nullopt;
  check(snapshot.has_value(), ErrorKind::not_found, "--tokenizer {}: no such file or folder{}",
        name,
        is_hub_id(name) ? ", and no model of that name is in the local hub cache; bring it by "
                          "'automodel download " +
                              name + "'"
                        : "");
  return known(snapshot);
}

/// What ends answers by the model in whose folder the tokenizer is, if there is one.
std::vector<std::int32_t> stop_ids_beside(const std::filesystem::path& tokenizer) {
  const auto config = tokenizer / "config.json";
  return models::stop_ids(tokenizer, std::filesystem::exists(config) ? read_json(config) : Json());
}

Subject files_subject(const InspectOptions& options, const OpenTokenizer& open_tokenizer) {
  Json keys = parse_json(options.keys, "--keys");
  check(keys.is_object(), ErrorKind::invalid_argument,
        "--keys must be a JSON object like {{\"seq_length\": 512}}, found {}", keys.type_name());
  const data::DatasetKind& kind = data::find_dataset_kind(options.target);
  check(!kind.place.empty(), ErrorKind::invalid_argument,
        "--target {}: this kind of data set reads no files", options.target);
  keys[std::string(kind.place)] = options.paths;
  const auto tokenizer = named_tokenizer(options.tokenizer);
  Subject subject{
      .title = options.paths.front(),
      .sections = {{"dataset", {.target = options.target, .keys = keys, .tokenizer = {}}}},
      .text = open_tokenizer(tokenizer),
      .surveys = {{.num_threads = num_cores()}}};
  auto& max_tokens = subject.text.max_tokens;
  max_tokens = options.max_tokens > 0 ? options.max_tokens : max_tokens;
  auto& limits = subject.surveys.front().limits;
  limits.max_tokens = max_tokens;
  limits.eos_ids = subject.text.stop_ids = stop_ids_beside(tokenizer);
  std::ranges::copy(answer_ends(subject.sections.front().keys, subject.text),
                    std::back_inserter(limits.eos_ids));
  auto& failures = subject.surveys.front().text_failures;
  failures = data::failed_text_checks(subject.text, /*model=*/nullptr, limits);
  if (auto unused = unused_template(subject.sections.front().keys, subject.text)) {
    failures.push_back(std::move(*unused));
  }
  return subject;
}

Subject recipe_subject(const InspectOptions& options, const OpenModel& open_model) {
  auto loaded = config::check_recipe(options.recipe, options.overrides);
  for (const std::string& warning : loaded.warnings) {
    fmt::print(stderr, "warning: {}\n", warning);
  }
  ModelFacts model = open_model(loaded.recipe.model);
  if (model.num_labels > 0) {
    model.class_names = class_names(loaded.recipe, model.class_names, model.num_labels);
  }
  auto text = open_text(loaded.recipe, model);
  Subject subject{
      .title = options.recipe, .sections = data_sections(loaded.recipe), .text = text.used};
  for (const DataSection& section : subject.sections) {
    subject.surveys.push_back(survey_options(loaded.recipe, model, text, section));
  }
  subject.recipe = std::move(loaded.recipe);
  return subject;
}

Subject open_subject(const InspectOptions& options, const OpenModel& open_model,
                     const OpenTokenizer& open_tokenizer) {
  Subject subject = options.recipe.empty() ? files_subject(options, open_tokenizer)
                                           : recipe_subject(options, open_model);
  subject.text = data::without_checks(std::move(subject.text), options.disabled);
  subject.text.finds_roles = true;
  for (data::SurveyOptions& survey : subject.surveys) {
    survey.max_rows = options.max_rows;
    survey.disabled.insert(survey.disabled.end(), options.disabled.begin(), options.disabled.end());
  }
  return subject;
}

std::shared_ptr<const data::Dataset> open_dataset(const DataSection& section,
                                                  const Subject& subject) {
  const ErrorContext context("preparing {}", section.name);
  return data::make_dataset(section.keys.target, section.keys.keys,
                            section_text(subject.text, section));
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

/// One data set, looked at.
struct Inspection {
  data::PreparedDataset rows;
  data::PageSection page;
  bool failed = false;
};

bool has_failed(const data::Survey& survey, bool strict) {
  return !survey.bad.empty() || survey.usable.empty() ||
         std::any_of(survey.failed.begin(), survey.failed.end(),
                     [&](const data::FailedCheck& failed) {
                       return strict || data::info_of(failed.check).is_error;
                     });
}

bool skips_bad_rows(const DataSection& section) {
  return section.keys.keys.value("skip_invalid_samples", false);
}

/// Rows that cannot be used are left out by a run that is told to skip them.
void skip_bad_rows(data::Survey& survey) {
  survey.num_left_out += static_cast<std::int64_t>(survey.bad.size());
  survey.bad.clear();
}

/// "packing: ..." for training rows that become packs and can all be used. Which rows a run skips
/// is known only when all were looked at.
std::vector<std::string> describe_packing(std::shared_ptr<const data::Dataset> dataset,
                                          const data::Survey& survey, const Subject& subject) {
  if (!subject.recipe || subject.recipe->packed_sequence.packed_sequence_size == 0 ||
      !survey.bad.empty() || survey.usable.empty()) {
    return {};
  }
  const bool saw_all = static_cast<std::int64_t>(survey.rows.size()) == survey.num_rows;
  if (!saw_all && skips_bad_rows(subject.sections.front())) {
    return {fmt::format(
        "packing: not told, since {} of {} rows were looked at and rows that cannot be used are "
        "skipped (skip_invalid_samples); --rows 0 looks at all",
        survey.rows.size(), survey.num_rows)};
  }
  if (saw_all && static_cast<std::int64_t>(survey.usable.size()) < survey.num_rows) {
    dataset = data::select_rows(std::move(dataset), survey.usable);
  }
  const auto packed = pack(*subject.recipe, std::move(dataset), store_options(survey));
  return {"packing: " + data::describe_packs(packed->stats(), pack_options(*subject.recipe))};
}

/// "warning: ..." for validation rows that `train` has too.
std::vector<std::string> describe_sharing(const DataSection& section,
                                          const data::PreparedDataset& train,
                                          const data::PreparedDataset& rows) {
  const std::string shared = describe_shared_rows(section, train, rows);
  return shared.empty() ? std::vector<std::string>{} : std::vector{"warning: " + shared};
}

/// `train`: the data set looked at first, null if this is it.
Inspection inspect(std::size_t index, const Subject& subject, const InspectOptions& options,
                   const data::PreparedDataset* train) {
  const DataSection& section = subject.sections[index];
  const std::shared_ptr<const data::Dataset> dataset = open_dataset(section, subject);
  const auto text = section_text(subject.text, section);
  data::Survey survey = data::survey(*dataset, text, subject.surveys[index]);
  if (skips_bad_rows(section)) {
    skip_bad_rows(survey);
  }
  Inspection out{.rows = {dataset, survey},
                 .page = {.title = fmt::format("{} ({})", section.name, section.keys.target),
                          .lines = data::describe_survey(survey),
                          .lengths = survey.lengths,
                          .rows = {}},
                 .failed = has_failed(survey, options.strict)};
  const auto append = [&](const std::vector<std::string>& lines) {
    out.page.lines.insert(out.page.lines.end(), lines.begin(), lines.end());
  };
  append(data::describe_audit(survey, text, subject.surveys[index]));
  append(train == nullptr ? describe_packing(dataset, survey, subject)
                          : describe_sharing(section, *train, out.rows));
  const auto num_shown = std::clamp<std::int64_t>(options.num_shown, 0,
                                                  static_cast<std::int64_t>(survey.usable.size()));
  for (std::int64_t i = 0; i < num_shown; ++i) {
    const std::int64_t row = survey.usable[static_cast<std::size_t>(i)];
    out.page.rows.push_back({dataset->location(row), dataset->sample(row)});
  }
  return out;
}

void print(const data::PageSection& page, const text::Tokenizer& tokenizer, bool with_title) {
  if (with_title) {
    fmt::print("{}\n", page.title);
  }
  for (const std::string& line : page.lines) {
    fmt::print("{}\n", line);
  }
  const bool is_terminal = shows_colours(STDOUT_FILENO);
  const auto style = is_terminal ? data::MarkStyle::colour : data::MarkStyle::brackets;
  for (const auto& row : page.rows) {
    fmt::print("\n== {}\n{}\n", row.location, data::show_sample(row.sample, tokenizer, style));
  }
  fmt::print("\n");
}

/// Of training data the rows looked at; what the checks found goes to the errors.
void print_as_json(const Inspection& one, const DataSection& section, bool with_rows) {
  for (const std::string& line : one.page.lines) {
    fmt::print(stderr, "{}: {}\n", section.name, line);
  }
  if (!with_rows) {
    return;
  }
  for (const std::int64_t row : one.rows.survey.rows) {
    fmt::print("{}\n", row_as_json(*one.rows.dataset, row).dump());
  }
}

}  // namespace

ExitCode inspect_data(const InspectOptions& options, const OpenModel& open_model,
                      const OpenTokenizer& open_tokenizer) {
  check_options(options);
  const Subject subject = open_subject(options, open_model, open_tokenizer);
  std::vector<data::PageSection> pages;
  std::optional<data::PreparedDataset> train;
  bool failed = false;
  for (std::size_t i = 0; i < subject.sections.size(); ++i) {
    Inspection one = inspect(i, subject, options, train ? &*train : nullptr);
    if (options.json) {
      print_as_json(one, subject.sections[i], /*with_rows=*/i == 0);
    } else {
      print(one.page, subject.text.tokenizer, subject.recipe.has_value());
    }
    failed = failed || one.failed;
    pages.push_back(std::move(one.page));
    train = train ? std::move(train) : std::move(one.rows);
  }
  if (!options.html.empty()) {
    write_file_atomic(options.html, data::data_page(subject.title, pages, subject.text.tokenizer));
    fmt::print("written: {}\n", options.html);
  }
  return failed ? ExitCode::bad_input : ExitCode::ok;
}

}  // namespace automodel::corpus
