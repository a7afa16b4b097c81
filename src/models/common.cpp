#include "models/common.h"

#include <array>
#include <cmath>
#include <optional>

#include "base/error.h"

namespace automodel::models {
namespace {

constexpr double kDefaultTheta = 10000;

double yarn_attention_factor(const ConfigReader& parameters, double factor) {
  const auto mscale = [factor](double weight) {
    return factor <= 1 ? 1.0 : 0.1 * weight * std::log(factor) + 1.0;
  };
  if (const auto given = parameters.maybe_number("attention_factor")) {
    return *given;
  }
  const double numerator = parameters.number("mscale", 0);
  const double denominator = parameters.number("mscale_all_dim", 0);
  return numerator != 0 && denominator != 0 ? mscale(numerator) / mscale(denominator) : mscale(1);
}

spec::YarnScaling yarn(const ConfigReader& parameters, std::int64_t max_positions) {
  spec::YarnScaling scaling;
  scaling.original_positions =
      parameters.integer("original_max_position_embeddings", max_positions);
  scaling.factor = parameters.number("factor", static_cast<double>(max_positions) /
                                                   static_cast<double>(scaling.original_positions));
  scaling.beta_fast = parameters.number("beta_fast", 32);
  scaling.beta_slow = parameters.number("beta_slow", 1);
  scaling.truncate = parameters.flag("truncate", true);
  scaling.attention_factor = yarn_attention_factor(parameters, scaling.factor);
  return scaling;
}

spec::Llama3Scaling llama3(const ConfigReader& parameters, std::int64_t max_positions) {
  return {
      .factor = parameters.number("factor"),
      .low_freq_factor = parameters.number("low_freq_factor"),
      .high_freq_factor = parameters.number("high_freq_factor"),
      .original_positions = parameters.integer("original_max_position_embeddings", max_positions)};
}

spec::LongRopeScaling longrope(const ConfigReader& parameters, std::int64_t max_positions) {
  spec::LongRopeScaling scaling;
  scaling.short_factor = parameters.numbers("short_factor");
  scaling.long_factor = parameters.numbers("long_factor");
  scaling.original_positions =
      parameters.integer("original_max_position_embeddings", max_positions);
  const auto original = static_cast<double>(scaling.original_positions);
  const double factor = parameters.number("factor", static_cast<double>(max_positions) / original);
  const double inferred = factor <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(original));
  scaling.attention_factor = parameters.number("attention_factor", inferred);
  return scaling;
}

spec::RopeScaling rope_scaling(const ConfigReader& parameters, std::int64_t max_positions) {
  const auto type = parameters.text("rope_type", parameters.text("type", "default"));
  if (type == "default") {
    return std::monostate{};
  }
  if (type == "linear") {
    return spec::LinearScaling{parameters.number("factor")};
  }
  if (type == "dynamic") {
    return spec::DynamicScaling{parameters.number("factor"), max_positions};
  }
  if (type == "llama3") {
    return llama3(parameters, max_positions);
  }
  if (type == "yarn") {
    return yarn(parameters, max_positions);
  }
  if (type == "longrope" || type == "su") {
    return longrope(parameters, max_positions);
  }
  parameters.refuse(parameters.has("rope_type") ? "rope_type" : "type",
                    "default, linear, dynamic, llama3, yarn, longrope");
}

}  // namespace

spec::ModelSpec decoder_defaults(const ConfigReader& config) {
  spec::ModelSpec model;
  model.vocab_size = config.integer("vocab_size");
  model.dim = config.integer("hidden_size");
  model.max_positions = config.integer("max_position_embeddings", 2048);
  model.final_norm.eps = config.number("rms_norm_eps", 1e-6);
  model.tied_head = config.flag("tie_word_embeddings", false);
  model.init_std = config.number("initializer_range", 0.02);
  model.pad_token_id = config.maybe_integer("pad_token_id");
  check(config.number("attention_dropout", 0) == 0, ErrorKind::unsupported,
        "{}: attention_dropout is {}; dropout inside the model is not supported, set it to 0",
        config.source(), config.number("attention_dropout", 0));
  return model;
}

