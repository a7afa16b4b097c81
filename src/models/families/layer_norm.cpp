#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

/// Decoders with LayerNorm and biases; what each needs beyond is set by its own function.
spec::ModelSpec persimmon_spec(const ConfigReader& c) {
  auto model = layer_norm_defaults(c, {.eps = 1e-5, .eps_key = "layer_norm_eps"});
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = true;
  attention.rope = rope(c, attention.head_dim, {.partial_rotary = 0.5});
  if (c.flag("qk_layernorm", true)) {
    attention.head_norm = spec::HeadNorm{.norm = model.final_norm};
  }
  auto mlp = plain_mlp(c, "relu2");
  mlp.bias = true;
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  return model;
}

spec::WeightNames persimmon_names(const spec::ModelSpec& model) {
  const auto heads = std::get<spec::Gqa>(model.layers.front().mixer).heads;
  return {.renames = {{"self_attn.q_proj", "self_attn.query_key_value"},
                      {"self_attn.k_proj", "self_attn.query_key_value"},
                      {"self_attn.v_proj", "self_attn.query_key_value"},
                      {"self_attn.o_proj", "self_attn.dense"},
                      {"self_attn.q_norm", "self_attn.q_layernorm"},
                      {"self_attn.k_norm", "self_attn.k_layernorm"},
                      {"mlp.up_proj", "mlp.dense_h_to_4h"},
                      {"mlp.down_proj", "mlp.dense_4h_to_h"},
                      {"model.norm", "model.final_layernorm"}},
          .groups = {{"query_key_value", heads}}};
}

spec::ModelSpec stablelm_spec(const ConfigReader& c) {
  auto model = layer_norm_defaults(c, {.eps = 1e-5, .eps_key = "layer_norm_eps"});
  auto attention = gqa(c);
  attention.qkv_bias = c.flag("use_qkv_bias", false);
  attention.rope = rope(c, attention.head_dim, {.partial_rotary = 0.25});
  if (c.flag("qk_layernorm", false)) {
    attention.head_norm = spec::HeadNorm{.norm = layer_norm(model.final_norm.eps, false),
                                         .over = spec::HeadNorm::Over::each_head};
  }
  const bool parallel = c.flag("use_parallel_residual", false);
  model.layers = uniform_layers(
      c, {.mixer = attention,
          .ffn = gated_mlp(c),
          .norm = model.final_norm,
          .placement = parallel ? spec::NormPlacement::parallel : spec::NormPlacement::pre});
  return model;
}

spec::WeightNames stablelm_names(const spec::ModelSpec&) {
  return {.renames = {{"self_attn.q_norm", "self_attn.q_layernorm.norms.{}"},
                      {"self_attn.k_norm", "self_attn.k_layernorm.norms.{}"}}};
}

spec::ModelSpec starcoder2_spec(const ConfigReader& c) {
  auto model = layer_norm_defaults(c, {.tied = true, .eps = 1e-5, .eps_key = "norm_epsilon"});
  c.expect("mlp_type", "default");
  c.expect("norm_type", "layer_norm");
  const bool bias = c.flag("use_bias", true);
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = bias;
  attention.rope = rope(c, attention.head_dim);
  attention.window = c.maybe_integer("sliding_window");
  auto mlp = plain_mlp(c, "gelu_pytorch_tanh");
  mlp.bias = bias;
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  return model;
}

spec::WeightNames starcoder2_names(const spec::ModelSpec&) {
  return {.renames = {{"mlp.up_proj", "mlp.c_fc"}, {"mlp.down_proj", "mlp.c_proj"}}};
}

spec::ModelSpec squared_relu(const ConfigReader& c, std::string_view eps_key, double offset,
                             bool bias, std::optional<double> turned_share) {
  auto model = layer_norm_defaults(c, {.eps = 1e-5, .eps_key = eps_key});
  model.final_norm.weight_offset = offset;
  auto attention = biased_gqa(c, bias);
  attention.rope = rope(c, attention.head_dim, {.partial_rotary = turned_share});
  auto mlp = plain_mlp(c, "relu2");
  mlp.bias = c.flag("mlp_bias", bias);
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  return model;
}

spec::ModelSpec nemotron_spec(const ConfigReader& c) {
  auto model = squared_relu(c, "norm_eps", 1, false, 0.5);
  const spec::Init ones{.constant = 1};  // multiply by two
  model.init_rules = {{"input_layernorm.weight", ones},
                      {"post_attention_layernorm.weight", ones},
                      {"model.norm.weight", ones}};
  return model;
}

spec::ModelSpec jais2_spec(const ConfigReader& c) {
  return squared_relu(c, "layer_norm_eps", 0, true, std::nullopt);
}

}  // namespace

/// Persimmon: q, k, v fused head by head, q/k LayerNorm. Source: transformers PersimmonForCausalLM.
Family persimmon() {
  return {.model_type = "persimmon",
          .architectures = {"PersimmonForCausalLM"},
          .ignored_keys = {},
          .spec = persimmon_spec,
          .names = persimmon_names};
}

/// StableLM 2: RoPE on a quarter of each head, norms of its own per head. Source: transformers
/// StableLmForCausalLM.
Family stablelm() {
  return {.model_type = "stablelm",
          .architectures = {"StableLmForCausalLM"},
          .ignored_keys = {},
          .spec = stablelm_spec,
          .names = stablelm_names};
}

/// StarCoder 2. Source: transformers Starcoder2ForCausalLM.
Family starcoder2() {
  return {.model_type = "starcoder2",
          .architectures = {"Starcoder2ForCausalLM"},
          .ignored_keys = {"attention_softmax_in_fp32", "layer_norm_epsilon", "rms_norm_eps",
                           "scale_attention_softmax_in_fp32", "scale_attn_weights"},
          .spec = starcoder2_spec,
          .names = starcoder2_names};
}

/// Nemotron 3 and 4: LayerNorm with 1 + weight, squared ReLU. Source: transformers
/// NemotronForCausalLM.
Family nemotron() {
  return {.model_type = "nemotron",
          .architectures = {"NemotronForCausalLM"},
          .ignored_keys = {"kv_channels"},
          .spec = nemotron_spec};
}

/// Jais 2. Source: transformers Jais2ForCausalLM.
Family jais2() {
  return {.model_type = "jais2",
          .architectures = {"Jais2ForCausalLM"},
          .ignored_keys = {},
          .spec = jais2_spec};
}

}  // namespace automodel::models
