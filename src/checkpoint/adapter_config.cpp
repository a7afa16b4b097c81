#include "checkpoint/adapter_config.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "models/config_reader.h"
#include "text/tokenizer/regex.h"

namespace automodel::checkpoint {
namespace {

/// Settings that say how an adapter was made or where it belongs, not what it computes.
constexpr auto kHarmless = std::to_array<std::string_view>({"alpha_pattern",
                                                            "auto_mapping",
                                                            "base_model_name_or_path",
                                                            "bias",
                                                            "corda_config",
                                                            "ensure_weight_tying",
                                                            "eva_config",
                                                            "exclude_modules",
                                                            "fan_in_fan_out",
                                                            "inference_mode",
                                                            "init_lora_weights",
                                                            "layers_pattern",
                                                            "layers_to_transform",
                                                            "lora_alpha",
                                                            "lora_dropout",
                                                            "lora_ga_config",
                                                            "loftq_config",
                                                            "megatron_config",
                                                            "megatron_core",
                                                            "peft_type",
                                                            "peft_version",
                                                            "qalora_group_size",
                                                            "r",
                                                            "rank_pattern",
                                                            "revision",
                                                            "runtime_config",
                                                            "target_modules",
                                                            "target_parameters",
                                                            "task_type",
                                                            "use_rslora"});

/// Initialisations that leave the base model's weights alone; the others (pissa, olora, loftq,
/// corda, lora_ga) make an adapter that only fits a changed base.
constexpr auto kPlainInits = std::to_array<std::string_view>({"gaussian", "orthogonal", "eva"});

/// What PEFT calls the heads of classifiers; it lists them all, whichever a model has.
constexpr auto kHeads = std::to_array<std::string_view>({"classifier", "score"});

bool names_heads(const Json& value) {
  return value.is_array() && std::ranges::all_of(value, [](const Json& name) {
           return name.is_string() && std::ranges::count(kHeads, name.get<std::string>()) > 0;
         });
}

bool says_nothing(const Json& value) {
  return value.is_null() || value == false || (value.is_structured() && value.empty());
}

void check_plain_lora(const Json& json, const models::ConfigReader& reader) {
  const auto type = reader.text("peft_type", "LORA");
  check(type == "LORA", ErrorKind::unsupported,
        "{}: peft_type is '{}'; only LORA adapters are supported", reader.source(), type);
  if (reader.text("bias", "none") != "none") {
    reader.refuse("bias", "none");
  }
  const auto init = json.find("init_lora_weights");
  if (init != json.end() && init->is_string() &&
      std::ranges::count(kPlainInits, init->get<std::string>()) == 0) {
    reader.refuse("init_lora_weights",
                  "true, false, gaussian, orthogonal, eva (others change the base model's weights; "
                  "convert the adapter with PEFT's path_initial_model_for_weight_conversion)");
  }
}

void check_known(const Json& json, const std::string& source) {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : json.items()) {
    const bool is_head = key == "modules_to_save" && names_heads(value);
    if (std::ranges::count(kHarmless, key) == 0 && !says_nothing(value) && !is_head) {
      unknown.push_back(fmt::format("{} = {}", key, value.dump()));
    }
  }
  check(unknown.empty(), ErrorKind::unsupported,
        "{}: settings that are not supported and would change what the adapter computes: {}. "
        "Merge it with PEFT (merge_and_unload) and use the merged model",
        source, fmt::join(unknown, ", "));
}

text::Regex whole_regex(const std::string& pattern) {
  return text::Regex("\\A(?:" + pattern + ")\\z");
}

bool matches(const std::string& name, const std::string& pattern) {
  text::RegexScratch scratch;
  return whole_regex(pattern).find(name, 0, scratch).has_value();
}

bool is_pattern(const std::string& text) {
  try {
    whole_regex(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<PatternValue> pattern_values(const Json& json, const std::string& key,
                                         const std::string& source) {
  std::vector<PatternValue> out;
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) {
    return out;
  }
  check(found->is_object(), ErrorKind::corrupt_data, "{}: {} is {}, expected patterns with numbers",
        source, key, found->dump());
  for (const auto& [pattern, value] : found->items()) {
    check(value.is_number() && value.get<double>() > 0 && is_pattern(pattern),
          ErrorKind::corrupt_data,
          "{}: {} has '{}' = {}, expected a regular expression and a number above 0", source, key,
          pattern, value.dump());
    out.push_back({pattern, value.get<double>()});
  }
  return out;
}

/// A pattern matches a whole name, or its end behind a dot. Source: PEFT get_pattern_key.
double value_of(const std::vector<PatternValue>& patterns, const std::string& layer,
                double otherwise) {
  for (const auto& [pattern, value] : patterns) {
    if (matches(layer, "(?:.*\\.)?(?:" + pattern + ")")) {
      return value;
    }
  }
  return otherwise;
}

bool is_listed(const std::string& name, const std::vector<std::string>& list) {
  return std::ranges::any_of(
      list, [&](const std::string& entry) { return name == entry || name.ends_with("." + entry); });
}

double scale(double alpha, std::int64_t rank, bool rslora) {
  const auto r = static_cast<double>(rank);
  return alpha / (rslora ? std::sqrt(r) : r);
}

std::vector<std::string> list_of_names(const Json& json, const std::string& key,
                                       const std::string& source) {
  const Json value = json.value(key, Json());
  if (value.is_null()) {
    return {};
  }
  const bool are_texts =
      value.is_array() && std::ranges::all_of(value, [](const Json& v) { return v.is_string(); });
  check(are_texts, ErrorKind::corrupt_data, "{}: {} is {}, expected a list of names", source, key,
        value.dump());
  return value.get<std::vector<std::string>>();
}

void read_target_modules(AdapterConfig& config, const Json& json, const std::string& source) {
  const Json value = json.value("target_modules", Json());
  if (!value.is_string()) {
    config.target_modules = list_of_names(json, "target_modules", source);
  } else {
    const auto text = value.get<std::string>();
    const bool says_which = to_lower_ascii(text) != "all-linear" && is_pattern(text);
    config.target_pattern = says_which ? text : ".*";
  }
}

Json number(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15
             ? Json(static_cast<std::int64_t>(value))
             : Json(value);
}

}  // namespace

double AdapterConfig::scale() const { return checkpoint::scale(alpha, rank, rslora); }

std::int64_t AdapterConfig::rank_of(const std::string& layer) const {
  return static_cast<std::int64_t>(value_of(rank_pattern, layer, static_cast<double>(rank)));
}

double AdapterConfig::scale_of(const std::string& layer) const {
  return checkpoint::scale(value_of(alpha_pattern, layer, alpha), rank_of(layer), rslora);
}

bool AdapterConfig::lists(const std::string& parameter) const {
  return is_listed(parameter, target_parameters);
}

bool AdapterConfig::targets(const std::string& module, const std::string& parameter) const {
  const bool says_which =
      !target_modules.empty() || !target_pattern.empty() || !target_parameters.empty();
  return !says_which || is_listed(module, target_modules) || lists(parameter) ||
         (!target_pattern.empty() && matches(module, target_pattern));
}

AdapterConfig parse_adapter_config(const Json& json, const std::string& source) {
  const models::ConfigReader reader(json, source);
  check_plain_lora(json, reader);
  check_known(json, source);
  AdapterConfig config{.rank = reader.integer("r"),
                       .alpha = reader.number("lora_alpha"),
                       .dropout = reader.number("lora_dropout", 0),
                       .rslora = reader.flag("use_rslora", false),
                       .base_model = reader.text("base_model_name_or_path", ""),
                       .base_revision = reader.text("revision", "main"),
                       .target_modules = {},
                       .target_parameters = list_of_names(json, "target_parameters", source),
                       .saves_head = !says_nothing(json.value("modules_to_save", Json())),
                       .rank_pattern = pattern_values(json, "rank_pattern", source),
                       .alpha_pattern = pattern_values(json, "alpha_pattern", source)};
  read_target_modules(config, json, source);
  check(config.rank > 0, ErrorKind::corrupt_data, "{}: the rank 'r' is {}, expected at least 1",
        source, config.rank);
  check(config.dropout >= 0 && config.dropout < 1, ErrorKind::corrupt_data,
        "{}: lora_dropout is {}, expected 0 to 1", source, config.dropout);
  return config;
}

Json render_adapter_config(const AdapterConfig& config) {
  const Json parameters =
      config.target_parameters.empty() ? Json(nullptr) : Json(config.target_parameters);
  return {{"alpha_pattern", Json::object()},
          {"auto_mapping", nullptr},
          {"base_model_name_or_path", config.base_model},
          {"bias", "none"},
          {"fan_in_fan_out", config.fan_in_fan_out},
          {"inference_mode", true},
          {"init_lora_weights", true},
          {"layers_pattern", nullptr},
          {"layers_to_transform", nullptr},
          {"lora_alpha", number(config.alpha)},
          {"lora_dropout", config.dropout},
          {"modules_to_save", config.saves_head ? Json(kHeads) : Json()},
          {"peft_type", "LORA"},
          {"r", config.rank},
          {"rank_pattern", Json::object()},
          {"revision", config.base_revision == "main" ? Json() : Json(config.base_revision)},
          {"target_modules", config.target_modules},
          {"target_parameters", parameters},
          {"task_type", config.saves_head ? "SEQ_CLS" : "CAUSAL_LM"},
          {"use_dora", false},
          {"use_rslora", config.rslora}};
}

}  // namespace automodel::checkpoint