spec::Rope rope_from(const ConfigReader& parameters, std::int64_t head_dim, double theta,
                     std::int64_t max_positions) {
  spec::Rope result;
  result.theta = parameters.number("rope_theta", theta);
  result.dim = static_cast<std::int64_t>(static_cast<double>(head_dim) *
                                         parameters.number("partial_rotary_factor", 1));
  result.scaling = rope_scaling(parameters, max_positions);
  parameters.finish({});
  return result;
}

spec::Rope rope(const ConfigReader& config, std::int64_t head_dim) {
  const auto theta = config.number("rope_theta", kDefaultTheta);
  const auto max_positions = config.integer("max_position_embeddings", 2048);
  const auto* key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  return rope_from(config.object(key), head_dim, theta, max_positions);
}

spec::Gqa gqa(const ConfigReader& config) {
  spec::Gqa result;
  result.heads = config.integer("num_attention_heads");
  result.kv_heads = config.integer("num_key_value_heads", result.heads);
  check(result.heads > 0 && result.kv_heads > 0 && result.heads % result.kv_heads == 0,
        ErrorKind::corrupt_data,
        "{}: num_attention_heads {} must be a positive multiple of num_key_value_heads {}",
        config.source(), result.heads, result.kv_heads);
  result.head_dim = config.integer("head_dim", config.integer("hidden_size") / result.heads);
  result.scale = 1 / std::sqrt(static_cast<double>(result.head_dim));
  return result;
}

spec::Activation activation(const ConfigReader& config, std::string_view key,
                            std::string_view fallback) {
  struct Name {
    std::string_view name;
    spec::Activation activation;
  };
  constexpr auto kNames = std::to_array<Name>({{"silu", spec::Activation::silu},
                                               {"swish", spec::Activation::silu},
                                               {"gelu", spec::Activation::gelu},
                                               {"gelu_new", spec::Activation::gelu_tanh},
                                               {"gelu_pytorch_tanh", spec::Activation::gelu_tanh},
                                               {"relu", spec::Activation::relu},
                                               {"relu2", spec::Activation::relu2}});
  const auto wanted = config.text(key, fallback);
  for (const auto& [name, value] : kNames) {
    if (name == wanted) {
      return value;
    }
  }
  config.refuse(key, "silu, swish, gelu, gelu_new, gelu_pytorch_tanh, relu, relu2");
}

spec::Mlp gated_mlp(const ConfigReader& config) {
  return {.inner = config.integer("intermediate_size"),
          .activation = activation(config, "hidden_act", "silu"),
          .gated = true};
}

std::vector<bool> sliding_layers(const ConfigReader& config,
                                 bool (*fallback)(const ConfigReader&, std::int64_t)) {
  const auto count = config.integer("num_hidden_layers");
  check(count > 0 && count <= 10000, ErrorKind::corrupt_data,
        "{}: num_hidden_layers is {}, expected 1 to 10000", config.source(), count);
  const auto kinds = config.texts("layer_types");
  check(kinds.empty() || static_cast<std::int64_t>(kinds.size()) == count, ErrorKind::corrupt_data,
        "{}: layer_types has {} entries for {} layers", config.source(), kinds.size(), count);
  std::vector<bool> sliding;
  for (std::int64_t i = 0; i < count; ++i) {
    if (kinds.empty()) {
      sliding.push_back(fallback(config, i));
      continue;
    }
    const auto& kind = kinds[static_cast<std::size_t>(i)];
    if (kind != "full_attention" && kind != "sliding_attention") {
      config.refuse("layer_types", "full_attention, sliding_attention");
    }
    sliding.push_back(kind == "sliding_attention");
  }
  return sliding;
}

}  // namespace automodel::models
