#include "models/common.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/error.h"

namespace automodel::models {
namespace {

/// What holds where the parameter object of a RoPE is silent.
struct RopeContext {
  double theta = 10000;
  std::int64_t max_positions = 2048;               // the config's limit
  std::optional<double> partial_rotary;            // as in Defaults
  std::optional<std::int64_t> original_positions;  // before scaling, whatever the object says
  bool of_kind = false;           // one of several objects, each for a kind of layer
  bool yarn_is_longrope = false;  // as in Defaults
};

double yarn_attention_factor(const ConfigReader& parameters, double factor) {
  const double numerator = parameters.number("mscale", 0);
  const double denominator = parameters.number("mscale_all_dim", 0);
  if (const auto given = parameters.maybe_number("attention_factor")) {
    return *given;
  }
  return numerator != 0 && denominator != 0
             ? yarn_mscale(factor, numerator) / yarn_mscale(factor, denominator)
             : yarn_mscale(factor);
}

std::int64_t original_positions(const ConfigReader& parameters, const RopeContext& context) {
  constexpr auto* kKey = "original_max_position_embeddings";
  if (context.original_positions) {
    parameters.pass_over(kKey);
    return *context.original_positions;
  }
  return parameters.integer(kKey, context.max_positions);
}

spec::YarnScaling yarn(const ConfigReader& parameters, const RopeContext& context) {
  spec::YarnScaling scaling;
  scaling.original_positions = original_positions(parameters, context);
  scaling.factor = parameters.number("factor", static_cast<double>(context.max_positions) /
                                                   static_cast<double>(scaling.original_positions));
  scaling.beta_fast = parameters.number("beta_fast", 32);
  scaling.beta_slow = parameters.number("beta_slow", 1);
  scaling.truncate = parameters.flag("truncate", true);
  if (context.of_kind && !scaling.truncate) {
    parameters.refuse("truncate", "true, as Transformers does not look for it in a kind of layer");
  }
  scaling.attention_factor = yarn_attention_factor(parameters, scaling.factor);
  parameters.pass_over("attn_factor");  // vLLM's; Transformers warns of it and does not read it
  return scaling;
}

spec::Llama3Scaling llama3(const ConfigReader& parameters, const RopeContext& context) {
  return {.factor = parameters.number("factor"),
          .low_freq_factor = parameters.number("low_freq_factor"),
          .high_freq_factor = parameters.number("high_freq_factor"),
          .original_positions = original_positions(parameters, context)};
}

spec::LongRopeScaling longrope(const ConfigReader& parameters, const RopeContext& context) {
  spec::LongRopeScaling scaling;
  scaling.short_factor = parameters.numbers("short_factor");
  scaling.long_factor = parameters.numbers("long_factor");
  scaling.original_positions = original_positions(parameters, context);
  const auto original = static_cast<double>(scaling.original_positions);
  const double factor =
      parameters.number("factor", static_cast<double>(context.max_positions) / original);
  const double inferred = factor <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(original));
  scaling.attention_factor = parameters.number("attention_factor", inferred);
  return scaling;
}

spec::RopeScaling rope_scaling(const ConfigReader& parameters, const RopeContext& context) {
  const auto type = rope_type(parameters);
  if (type == "default") {
    return std::monostate{};
  }
  if (type == "linear") {
    return spec::LinearScaling{parameters.number("factor")};
  }
  if (type == "dynamic") {
    return spec::DynamicScaling{parameters.number("factor"), context.max_positions};
  }
  if (type == "llama3") {
    return llama3(parameters, context);
  }
  if (type == "longrope" || type == "su" || (type == "yarn" && context.yarn_is_longrope)) {
    return longrope(parameters, context);
  }
  if (type == "yarn") {
    return yarn(parameters, context);
  }
  parameters.refuse(parameters.has("rope_type") ? "rope_type" : "type",
                    "default, linear, dynamic, llama3, yarn, longrope, proportional");
}

/// Counts the whole head as rotary, of which a part then turns.
void make_proportional(const ConfigReader& parameters, std::int64_t head_dim, spec::Rope& rope) {
  rope.scaling = spec::ProportionalScaling{.turned = rope.dim / 2 * 2,
                                           .factor = parameters.number("factor", 1)};
  rope.dim = head_dim;
}

/// The share of a head that turns.
double turned_share(const ConfigReader& parameters, std::optional<double> usual,
                    std::string_view key = "partial_rotary_factor") {
  const double share = parameters.number(key, usual.value_or(1));
  if (!usual && share != 1) {
    parameters.refuse(key, "1, as Transformers turns whole heads in models of this type");
  }
  return share;
}

bool knows_original_positions(const std::string& type) {
  return type == "llama3" || type == "yarn" || type == "longrope" || type == "su";
}

/// Keys beside the object of a RoPE's parameters.
void pass_over_rope_keys(const ConfigReader& config, const Defaults& defaults) {
  for (const std::string_view key :
       {"rope_theta", "partial_rotary_factor", "original_max_position_embeddings"}) {
    config.pass_over(key);
  }
  config.pass_over(defaults.theta_key);
  config.pass_over(defaults.partial_rotary_key);
}

/// theta, from the key beside the object of parameters if that has none.
double theta_of(const ConfigReader& config, const ConfigReader& parameters,
                const Defaults& defaults) {
  const bool is_beside = !parameters.has("rope_theta") && !defaults.theta_key.empty() &&
                         (parameters.empty() || config.has(defaults.theta_key));
  return is_beside ? config.number(defaults.theta_key, defaults.theta)
                   : parameters.number("rope_theta", defaults.theta);
}

std::int64_t max_positions(const ConfigReader& config) {
  return config.integer("max_position_embeddings", 2048);
}

/// What holds where `parameters` is silent: the keys beside it. Those that it says itself, or that
/// the type does not read, are passed over.
RopeContext rope_context(const ConfigReader& config, const ConfigReader& parameters,
                         const Defaults& defaults) {
  pass_over_rope_keys(config, defaults);
  RopeContext context{.theta = theta_of(config, parameters, defaults),
                      .max_positions = max_positions(config),
                      .partial_rotary = defaults.partial_rotary,
                      .yarn_is_longrope = defaults.yarn_is_longrope};
  if (!parameters.has("partial_rotary_factor")) {
    const double share = turned_share(config, defaults.partial_rotary, defaults.partial_rotary_key);
    context.partial_rotary = defaults.partial_rotary ? std::optional(share) : std::nullopt;
  }
  if (knows_original_positions(rope_type(parameters))) {
    context.original_positions = config.maybe_integer("original_max_position_embeddings");
  }
  return context;
}

/// Reads one RoPE from a parameter object. `known` as of rope().
spec::Rope rope_from(const ConfigReader& parameters, std::int64_t head_dim,
                     const RopeContext& context, const std::vector<std::string>& known = {}) {
  spec::Rope result;
  result.theta = context.theta;
  parameters.pass_over("finetuned");  // whether the scaling was: Transformers does not read it
  const bool proportional = parameters.text("rope_type", "") == "proportional";
  if (!proportional) {
    result.scaling = rope_scaling(parameters, context);
  }
  const auto usual =
      proportional ? std::optional(context.partial_rotary.value_or(1)) : context.partial_rotary;
  result.dim =
      static_cast<std::int64_t>(static_cast<double>(head_dim) * turned_share(parameters, usual));
  if (proportional) {
    make_proportional(parameters, head_dim, result);
  }
  parameters.finish(known);
  return result;
}

void check_one_object(const ConfigReader& config, const ConfigReader& parameters,
                      const ConfigReader& older) {
  if (!older.empty() && config.states("rope_parameters") && !parameters.empty()) {
    config.refuse("rope_scaling", "null beside rope_parameters; write all into one of them");
  }
}

}  // namespace

