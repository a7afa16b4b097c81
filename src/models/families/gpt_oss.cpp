#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

spec::ModelSpec gpt_oss_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  model.final_norm.gain_in_float32 = true;
  model.init_rules = {{"mlp.gate.bias", model.init}};
  model.float32_or_bfloat16_parts = {"input_layernorm", "post_attention_layernorm", "model.norm"};
  auto attention = biased_gqa(c, true);
  attention.sinks = true;
  attention.rope = rope(c, attention.head_dim, {.theta = 150000});
  auto moe = routed_experts(c, {.experts = 128,
                                .per_token = 4,
                                .inner = 2880,
                                .inner_key = "intermediate_size",
                                .balance_loss = 0.001});
  moe.bias = true;
  moe.clamp = spec::SwigluClamp{.limit = c.number("swiglu_limit", 7),
                                .alpha = c.number("swiglu_alpha", 1.702)};
  moe.router = {.score = spec::Router::Score::softmax_of_chosen, .bias = true};
  for (const bool sliding : sliding_layers(c, slides_but_each<2>)) {
    attention.window = window_of(c, sliding, 128);
    model.layers.push_back({.mixer = attention, .ffn = moe, .norm = model.final_norm});
  }
  return model;
}

/// Gate and up rows by turns, [experts, in, out].
spec::WeightNames gpt_oss_names(const spec::ModelSpec& model) {
  const auto inner = std::get<spec::Moe>(model.layers.front().ffn).inner;
  return {.renames = {{"mlp.gate", "mlp.router"},
                      {"mlp.experts.gate_proj.weight", "mlp.experts.gate_up_proj"},
                      {"mlp.experts.gate_proj.bias", "mlp.experts.gate_up_proj_bias"},
                      {"mlp.experts.up_proj.weight", "mlp.experts.gate_up_proj"},
                      {"mlp.experts.up_proj.bias", "mlp.experts.gate_up_proj_bias"},
                      {"mlp.experts.down_proj.weight", "mlp.experts.down_proj"},
                      {"mlp.experts.down_proj.bias", "mlp.experts.down_proj_bias"}},
          .groups = {{"mlp.experts.gate_up_proj", inner}, {"mlp.experts.gate_up_proj_bias", inner}},
          .transposed = {"mlp.experts.gate_up_proj", "mlp.experts.down_proj"}};
}

}  // namespace

/// GPT-OSS: attention sinks, windows on every second layer, experts with biases and a clamped
/// product. Source: transformers GptOssForCausalLM.
Family gpt_oss() {
  return {.model_type = "gpt_oss",
          .architectures = {"GptOssForCausalLM"},
          .ignored_keys = {"experts_per_token", "initial_context_length"},
          .spec = gpt_oss_spec,
          .names = gpt_oss_names,
          .key_names = {{"num_experts", "num_local_experts"}}};
}

}  // namespace automodel::models
