#include "checkpoint/adapter_config.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "models/config_reader.h"

namespace automodel::checkpoint {
namespace {

/// Settings that say how an adapter was made or where it belongs, not what it computes.
constexpr auto kHarmless = std::to_array<std::string_view>({"auto_mapping",
                                                            "base_model_name_or_path",
                                                            "bias",
                                                            "corda_config",
                                                            "ensure_weight_tying",
                                                            "eva_config",
                                                            "exclude_modules",
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
                                                            "revision",
                                                            "runtime_config",
                                                            "target_modules",
                                                            "task_type",
                                                            "use_rslora"});

/// Initialisations that leave the base model's weights alone; the others (pissa, olora, loftq,
/// corda, lora_ga) make an adapter that only fits a changed base.
constexpr auto kPlainInits = std::to_array<std::string_view>({"gaussian", "orthogonal", "eva"});

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
    if (std::ranges::count(kHarmless, key) == 0 && !says_nothing(value)) {
      unknown.push_back(fmt::format("{} = {}", key, value.dump()));
    }
  }
  check(unknown.empty(), ErrorKind::unsupported,
        "{}: settings that are not supported and would change what the adapter computes: {}. "
        "Merge it with PEFT (merge_and_unload) and use the merged model",
        source, fmt::join(unknown, ", "));
}

Json number(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15
             ? Json(static_cast<std::int64_t>(value))
             : Json(value);
}

}  // namespace

double AdapterConfig::scale() const {
  const auto r = static_cast<double>(rank);
  return alpha / (rslora ? std::sqrt(r) : r);
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
                       .target_modules = {}};
  check(config.rank > 0, ErrorKind::corrupt_data, "{}: the rank 'r' is {}, expected at least 1",
        source, config.rank);
  check(config.dropout >= 0 && config.dropout < 1, ErrorKind::corrupt_data,
        "{}: lora_dropout is {}, expected 0 to 1", source, config.dropout);
  return config;
}

Json render_adapter_config(const AdapterConfig& config) {
  return {{"alpha_pattern", Json::object()},
          {"auto_mapping", nullptr},
          {"base_model_name_or_path", config.base_model},
          {"bias", "none"},
          {"fan_in_fan_out", false},
          {"inference_mode", true},
          {"init_lora_weights", true},
          {"layers_pattern", nullptr},
          {"layers_to_transform", nullptr},
          {"lora_alpha", number(config.alpha)},
          {"lora_dropout", config.dropout},
          {"modules_to_save", nullptr},
          {"peft_type", "LORA"},
          {"r", config.rank},
          {"rank_pattern", Json::object()},
          {"revision", nullptr},
          {"target_modules", config.target_modules},
          {"task_type", "CAUSAL_LM"},
          {"use_dora", false},
          {"use_rslora", config.rslora}};
}

}  // namespace automodel::checkpoint