double configured_dropout(const ConfigReader& config) {
  constexpr auto kKeys = std::to_array<std::string_view>(
      {"attention_dropout", "hidden_dropout", "residual_dropout", "embedding_dropout",
       "resid_pdrop", "embd_pdrop", "attn_pdrop", "dropout", "activation_dropout", "layerdrop",
       "attention_probs_dropout_prob", "hidden_dropout_prob", "embed_dropout", "resid_dropout",
       "emb_pdrop", "mlp_dropout"});
  double largest = 0;
  for (const auto key : kKeys) {
    largest = std::max(largest, config.maybe_number(key).value_or(0));
  }
  return largest;
}

spec::Norm layer_norm(double eps, bool bias) {
  return {.kind = spec::Norm::Kind::layer, .eps = eps, .has_bias = bias, .gain_in_float32 = true};
}

spec::ModelSpec decoder_defaults(const ConfigReader& config, const Defaults& defaults) {
  spec::ModelSpec model;
  model.vocab_size = config.integer("vocab_size");
  model.dim = config.integer("hidden_size");
  model.max_positions = config.integer("max_position_embeddings", 2048);
  model.final_norm.eps = config.number(defaults.eps_key, defaults.eps);
  model.tied_head = config.flag("tie_word_embeddings", defaults.tied);
  model.init.std = config.number("initializer_range", 0.02);
  model.pad_token_id = config.maybe_integer("pad_token_id");
  if (!model.pad_token_id && !config.states("pad_token_id")) {
    model.pad_token_id = defaults.pad;
  }
  if (!defaults.freezes_pad) {
    model.pad_token_id.reset();
  }
  if (model.pad_token_id && *model.pad_token_id < 0) {
    *model.pad_token_id += model.vocab_size;  // as torch's embedding counts
  }
  check(!model.pad_token_id || !config.states("pad_token_id") ||
            *model.pad_token_id < model.vocab_size,
        ErrorKind::corrupt_data,
        "{}: pad_token_id is {}, but the vocabulary has {} tokens: Transformers makes no embedding "
        "of these; give another by model.pad_token_id, or null",
        config.source(), model.pad_token_id.value_or(0), model.vocab_size);
  model.dropout = configured_dropout(config);
  return model;
}

