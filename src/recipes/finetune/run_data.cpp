#include "recipes/finetune/run_data.h"

#include <cmath>
#include <numeric>

#include "base/checksum.h"
#include "base/error.h"
#include "base/parallel.h"
#include "data/registry.h"
#include "models/find_model.h"
#include "train/model_text.h"

namespace automodel::recipes {
namespace {

constexpr std::int64_t kSurveyedRows = 2000;
/// Nothing is predicted from it.
constexpr bool kDropLastToken = true;

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

bool is_megatron(const config::Dataset& section) {
  return section.target.ends_with(".MegatronPretraining");
}

/// What upstream shuffles if the recipe does not say: not what is streamed, and not Megatron's
/// data, which has its own order.
bool is_shuffled(const config::Recipe& recipe) {
  const auto& target = recipe.dataset.target;
  if (is_megatron(recipe.dataset)) {
    return recipe.dataloader.dataloader_type == "cyclic";
  }
  const bool streamed = target.ends_with("NanogptDataset") || target.ends_with("IterableDataset");
  return recipe.dataloader.shuffle.value_or(!streamed);
}

/// Megatron's training data is as long as the run.
config::Dataset training_section(const config::Recipe& recipe) {
  config::Dataset section = recipe.dataset;
  const auto& steps = recipe.step_scheduler;
  if (is_megatron(section) && steps.max_steps &&
      section.keys.value("num_train_samples", Json()).is_null()) {
    section.keys["num_train_samples"] = *steps.max_steps * steps.global_batch_size;
  }
  return section;
}

data::PreparedDataset prepare(const config::Dataset& section, const data::TextContext& text,
                              const data::SurveyOptions& survey, const std::string& where) {
  const ErrorContext context("preparing {}", where);
  return data::prepare(data::make_dataset(section.target, section.keys, text), text, survey,
                       section.keys.value("skip_invalid_samples", false));
}

/// The encoded training rows on disk. What is known of them by content (rows, tokenizer, template)
/// may lie under any name.
std::shared_ptr<const data::TokenStore> store_of(const config::Dataset& section,
                                                 std::shared_ptr<const data::Dataset> rows) {
  Json keys = section.keys;
  for (const char* place :
       {"path_or_dataset_id", "path_or_dataset", "dataset_name", "path", "chat_template"}) {
    keys.erase(place);
  }
  return data::open_token_store(std::move(rows), checksum(section.target + keys.dump()),
                                num_cores());
}

void pack(RunData& out, const config::Recipe& recipe) {
  const ErrorContext context("packing dataset");
  auto packed = std::make_shared<const data::PackedDataset>(
      store_of(recipe.dataset, out.train.dataset), pack_options(recipe));
  out.packs = packed->stats();
  out.train.dataset = std::move(packed);
}

}  // namespace

RunData load_run_data(const config::Recipe& recipe, const checkpoint::ModelFolder& source) {
  RunData out{.text = run_text(recipe, source)};
  const auto survey = survey_options(recipe, out.text, source);
  out.train = prepare(training_section(recipe), out.text, survey, "dataset");
  for (const auto& [name, section] : recipe.validation_datasets) {
    out.validation.emplace(name, prepare(section, out.text, survey, validation_section(name)));
  }
  if (recipe.packed_sequence.packed_sequence_size > 0) {
    pack(out, recipe);
  } else if (recipe.dataloader.group_by_length) {
    const auto store = store_of(recipe.dataset, out.train.dataset);
    out.lengths = store->row_lengths();
    out.train.dataset = store;
  }
  return out;
}

std::string validation_section(const std::string& name) {
  return name == "default" ? "validation_dataset" : "validation_dataset_" + name;
}

data::PackOptions pack_options(const config::Recipe& recipe) {
  const config::PackedSequence& section = recipe.packed_sequence;
  data::PackOptions out{.capacity = section.packed_sequence_size,
                        .order = section.packing_strategy == config::PackingStrategy::neat
                                     ? data::PackOrder::decreasing
                                     : data::PackOrder::in_order,
                        .long_documents = section.long_samples == config::LongSamples::refuse
                                              ? data::LongDocuments::refuse
                                          : section.long_samples == config::LongSamples::drop
                                              ? data::LongDocuments::drop
                                              : data::LongDocuments::split,
                        .max_packs = section.max_packs,
                        .drop_last_token = kDropLastToken};
  if (is_shuffled(recipe)) {
    out.shuffle_seed = static_cast<std::uint64_t>(recipe.seed);
  }
  return out;
}

std::int64_t mean_row_tokens(const config::Recipe& recipe, const RunData& data) {
  if (data.packs) {
    return std::llround(data.packs->fill *
                        static_cast<double>(recipe.packed_sequence.packed_sequence_size));
  }
  const auto& lengths = data.train.survey.lengths;
  const auto total = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  return lengths.empty() ? 0 : total / static_cast<std::int64_t>(lengths.size());
}

data::LoaderOptions loader_options(const config::Recipe& recipe,
                                   std::vector<std::int64_t> lengths) {
  return {.seed = static_cast<std::uint64_t>(recipe.seed),
          .shuffle = is_shuffled(recipe),
          .global_batch_size = recipe.step_scheduler.global_batch_size,
          .local_batch_size =
              recipe.dataloader.batch_size.value_or(recipe.step_scheduler.local_batch_size),
          .drop_last = recipe.dataloader.drop_last,
          .collate = {.drop_last_token = kDropLastToken},
          .lengths = std::move(lengths)};
}

}  // namespace automodel::recipes
