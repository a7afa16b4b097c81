#include "corpus/run_data.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/checksum.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/known.h"
#include "base/parallel.h"
#include "config/normalise.h"
#include "config/step_plan.h"
#include "corpus/answer_ends.h"
#include "corpus/held_out.h"
#include "corpus/unused_template.h"
#include "data/limit.h"
#include "data/mock_sentences.h"
#include "data/registry.h"
#include "data/weighted_blend.h"

namespace automodel::corpus {
namespace {

constexpr std::int64_t kSurveyedRows = 2000;
/// Nothing is predicted from it.
constexpr bool kDropLastToken = true;

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
  if (!is_megatron(section) || !steps.max_steps) {
    return section;
  }
  const auto batch = loader_options(recipe).global_batch_size;
  const auto needed = *steps.max_steps * batch;
  Json& given = section.keys["num_train_samples"];
  given = given.is_null() ? Json(needed) : given;
  check(given.get<std::int64_t>() >= needed, ErrorKind::invalid_argument,
        "dataset.num_train_samples: found {}, but max_steps {} of {} rows take {}; raise it or "
        "leave it out",
        given.get<std::int64_t>(), *steps.max_steps, batch, needed);
  return section;
}

/// Of Megatron's validation data a validation may take so many batches.
config::Dataset limited_section(const config::Recipe& recipe, config::Dataset section) {
  const Json limit = section.keys.value("trainer_limit_val_batches", Json());
  if (!is_megatron(section) || limit.is_null()) {
    return section;
  }
  const bool is_whole = limit.is_number_integer();
  check(is_whole ? limit >= 1 : limit == 1, ErrorKind::unsupported,
        "validation_dataset.trainer_limit_val_batches: found {}, expected a whole number of "
        "batches, or 1.0 for all",
        limit.dump());
  Json& wanted = section.keys["num_val_samples"];
  if (is_whole && wanted.is_null()) {
    wanted = limit.get<std::int64_t>() * recipe.step_scheduler.global_batch_size;
  }
  return section;
}

/// Upstream's data sets share one tokenizer, on which `dataset` sets its chat template first: rows
/// that are rendered and given none have that one, also of kinds without a key for it.
config::Dataset with_template(config::Dataset section, const std::string& shared) {
  const auto set = [&shared](Json& keys, const std::string& target) {
    if (data::uses_template(target, keys) && text_at(keys, "chat_template").empty()) {
      keys["chat_template"] = shared;
    }
  };
  if (shared.empty()) {
    return section;
  }
  set(section.keys, section.target);
  if (section.keys.contains("parts")) {
    for (Json& part : section.keys["parts"]) {
      set(part, part.at("_target_").get<std::string>());
    }
  }
  return section;
}

/// The token that a key of `dataset.tokenizer` names, instead of the tokenizer's own.
void set_token(const Json& keys, const char* key, const text::Tokenizer& tokenizer,
               std::optional<std::string>& name, std::optional<std::int32_t>& id) {
  const Json value = keys.value(key, Json());
  if (value.is_null()) {
    return;
  }
  name = value.get<std::string>();
  id = tokenizer.token_to_id(*name);
  check(id.has_value(), ErrorKind::invalid_argument,
        "dataset.tokenizer.{}: '{}' is not a token of the tokenizer", key, *name);
}

/// As the recipe's fix_mistral_regex says, where it changes something.
data::TextContext with_mistral_choice(data::TextContext text, const Json& fixes) {
  if (fixes.is_null() || !text.mistral_split) {
    return text;
  }
  const bool was_fixed = text.mistral_split->is_fixed;
  check(!was_fixed || fixes == true, ErrorKind::invalid_argument,
        "dataset.tokenizer.fix_mistral_regex is false, but the tokenizer's tokenizer_config.json "
        "says true; take the key out there");
  if (!was_fixed && fixes == true) {
    text.tokenizer = text::with_mistral_split(text.tokenizer);
  }
  text.mistral_split = text::MistralSplit{.is_fixed = fixes == true};
  return text;
}

/// What `dataset.tokenizer` says beside which one it is.
data::TextContext with_keys(data::TextContext text, const config::TokenizerSource& source) {
  const Json& keys = source.keys;
  text = with_mistral_choice(std::move(text), keys.value("fix_mistral_regex", Json()));
  if (const Json length = keys.value("model_max_length", Json()); !length.is_null()) {
    text.max_tokens = length.get<std::int64_t>();
  }
  set_token(keys, "bos_token", text.tokenizer, text.special_tokens.bos_token, text.bos_id);
  set_token(keys, "eos_token", text.tokenizer, text.special_tokens.eos_token, text.eos_id);
  std::optional<std::int32_t> pad_id;  // rows are not padded; templates see the name
  set_token(keys, "pad_token", text.tokenizer, text.special_tokens.pad_token, pad_id);
  check(!source.add_bos_token || text.bos_id, ErrorKind::invalid_argument,
        "dataset.tokenizer.add_bos_token: the tokenizer has no bos_token; give "
        "dataset.tokenizer.bos_token");
  check(!source.add_eos_token || text.eos_id, ErrorKind::invalid_argument,
        "dataset.tokenizer.add_eos_token: the tokenizer has no eos_token; give "
        "dataset.tokenizer.eos_token");
  text.prepends_bos = source.add_bos_token;  // EOS ends every answer anyway
  text.adds_bos = data::puts_bos(text);
  if (const Json side = keys.value("truncation_side", Json()); !side.is_null()) {
    text.cuts_beginning = side == "left";
  }
  const Json chat_template = keys.value("chat_template", Json());
  return chat_template.is_null()
             ? text
             : data::with_chat_template(std::move(text), chat_template.get<std::string>());
}

/// Where the recipe's tokenizer is: the model's unless it names another, another version or folder.
TokenizerPlace place_of(const config::TokenizerSource& source, const std::string& model_name) {
  const std::string& name = source.pretrained_model_name_or_path;
  return {.name = name.empty() ? model_name : name,
          .revision = text_at(source.keys, "revision"),
          .subfolder = text_at(source.keys, "subfolder")};
}

/// A model may have no tokenizer of its own if the recipe names another.
std::optional<data::TextContext> own_text(const ModelFacts& model) {
  try {
    return model.open_text({.name = model.name});
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::int64_t mock_vocabulary(const config::Dataset& section) {
  return section.keys.value("vocab_size", std::int64_t{1024});
}

/// How many tokens there are if all data sets are made up.
std::optional<std::int64_t> mock_vocabulary(const config::Recipe& recipe) {
  std::int64_t out = 0;
  for (const DataSection& section : data_sections(recipe)) {
    if (!data::is_mock_target(section.keys.target)) {
      return std::nullopt;
    }
    out = std::max(out, mock_vocabulary(section.keys));
  }
  return out;
}

void set_classes(data::TextContext& text, const ModelFacts& model) {
  text.num_labels = model.num_labels;
  text.class_names = model.class_names;
}

/// Files of tokens ask for no tokenizer.
bool all_are_tokens(const config::Recipe& recipe) {
  const auto sections = data_sections(recipe);
  return std::ranges::all_of(sections, [](const DataSection& section) {
    return section.keys.target.ends_with("NanogptDataset") ||
           data::is_mock_target(section.keys.target);
  });
}

/// The section's chat template, or those of its parts if it has some; empty for none.
std::vector<std::string> given_templates(const config::Dataset& section) {
  std::vector<std::string> out;
  const auto sections = data::with_parts(section.keys);
  for (std::size_t i = sections.size() > 1 ? 1 : 0; i < sections.size(); ++i) {
    out.push_back(text_at(sections[i], "chat_template"));
  }
  return out;
}

/// As the section's rows are rendered, and those of its parts if it has some.
std::vector<data::TextContext> texts_of(const config::Dataset& section,
                                        const data::TextContext& used) {
  std::vector<data::TextContext> out;
  for (const auto& given : given_templates(section)) {
    out.push_back(given.empty() ? used : data::with_chat_template(used, given));
  }
  return out;
}

Json without_place(Json keys, const std::string& target) {
  keys.erase(std::string(data::find_dataset_kind(target).place));
  for (const char* key : config::kHubDataKeys) {
    keys.erase(key);
  }
  return keys;
}

/// The encoded training rows on disk. What is known of them by content (rows, tokenizer, template)
/// may lie under any name.
std::shared_ptr<const data::TokenStore> store_of(const config::Dataset& section,
                                                 std::shared_ptr<const data::Dataset> rows,
                                                 const data::StoreOptions& options) {
  Json keys = without_place(section.keys, section.target);
  keys.erase("chat_template");
  return data::open_token_store(std::move(rows), checksum(section.target + keys.dump()), options);
}

/// Ends of answers count beside the model's, and one that is none of those yet is told, unless the
/// recipe itself says what ends the model's answers.
void add_answer_ends(data::SurveyOptions& out, const config::Recipe& recipe,
                     const config::Dataset& section, const data::TextContext& used) {
  if (recipe.model.config_overrides.contains("eos_token_id")) {
    return;
  }
  auto& known_ends = out.limits.eos_ids;
  for (const std::int32_t id : answer_ends(section, used)) {
    if (id != used.eos_id && std::ranges::find(known_ends, id) == known_ends.end()) {
      known_ends.push_back(id);
      out.text_failures.push_back(
          {data::Check::template_eos, used.tokenizer.id_to_token(id).value_or("")});
    }
  }
}

/// In tokens.
std::int64_t mean_length(const data::Survey& survey) {
  const auto total = std::accumulate(survey.lengths.begin(), survey.lengths.end(), std::int64_t{0});
  return survey.lengths.empty() ? 0 : total / static_cast<std::int64_t>(survey.lengths.size());
}

bool fits_when_split(const DataSection& section, std::int64_t max_tokens) {
  return section.split_length > 0 && (max_tokens <= 0 || section.split_length <= max_tokens);
}

}  // namespace

std::string validation_section(const std::string& name) {
  return name == "default" ? "validation_dataset" : "validation_dataset_" + name;
}

std::vector<DataSection> data_sections(const config::Recipe& recipe) {
  const auto& packs = recipe.packed_sequence;
  const bool splits = packs.long_samples == config::LongSamples::split;
  std::vector<DataSection> out = {{.name = "dataset",
                                   .keys = training_section(recipe),
                                   .split_length = splits ? packs.packed_sequence_size : 0}};
  const auto shared = given_template(recipe);
  for (const auto& [name, section] : recipe.validation_datasets) {
    out.push_back({.name = validation_section(name),
                   .keys = with_template(limited_section(recipe, section), shared)});
  }
  return out;
}

RecipeText open_text(const config::Recipe& recipe, const ModelFacts& model) {
  if (const auto vocabulary = mock_vocabulary(recipe)) {
    RecipeText out{.used = data::mock_text(*vocabulary), .own = std::nullopt};
    set_classes(out.used, model);
    return out;
  }
  if (!recipe.dataset.tokenizer && all_are_tokens(recipe)) {
    RecipeText out{.used = data::mock_text(model.vocab_size), .own = std::nullopt};
    out.used.eos_id.reset();
    return out;
  }
  check(recipe.dataset.tokenizer.has_value(), ErrorKind::unsupported,
        "dataset.tokenizer: null is not supported yet: this data set needs a tokenizer");
  const auto& tokenizer = known(recipe.dataset.tokenizer);
  const TokenizerPlace place = place_of(tokenizer, model.name);
  const bool is_own = place == TokenizerPlace{.name = model.name};
  auto opened = model.open_text(place);
  RecipeText out{.used = with_keys(opened, tokenizer),
                 .own = is_own ? std::move(opened) : own_text(model)};
  out.used.max_tokens = data::lesser_limit(out.used.max_tokens, model.max_tokens);
  out.used.stop_ids = model.stop_ids;
  set_classes(out.used, model);
  out.used = data::without_checks(std::move(out.used), recipe.disabled_data_checks);
  return out;
}

std::optional<TokenizerPlace> tokenizer_place(const config::Recipe& recipe,
                                              const std::string& model_name) {
  return !recipe.dataset.tokenizer || mock_vocabulary(recipe)
             ? std::nullopt
             : std::optional(place_of(*recipe.dataset.tokenizer, model_name));
}

std::string given_template(const config::Recipe& recipe) {
  const Json shared = config::shared_template(recipe.dataset.keys).value_or(Json());
  return shared.is_string() ? shared.get<std::string>() : "";
}

data::TextContext section_text(const data::TextContext& text, const DataSection& section) {
  if (!data::is_mock_target(section.keys.target)) {
    auto out = text;
    out.allows_too_long = out.allows_too_long || fits_when_split(section, out.max_tokens);
    return out;
  }
  auto out = data::mock_text(mock_vocabulary(section.keys));
  out.allows_too_long = text.allows_too_long;
  out.allows_untrained = text.allows_untrained;
  out.finds_roles = text.finds_roles;
  out.num_labels = text.num_labels;
  out.class_names = text.class_names;
  return out;
}

data::SurveyOptions survey_options(const config::Recipe& recipe, const ModelFacts& model,
                                   const RecipeText& text, const DataSection& section) {
  data::SurveyOptions out{.num_threads = num_cores(),
                          .limits = {.vocab_size = model.vocab_size,
                                     .max_tokens = model.max_tokens,
                                     .eos_ids = model.stop_ids},
                          .disabled = recipe.disabled_data_checks};
  const auto used = section_text(text.used, section);
  if (used.max_tokens > 0) {
    out.limits.max_tokens = used.max_tokens;  // the tokenizer's may be less than the model's
  }
  if (fits_when_split(section, out.limits.max_tokens)) {
    out.limits.max_tokens = 0;
  }
  add_answer_ends(out, recipe, section.keys, used);
  if (auto unused = unused_template(section.keys, used)) {
    out.text_failures.push_back(std::move(*unused));
  }
  const bool compares = text.own && !data::is_mock_target(section.keys.target);
  for (const data::TextContext& one : texts_of(section.keys, used)) {
    for (auto& failure :
         data::failed_text_checks(one, compares ? &*text.own : nullptr, out.limits)) {
      if (std::ranges::find(out.text_failures, failure) == out.text_failures.end()) {
        out.text_failures.push_back(std::move(failure));
      }
    }
  }
  return out;
}

Json row_settings(const config::Dataset& section) {
  Json out = without_place(section.keys, section.target);
  if (out.contains("parts")) {
    for (Json& part : out["parts"]) {
      part = without_place(part, part.at("_target_").get<std::string>());
    }
  }
  out["target"] = section.target;
  if (section.tokenizer) {
    Json& keys = out["tokenizer"] = section.tokenizer->keys;
    for (const char* place : {"pretrained_model_name_or_path", "revision", "subfolder"}) {
      keys.erase(place);
    }
  }
  return out;
}

std::shared_ptr<const data::PackedDataset> pack(const config::Recipe& recipe,
                                                std::shared_ptr<const data::Dataset> rows,
                                                const data::StoreOptions& options) {
  if (recipe.packed_sequence.packed_sequence_size == 0) {
    return nullptr;
  }
  const ErrorContext context("packing dataset");
  return std::make_shared<const data::PackedDataset>(
      store_of(recipe.dataset, std::move(rows), options), pack_options(recipe));
}

data::StoreOptions store_options(const data::Survey& survey) {
  return {.num_threads = num_cores(), .row_tokens = mean_length(survey)};
}

RunData load_run_data(const config::Recipe& recipe, const ModelFacts& model,
                      const OnPreparation& on_preparation) {
  const auto tells = [&](std::string what) {
    return [&, what = std::move(what)](std::int64_t num_done, std::int64_t num_rows) {
      if (on_preparation) {
        on_preparation(what, num_done, num_rows);
      }
    };
  };
  const RecipeText text = open_text(recipe, model);
  const auto prepare = [&](const DataSection& section) {
    const ErrorContext context("preparing {}", section.name);
    tells("opening " + section.name)(0, 0);
    auto survey = survey_options(recipe, model, text, section);
    survey.max_rows = kSurveyedRows;
    survey.on_rows = tells("checking rows of " + section.name);
    const auto used = section_text(text.used, section);
    const Json& keys = section.keys.keys;
    return data::prepare(data::make_dataset(section.keys.target, keys, used), used,
                         std::move(survey), keys.value("skip_invalid_samples", false));
  };
  const auto sections = data_sections(recipe);
  RunData out{.text = text.used, .train = prepare(sections[0])};
  std::size_t i = 0;
  for (const auto& [name, given] : recipe.validation_datasets) {
    const DataSection& section = sections[++i];
    const auto& rows = out.validation.emplace(name, prepare(section)).first->second;
    if (auto shared = describe_shared_rows(section, out.train, rows); !shared.empty()) {
      out.warnings.push_back(std::move(shared));
    }
  }
  auto store = store_options(out.train.survey);
  store.on_rows = tells("encoding rows of dataset");
  if (auto packed = pack(recipe, out.train.dataset, store)) {
    out.packs = packed->stats();
    out.train.dataset = std::move(packed);
  } else if (recipe.dataloader.group_by_length) {
    const auto rows = store_of(recipe.dataset, out.train.dataset, store);
    out.lengths = rows->row_lengths();
    out.train.dataset = rows;
  }
  tells("the data are prepared")(0, 0);
  return out;
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
  return mean_length(data.train.survey);
}

data::LoaderOptions loader_options(const config::Recipe& recipe,
                                   std::vector<std::int64_t> lengths) {
  const std::int64_t rows = config::micro_batch_rows(recipe);
  return {.seed = static_cast<std::uint64_t>(recipe.seed),
          .shuffle = is_shuffled(recipe),
          .global_batch_size = rows * config::accumulation_steps(recipe.step_scheduler, 1),
          .local_batch_size = rows,
          .drop_last = recipe.dataloader.drop_last,
          .collate = {.drop_last_token = kDropLastToken},
          .lengths = std::move(lengths)};
}

}  // namespace automodel::corpus