spec::ModelSpec layer_norm_defaults(const ConfigReader& config, const Defaults& defaults,
                                    bool bias) {
  auto model = decoder_defaults(config, defaults);
  model.final_norm = layer_norm(model.final_norm.eps, bias);
  return model;
}

std::int64_t layer_count(const ConfigReader& config) {
  const auto count = config.integer("num_hidden_layers");
  check(count > 0 && count <= 10000, ErrorKind::corrupt_data,
        "{}: num_hidden_layers is {}, expected 1 to 10000", config.source(), count);
  return count;
}

void check_per_layer(const ConfigReader& config, std::string_view key, std::size_t entries) {
  const auto layers = static_cast<std::size_t>(layer_count(config));
  check(entries == layers, ErrorKind::corrupt_data,
        "{}: {} has {} entries for {} layers; it needs one for each", config.source(), key, entries,
        layers);
}

std::vector<spec::InitRule> smaller_with_depth(const spec::ModelSpec& model) {
  spec::Init init = model.init;
  init.std /= std::sqrt(2 * static_cast<double>(model.layers.size()));
  return {{"self_attn.o_proj.weight", init}, {"mlp.down_proj.weight", init}};
}

std::vector<spec::Layer> uniform_layers(const ConfigReader& config, const spec::Layer& layer) {
  return std::vector<spec::Layer>(static_cast<std::size_t>(layer_count(config)), layer);
}

ConfigReader rope_object(const ConfigReader& config) {
  const auto parameters = config.object("rope_parameters");
  const auto older = config.object("rope_scaling");
  check_one_object(config, parameters, older);
  return older.empty() ? parameters : older;
}

double yarn_mscale(double factor, double weight) {
  return factor <= 1 ? 1 : 0.1 * weight * std::log(factor) + 1;
}

std::string rope_type(const ConfigReader& parameters) {
  const bool old_name = parameters.has("type") && !parameters.has("rope_type");
  return parameters.text(old_name ? "type" : "rope_type", "default");
}

spec::Rope rope(const ConfigReader& config, std::int64_t head_dim, const Defaults& defaults,
                const std::vector<std::string>& known) {
  const auto parameters = rope_object(config);
  return rope_from(parameters, head_dim, rope_context(config, parameters, defaults), known);
}

std::string_view kind_name(bool sliding) {
  return sliding ? "sliding_attention" : "full_attention";
}

