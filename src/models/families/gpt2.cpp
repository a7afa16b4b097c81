#include "models/common.h"
#include "models/family.h"
#include "models/gpt.h"

namespace automodel::models {
namespace {

spec::ModelSpec with_positions(const ConfigReader& c) {
  auto model = gpt_defaults(c);
  model.positions = spec::LearnedPositions{.count = model.max_positions};
  return model;
}

spec::Gqa biased_attention(const ConfigReader& c) {
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = true;
  return attention;
}

spec::ModelSpec gpt2_spec(const ConfigReader& c) {
  auto model = with_positions(c);
  auto attention = biased_attention(c);
  const bool scales = c.flag("scale_attn_weights", true);
  c.expect("normalize_attention_scores", scales);  // GPT-SW3's name of it
  attention.scale = scales ? attention.scale : 1;
  model.layers = uniform_layers(
      c, {.mixer = attention, .ffn = gpt_mlp(c, "gelu_new"), .norm = model.final_norm});
  model.init_rules = smaller_with_depth(model);
  if (c.flag("scale_attn_by_inverse_layer_idx", false)) {
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      std::get<spec::Gqa>(model.layers[i].mixer).scale /= static_cast<double>(i + 1);
    }
  }
  return model;
}

spec::WeightNames fused_names() {
  return gpt_names({{"self_attn.q_proj", "attn.c_attn"},
                    {"self_attn.k_proj", "attn.c_attn"},
                    {"self_attn.v_proj", "attn.c_attn"},
                    {"self_attn.o_proj", "attn.c_proj"},
                    {"mlp.up_proj", "mlp.c_fc"},
                    {"mlp.down_proj", "mlp.c_proj"}});
}

spec::WeightNames gpt2_names(const spec::ModelSpec&) {
  auto names = fused_names();
  names.transposed = {"attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"};
  return names;
}

spec::ModelSpec gpt_bigcode_spec(const ConfigReader& c) {
  auto model = with_positions(c);
  auto attention = biased_attention(c);
  attention.kv_heads = c.flag("multi_query", true) ? 1 : attention.heads;
  attention.scale = c.flag("scale_attn_weights", true) ? attention.scale : 1;
  model.layers = uniform_layers(
      c, {.mixer = attention, .ffn = gpt_mlp(c, "gelu_pytorch_tanh"), .norm = model.final_norm});
  model.init_rules = smaller_with_depth(model);
  return model;
}

spec::WeightNames gpt_bigcode_names(const spec::ModelSpec& model) {
  auto names = fused_names();
  names.groups = {{"attn.c_attn", std::get<spec::Gqa>(model.layers.front().mixer).kv_heads}};
  return names;
}

/// Its "gelu" is the tanh form.
spec::Activation openai_activation(const ConfigReader& c) {
  return c.text("hidden_act", "gelu") == "gelu" ? spec::Activation::gelu_tanh
                                                : activation(c, "hidden_act", "gelu");
}

spec::ModelSpec openai_spec(const ConfigReader& c) {
  auto model = with_positions(c);
  model.has_final_norm = false;
  auto mlp = gpt_mlp(c, "gelu");
  mlp.activation = openai_activation(c);
  // Its linears keep what Transformers' Conv1D draws, whatever the config says.
  const spec::Init fixed{.std = 0.02};
  model.init_rules = {{"self_attn.q_proj.weight", fixed}, {"self_attn.k_proj.weight", fixed},
                      {"self_attn.v_proj.weight", fixed}, {"self_attn.o_proj.weight", fixed},
                      {"mlp.up_proj.weight", fixed},      {"mlp.down_proj.weight", fixed}};
  model.layers = uniform_layers(c, {.mixer = biased_attention(c),
                                    .ffn = mlp,
                                    .norm = model.final_norm,
                                    .placement = spec::NormPlacement::post_residual});
  return model;
}

spec::WeightNames openai_names(const spec::ModelSpec& model) {
  auto names = gpt2_names(model);
  names.renames.insert(names.renames.begin(),
                       {{"model.embed_tokens", "transformer.tokens_embed"},
                        {"model.embed_positions", "transformer.positions_embed"},
                        {"post_attention_layernorm", "ln_1"},
                        {"post_feedforward_layernorm", "ln_2"}});
  return names;
}

std::vector<KeyName> openai_key_names() {
  auto names = gpt_key_names();
  names.insert(names.begin(), KeyName{"hidden_act", "afn"});
  return names;
}

}  // namespace

/// GPT-SW3: GPT-2 under another name. Source: transformers GPT2LMHeadModel.
Family gpt_sw3() {
  auto family = gpt2();
  family.model_type = "gpt-sw3";
  return family;
}

/// GPT-2. Source: transformers GPT2LMHeadModel.
Family gpt2() {
  return {.model_type = "gpt2",
          .architectures = {"GPT2LMHeadModel"},
          .ignored_keys = gpt_ignored_keys({"apply_query_key_layer_scaling"}),
          .spec = gpt2_spec,
          .names = gpt2_names,
          .key_names = gpt_key_names()};
}

/// SantaCoder, StarCoder: GPT-2 with one head of keys and values for all. Source: transformers
/// GPTBigCodeForCausalLM.
Family gpt_bigcode() {
  return {.model_type = "gpt_bigcode",
          .architectures = {"GPTBigCodeForCausalLM"},
          .ignored_keys =
              gpt_ignored_keys({"attention_softmax_in_fp32", "inference_runner", "max_batch_size",
                                "max_sequence_length", "pad_key_length", "pre_allocate_kv_cache",
                                "scale_attention_softmax_in_fp32", "validate_runner_input"}),
          .spec = gpt_bigcode_spec,
          .names = gpt_bigcode_names,
          .key_names = gpt_key_names()};
}

/// The first GPT: norms behind the sums, none at the end. Source: transformers
/// OpenAIGPTLMHeadModel.
Family openai_gpt() {
  return {.model_type = "openai-gpt",
          .architectures = {"OpenAIGPTLMHeadModel"},
          .ignored_keys = gpt_ignored_keys(),
          .spec = openai_spec,
          .names = openai_names,
          .key_names = openai_key_names()};
}

}  // namespace automodel::models
