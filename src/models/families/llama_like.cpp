#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

/// Llama's layer with this attention.
spec::ModelSpec plain_decoder(const ConfigReader& c, spec::ModelSpec model,
                              const spec::Gqa& attention, bool mlp_bias = false) {
  auto mlp = gated_mlp(c);
  mlp.bias = mlp_bias;
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  return model;
}

spec::ModelSpec arcee_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  auto attention = biased_gqa(c);
  attention.rope = rope(c, attention.head_dim);
  auto mlp = plain_mlp(c, "relu2");
  mlp.bias = c.flag("mlp_bias", false);
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  return model;
}

spec::ModelSpec internlm3_spec(const ConfigReader& c) {
  auto attention = gqa(c);
  const bool bias = c.flag("qkv_bias", false);
  const bool mlp_bias = c.flag("bias", false);
  if (bias != mlp_bias) {
    c.refuse("qkv_bias", "the value of bias (mlp_bias)");
  }
  attention.qkv_bias = attention.out_bias = bias;
  attention.rope = rope(c, attention.head_dim);
  return plain_decoder(c, decoder_defaults(c, {.pad = 2, .eps = 1e-5}), attention, mlp_bias);
}

spec::ModelSpec iquestcoder_spec(const ConfigReader& c) {
  auto attention = biased_gqa(c);
  attention.rope = rope(c, attention.head_dim);
  return plain_decoder(c, decoder_defaults(c, {.eps = 1e-5}), attention, c.flag("mlp_bias", false));
}

spec::ModelSpec seed_oss_spec(const ConfigReader& c) {
  auto attention = gqa(c);
  attention.qkv_bias = c.flag("attention_bias", true);
  attention.out_bias = c.flag("attention_out_bias", false);
  attention.rope = rope(c, attention.head_dim);
  return plain_decoder(c, decoder_defaults(c, {.pad = 1}), attention, c.flag("mlp_bias", false));
}

spec::ModelSpec helium_spec(const ConfigReader& c) {
  auto attention = gqa(c);
  attention.qkv_bias = c.flag("attention_bias", false);
  attention.rope = rope(c, attention.head_dim, {.theta = 100000});
  attention.rope->interleaved = true;
  auto model = decoder_defaults(c, {.pad = 3, .eps = 1e-8});
  model.final_norm.gain_in_float32 = true;
  return plain_decoder(c, model, attention, c.flag("mlp_bias", false));
}

spec::ModelSpec ernie4_5_spec(const ConfigReader& c) {
  auto attention = gqa(c);
  const bool bias = c.flag("use_bias", false);
  attention.qkv_bias = attention.out_bias = bias;
  attention.rope = rope(c, attention.head_dim, {.theta = 500000});
  attention.rope->interleaved = attention.rope->in_float32 = true;
  return plain_decoder(c, decoder_defaults(c, {.tied = true, .pad = 0, .eps = 1e-5}), attention,
                       bias);
}

}  // namespace

/// Arcee: Llama with a plain feed-forward of squared ReLU. Source: transformers ArceeForCausalLM.
Family arcee() {
  return {.model_type = "arcee",
          .architectures = {"ArceeForCausalLM"},
          .ignored_keys = {},
          .spec = arcee_spec};
}

/// InternLM 3: Llama with one switch for all biases. Source: transformers InternLM3Config.
Family internlm3() {
  return {.model_type = "internlm3",
          .architectures = {"LlamaForCausalLM"},
          .ignored_keys = {},
          .spec = internlm3_spec,
          .key_names = {{"qkv_bias", "attention_bias"}, {"bias", "mlp_bias"}}};
}

/// IQuest-Coder: Llama. Source: transformers IQuestCoderConfig.
Family iquestcoder() {
  return {.model_type = "iquestcoder",
          .architectures = {"LlamaForCausalLM"},
          .ignored_keys = {},
          .spec = iquestcoder_spec};
}

/// Seed-OSS: biases on q, k, v. Source: transformers SeedOssForCausalLM.
Family seed_oss() {
  return {.model_type = "seed_oss",
          .architectures = {"SeedOssForCausalLM"},
          .ignored_keys = {},
          .spec = seed_oss_spec};
}

/// Helium: interleaved RoPE. Source: transformers HeliumForCausalLM.
Family helium() {
  return {.model_type = "helium",
          .architectures = {"HeliumForCausalLM"},
          .ignored_keys = {},
          .spec = helium_spec};
}

/// Ernie 4.5, dense: interleaved RoPE. Source: transformers Ernie4_5ForCausalLM.
Family ernie4_5() {
  return {.model_type = "ernie4_5",
          .architectures = {"Ernie4_5ForCausalLM"},
          .ignored_keys = {},
          .spec = ernie4_5_spec};
}

}  // namespace automodel::models
