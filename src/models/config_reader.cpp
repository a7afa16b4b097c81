#include "models/config_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/error.h"
#include "base/known.h"
#include "base/text.h"

namespace automodel::models {
namespace {

/// Keys that no forward pass depends on: those of every class of Transformers' configurations (what
/// generation once kept there, too), and what Unsloth writes beside them.
constexpr auto kHarmless = std::to_array<std::string_view>({"_attn_implementation",
                                                            "_attn_implementation_autoset",
                                                            "_flash_attn_2_enabled",
                                                            "_name_or_path",
                                                            "_num_labels",
                                                            "architectures",
                                                            "auto_map",
                                                            "bad_words_ids",
                                                            "begin_suppress_tokens",
                                                            "bos_token_id",
                                                            "cache_implementation",
                                                            "classifier_dropout",
                                                            "custom_pipelines",
                                                            "decoder_start_token_id",
                                                            "diversity_penalty",
                                                            "do_sample",
                                                            "dtype",
                                                            "early_stopping",
                                                            "encoder_no_repeat_ngram_size",
                                                            "eos_token_id",
                                                            "exponential_decay_length_penalty",
                                                            "finetuning_task",
                                                            "forced_bos_token_id",
                                                            "forced_eos_token_id",
                                                            "id2label",
                                                            "initializer_range",
                                                            "is_llama_config",
                                                            "label2id",
                                                            "length_penalty",
                                                            "max_length",
                                                            "max_position_embeddings",
                                                            "max_sequence_length",
                                                            "min_length",
                                                            "model_max_length",
                                                            "model_type",
                                                            "no_repeat_ngram_size",
                                                            "num_beam_groups",
                                                            "num_beams",
                                                            "num_labels",
                                                            "num_return_sequences",
                                                            "output_attentions",
                                                            "output_hidden_states",
                                                            "output_router_logits",
                                                            "output_scores",
                                                            "pad_token_id",
                                                            "prefix",
                                                            "pretraining_tp",
                                                            "problem_type",
                                                            "quantization_config",
                                                            "remove_invalid_values",
                                                            "repetition_penalty",
                                                            "return_dict",
                                                            "return_dict_in_generate",
                                                            "router_aux_loss_coef",
                                                            "sep_token_id",
                                                            "suppress_tokens",
                                                            "task_specific_params",
                                                            "temperature",
                                                            "tf_legacy_loss",
                                                            "tokenizer_class",
                                                            "top_k",
                                                            "top_p",
                                                            "torch_dtype",
                                                            "torchscript",
                                                            "transformers.js_config",
                                                            "transformers_version",
                                                            "typical_p",
                                                            "unsloth_fixed",
                                                            "unsloth_version",
                                                            "use_bfloat16",
                                                            "use_cache"});

const Json& empty_object() {
  static const Json kEmpty = Json::object();
  return kEmpty;
}

bool says_nothing(const Json& value) {
  return value.is_null() || value == false || value == 0 || (value.is_string() && value == "") ||
         (value.is_structured() && value.empty());
}

}  // namespace

ConfigReader::ConfigReader(const Json& config, std::string source, std::vector<KeyName> names,
                           Json defaults)
    : config_(&config),
      source_(std::move(source)),
      names_(std::move(names)),
      defaults_(std::move(defaults)) {
  check(config.is_object(), ErrorKind::corrupt_data, "{}: expected a JSON object", source_);
}

std::string_view ConfigReader::spelled(std::string_view key) const {
  const auto found = std::ranges::find(names_, key, &KeyName::common);
  const bool common =
      found == names_.end() || (config_->contains(key) && !config_->contains(found->own));
  return common ? key : found->own;
}

const Json* ConfigReader::find(std::string_view key) const {
  const auto own = spelled(key);
  const auto at = config_->find(own);
  check(!config_->contains(key) || config_->at(key) == *at, ErrorKind::corrupt_data,
        "{}: '{}' and '{}' mean the same and differ; remove one", source_, key, own);
  read_.emplace(key);
  read_.emplace(own);
  log_->read.insert(prefix_ + std::string(own));
  if (at == config_->end()) {
    return find_default(key);
  }
  return at->is_null() ? nullptr : &*at;
}

const Json* ConfigReader::find_default(std::string_view key) const {
  for (const auto& name : {spelled(key), key}) {
    const auto found = defaults_.find(name);
    if (found != defaults_.end()) {
      fall_back(key, *found);
      return &*found;
    }
  }
  return nullptr;
}

void ConfigReader::require(std::string_view key, std::string_view expected) const {
  const Json* value = find(key);
  if (value == nullptr || !states(key)) {
    fail(ErrorKind::corrupt_data, "{}: '{}' is missing, expected {}", source_, spelled(key),
         expected);
  }
}

bool ConfigReader::has(std::string_view key) const { return find(key) != nullptr; }

bool ConfigReader::states(std::string_view key) const { return config_->contains(spelled(key)); }

bool ConfigReader::is_text(std::string_view key) const {
  const Json* value = find(key);
  return value != nullptr && value->is_string();
}

bool ConfigReader::is_list(std::string_view key) const {
  const Json* value = find(key);
  return value != nullptr && value->is_array();
}

void ConfigReader::wrong_type(std::string_view key, std::string_view expected) const {
  const Json* value = find(key);
  fail(ErrorKind::corrupt_data, "{}: '{}' is {}, expected {}", source_, spelled(key),
       value != nullptr ? value->dump() : "missing", expected);
}

std::optional<std::int64_t> ConfigReader::maybe_integer(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  constexpr double kMostExact = 1LL << 53;
  if (value->is_number_float() && value->get<double>() == std::floor(value->get<double>()) &&
      std::abs(value->get<double>()) <= kMostExact) {
    return static_cast<std::int64_t>(value->get<double>());
  }
  const bool fits = !value->is_number_unsigned() ||
                    value->get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
  if (!value->is_number_integer() || !fits) {
    wrong_type(key, "an integer");
  }
  return value->get<std::int64_t>();
}

std::int64_t ConfigReader::integer(std::string_view key) const {
  require(key, "an integer");
  return known(maybe_integer(key));
}

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t fallback) const {
  const auto value = maybe_integer(key);
  return value ? *value : fall_back(key, fallback);
}

