#include "base/error.h"
#include "models/common.h"
#include "models/family.h"
#include "models/gpt.h"

namespace automodel::models {
namespace {

/// CodeGen's fused projection was split over so many devices.
constexpr std::int64_t kCodegenGroups = 4;

spec::ModelSpec gptj_spec(const ConfigReader& c) {
  auto model = gpt_defaults(c, false);
  model.head_bias = true;
  auto attention = gqa(c);
  if (c.states("rotary_dim") && !c.has("rotary_dim")) {
    c.refuse("rotary_dim", "the number of rotary entries in a head");
  }
  attention.rope = spec::Rope{.dim = c.integer("rotary_dim", 64), .interleaved = true};
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = gpt_mlp(c, "gelu_new"),
                                    .norm = model.final_norm,
                                    .placement = spec::NormPlacement::parallel});
  return model;
}

spec::ModelSpec codegen_spec(const ConfigReader& c) {
  auto model = gptj_spec(c);
  const auto heads = c.integer("num_attention_heads");
  check(heads % kCodegenGroups == 0, ErrorKind::corrupt_data,
        "{}: n_head is {}, expected a multiple of {}", c.source(), heads, kCodegenGroups);
  return model;
}

spec::WeightNames gptj_names(const spec::ModelSpec&) {
  return gpt_names({{"self_attn.o_proj", "self_attn.out_proj"},
                    {"self_attn", "attn"},
                    {"mlp.up_proj", "mlp.fc_in"},
                    {"mlp.down_proj", "mlp.fc_out"}});
}

spec::WeightNames codegen_names(const spec::ModelSpec& model) {
  auto names = gptj_names(model);
  names.renames.insert(names.renames.end(), {{"attn.q_proj", "attn.qkv_proj"},
                                             {"attn.v_proj", "attn.qkv_proj"},
                                             {"attn.k_proj", "attn.qkv_proj"}});
  names.groups = {{"attn.qkv_proj", kCodegenGroups}};
  return names;
}

}  // namespace

/// GPT-J: attention and feed-forward in parallel behind one norm, interleaved RoPE, a bias on the
/// head. Source: transformers GPTJForCausalLM.
Family gptj() {
  return {.model_type = "gptj",
          .architectures = {"GPTJForCausalLM"},
          .ignored_keys = gpt_ignored_keys(),
          .spec = gptj_spec,
          .names = gptj_names,
          .key_names = gpt_key_names()};
}

/// CodeGen: GPT-J with q, v and k fused in four groups. Source: transformers CodeGenForCausalLM.
Family codegen() {
  return {.model_type = "codegen",
          .architectures = {"CodeGenForCausalLM"},
          .ignored_keys = gpt_ignored_keys(),
          .spec = codegen_spec,
          .names = codegen_names,
          .key_names = gpt_key_names()};
}

}  // namespace automodel::models
