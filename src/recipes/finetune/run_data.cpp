#include "recipes/finetune/run_data.h"

#include "base/error.h"
#include "base/parallel.h"
#include "data/registry.h"
#include "models/find_model.h"
#include "train/model_text.h"

namespace automodel::recipes {
namespace {

constexpr std::int64_t kSurveyedRows = 2000;

data::TextContext other_text(const std::string& name) {
  const auto path = models::find_model(name);
  return std::filesystem::is_directory(path)
             ? data::load_text_context(path)
             : train::model_text(checkpoint::open_model(name, {.weights = false}));
}

data::TextContext run_text(const config::Recipe& recipe, const checkpoint::ModelFolder& source) {
  check(recipe.dataset.tokenizer.has_value(), ErrorKind::unsupported,
        "dataset.tokenizer: null is not supported yet: this data set needs a tokenizer");
  const auto& tokenizer = *recipe.dataset.tokenizer;
  check(!tokenizer.add_bos_token && !tokenizer.add_eos_token, ErrorKind::unsupported,
        "dataset.tokenizer: add_bos_token and add_eos_token are not supported yet");
  const auto& name = tokenizer.pretrained_model_name_or_path;
  auto text = name.empty() || name == source.name ? train::model_text(source) : other_text(name);
  text.max_tokens = source.spec.max_positions;
  return text;
}

data::SurveyOptions survey_options(const config::Recipe& recipe, const data::TextContext& text,
                                   const checkpoint::ModelFolder& source) {
  return {.max_rows = kSurveyedRows,
          .num_threads = num_cores(),
          .limits = {.vocab_size = source.spec.vocab_size,
                     .max_tokens = source.spec.max_positions,
                     .eos_ids = train::stop_ids(source, text)},
          .disabled = recipe.disabled_data_checks};
}

data::PreparedDataset prepare(const config::Dataset& section, const data::TextContext& text,
                              const data::SurveyOptions& survey, const std::string& where) {
  const ErrorContext context("preparing {}", where);
  return data::prepare(data::make_dataset(section.target, section.keys, text), text, survey,
                       section.keys.value("skip_invalid_samples", false));
}

std::string section_name(const std::string& validation) {
  return validation == "default" ? "validation_dataset" : "validation_dataset_" + validation;
}

}  // namespace

RunData load_run_data(const config::Recipe& recipe, const checkpoint::ModelFolder& source) {
  RunData out{.text = run_text(recipe, source)};
  const auto survey = survey_options(recipe, out.text, source);
  out.train = prepare(recipe.dataset, out.text, survey, "dataset");
  for (const auto& [name, section] : recipe.validation_datasets) {
    out.validation.emplace(name, prepare(section, out.text, survey, section_name(name)));
  }
  return out;
}

data::LoaderOptions loader_options(const config::Recipe& recipe) {
  return {.seed = static_cast<std::uint64_t>(recipe.seed),
          .shuffle = recipe.dataloader.shuffle.value_or(true),
          .global_batch_size = recipe.step_scheduler.global_batch_size,
          .local_batch_size =
              recipe.dataloader.batch_size.value_or(recipe.step_scheduler.local_batch_size),
          .drop_last = recipe.dataloader.drop_last,
          .collate = {.drop_last_token = true}};
}

}  // namespace automodel::recipes