std::optional<spec::Rope> rope_of_kind(const ConfigReader& config, std::int64_t head_dim,
                                       bool sliding, const Defaults& defaults) {
  if (!config.object("rope_scaling").empty()) {
    config.refuse("rope_scaling", "rope_parameters, as Transformers looks at nothing else here");
  }
  pass_over_rope_keys(config, defaults);
  const auto all = config.object("rope_parameters");
  const auto kind = kind_name(sliding);
  const bool is_by_kind = all.states(kind);
  if (is_by_kind && !all.has(kind)) {
    return std::nullopt;
  }
  const auto parameters = is_by_kind ? all.object(kind) : all;
  const double share =
      parameters.number("partial_rotary_factor", defaults.partial_rotary.value_or(1));
  if (config.maybe_number("partial_rotary_factor").value_or(share) != share) {
    config.refuse("partial_rotary_factor", "null, with one of its own in each of rope_parameters");
  }
  return rope_from(parameters, head_dim,
                   {.theta = theta_of(config, parameters, defaults),
                    .max_positions = max_positions(config),
                    .partial_rotary = defaults.partial_rotary,
                    .of_kind = is_by_kind});
}

spec::Rope rope_of_kind_or_older(const ConfigReader& config, std::int64_t head_dim, bool sliding,
                                 const Defaults& defaults, bool scales) {
  const auto by_kind = config.object("rope_parameters");
  const auto older = config.object("rope_scaling");
  check_one_object(config, by_kind, older);
  if (older.has("type") && !older.has("rope_type")) {
    older.refuse("type", "rope_type, as Transformers looks for nothing else here");
  }
  const bool is_by_kind = by_kind.has(kind_name(sliding));
  const auto scaled = scales ? older : config.nothing();
  const auto parameters = is_by_kind ? by_kind.object(kind_name(sliding)) : scaled;
  config.pass_over("rope_theta");
  config.pass_over(defaults.theta_key);
  return rope_from(parameters, head_dim,
                   {.theta = theta_of(config, parameters, defaults),
                    .max_positions = max_positions(config),
                    .of_kind = is_by_kind});
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

spec::Gqa biased_gqa(const ConfigReader& config, bool fallback) {
  auto result = gqa(config);
  result.qkv_bias = result.out_bias = config.flag("attention_bias", fallback);
  return result;
}

spec::Gqa normed_gqa(const ConfigReader& config, const spec::ModelSpec& model) {
  auto result = biased_gqa(config);
  result.head_norm = spec::HeadNorm{.norm = model.final_norm};
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
                                               {"gelu_fast", spec::Activation::gelu_tanh},
                                               {"gelu_pytorch_tanh", spec::Activation::gelu_tanh},
                                               {"relu", spec::Activation::relu},
                                               {"relu2", spec::Activation::relu2}});
  const auto wanted = config.text(key, fallback);
  for (const auto& [name, value] : kNames) {
    if (name == wanted) {
      return value;
    }
  }
  config.refuse(key, "silu, swish, gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, relu, relu2");
}

spec::Mlp gated_mlp(const ConfigReader& config) {
  return {.inner = config.integer("intermediate_size"),
          .activation = activation(config, "hidden_act", "silu"),
          .gated = true};
}

spec::Mlp plain_mlp(const ConfigReader& config, std::string_view activation_fallback) {
  return {.inner = config.integer("intermediate_size"),
          .activation = activation(config, "hidden_act", activation_fallback),
          .gated = false};
}

std::optional<std::int64_t> window_of(const ConfigReader& config, bool sliding,
                                      std::int64_t fallback) {
  if (sliding && config.states("sliding_window") && !config.has("sliding_window")) {
    config.refuse("sliding_window", "a number, as some layers slide");
  }
  const auto window = config.integer("sliding_window", fallback);
  return sliding ? std::optional(window) : std::nullopt;
}

bool never_slides(const ConfigReader&, std::int64_t) { return false; }

bool slides_by_pattern(const ConfigReader& config, std::int64_t layer) {
  const auto pattern = config.integer("sliding_window_pattern", 4);
  return pattern > 0 && config.has("sliding_window") && (layer + 1) % pattern != 0;
}

std::vector<bool> sliding_layers(const ConfigReader& config,
                                 bool (*fallback)(const ConfigReader&, std::int64_t)) {
  const auto count = layer_count(config);
  const auto kinds = config.texts("layer_types");
  if (!kinds.empty()) {
    check_per_layer(config, "layer_types", kinds.size());
  }
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