std::optional<double> ConfigReader::maybe_number(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_number()) {
    wrong_type(key, "a number");
  }
  return value->get<double>();
}

std::optional<double> ConfigReader::maybe_number(std::string_view key, double fallback) const {
  return states(key) ? maybe_number(key) : std::optional(fall_back(key, fallback));
}

double ConfigReader::number(std::string_view key) const {
  require(key, "a number");
  return known(maybe_number(key));
}

double ConfigReader::number(std::string_view key, double fallback) const {
  const auto value = maybe_number(key);
  return value ? *value : fall_back(key, fallback);
}

bool ConfigReader::flag(std::string_view key, bool fallback) const {
  const Json* value = find(key);
  if (value != nullptr && !value->is_boolean()) {
    wrong_type(key, "true or false");
  }
  check(
      value != nullptr || !fallback || !states(key), ErrorKind::corrupt_data,
      "{}: '{}' is null, which Transformers takes for false, but left out it is true; write which",
      source_, spelled(key));
  return value != nullptr ? value->get<bool>() : fall_back(key, fallback);
}

std::string ConfigReader::text(std::string_view key, std::string_view fallback) const {
  const Json* value = find(key);
  if (value != nullptr && !value->is_string()) {
    wrong_type(key, "a string");
  }
  return value != nullptr ? value->get<std::string>() : fall_back(key, std::string(fallback));
}

std::vector<double> ConfigReader::numbers(std::string_view key) const {
  const Json* value = find(key);
  const bool ok = value != nullptr && value->is_array() &&
                  std::all_of(value->begin(), value->end(),
                              [](const Json& entry) { return entry.is_number(); });
  if (!ok) {
    wrong_type(key, "a list of numbers");
  }
  return value->get<std::vector<double>>();
}

std::vector<std::string> ConfigReader::texts(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return {};
  }
  const bool ok = value->is_array() && std::all_of(value->begin(), value->end(),
                                                   [](const Json& e) { return e.is_string(); });
  if (!ok) {
    wrong_type(key, "a list of strings");
  }
  return value->get<std::vector<std::string>>();
}

ConfigReader ConfigReader::object(std::string_view key) const {
  const Json* stated = find(key);
  const Json* value = stated != nullptr ? stated : find_default(key);
  if (value != nullptr && !value->is_object()) {
    wrong_type(key, "an object");
  }
  ConfigReader inner(value != nullptr ? *value : empty_object(),
                     fmt::format("{}: {}", source_, key));
  inner.prefix_ = fmt::format("{}{}.", prefix_, key);
  inner.log_ = log_;
  return inner;
}

ConfigReader ConfigReader::nothing() const { return {empty_object(), source_}; }

void ConfigReader::refuse(std::string_view key, std::string_view supported) const {
  const Json* value = find(key);
  const auto* text = states(key) ? "null" : "missing";
  fail(ErrorKind::unsupported, "{}: '{}' is {}, which is not supported; supported: {}", source_,
       spelled(key), value != nullptr ? value->dump() : text, supported);
}

void ConfigReader::expect(std::string_view key, const Json& only) const {
  const Json* value = find(key);
  if (value != nullptr && *value != only) {
    refuse(key, only.dump());
  }
}

std::vector<std::string> ConfigReader::unread(const Json& config,
                                              std::span<const std::string> ignored) const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : config.items()) {
    const bool known = read_.contains(key) || std::ranges::count(kHarmless, key) > 0 ||
                       std::ranges::count(ignored, key) > 0;
    if (!known && !says_nothing(value)) {
      keys.push_back(key);
    }
  }
  return keys;
}

void ConfigReader::finish(std::span<const std::string> ignored) const {
  std::vector<std::string> unknown, nulls;
  for (const auto& key : unread(*config_, ignored)) {
    unknown.push_back(fmt::format("{} = {}", key, (*config_)[key].dump()));
    nulls.push_back(fmt::format("model.{}{}: null", prefix_, key));
  }
  check(unknown.empty(), ErrorKind::unsupported,
        "{}: keys that this model family does not know and that could change its mathematics: {}. "
        "If the model does not need them, a recipe takes them out of config.json by {}; or remove "
        "them from the file or the recipe that sets them",
        source_, fmt::join(unknown, ", "), fmt::join(nulls, ", "));
}

void ConfigReader::add_uses(const Json& object, const std::string& prefix,
                            std::vector<KeyUse>& uses) const {
  for (const auto& [key, value] : object.items()) {
    const std::string name = prefix + key;
    const auto inner = log_->read.lower_bound(name + ".");
    const bool is_read_within = inner != log_->read.end() && inner->starts_with(name + ".");
    if (value.is_object() && is_read_within) {
      add_uses(value, name + ".", uses);
    } else if (!value.is_null()) {
      const bool used = log_->read.contains(name);
      uses.push_back({name, value, used ? KeyUse::Fate::used : KeyUse::Fate::ignored});
    }
  }
}

std::vector<KeyUse> ConfigReader::key_uses() const {
  std::vector<KeyUse> uses;
  add_uses(*config_, "", uses);
  for (const auto& [key, value] : log_->fallbacks) {
    uses.push_back({key, value, KeyUse::Fate::fallback});
  }
  return uses;
}

}  // namespace automodel::models
