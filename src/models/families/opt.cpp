#include <cmath>

#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

/// Fairseq's tables of positions begin with two rows for padding.
constexpr std::int64_t kOffset = 2;
constexpr double kEps = 1e-5;  // not configurable

spec::ModelSpec fairseq_defaults(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.tied = true, .pad = 1});
  model.final_norm = layer_norm(kEps, true);
  model.positions =
      spec::LearnedPositions{.count = model.max_positions + kOffset, .offset = kOffset};
  return model;
}

spec::Layer fairseq_layer(const ConfigReader& c, const spec::Norm& norm, std::string_view act,
                          bool bias) {
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = bias;
  auto mlp = plain_mlp(c, act);
  mlp.bias = bias;
  return {.mixer = attention, .ffn = mlp, .norm = norm};
}

std::vector<spec::Rename> fairseq_renames(const std::vector<spec::Rename>& first) {
  auto all = first;
  all.insert(all.end(), {{"input_layernorm", "self_attn_layer_norm"},
                         {"post_feedforward_layernorm", "final_layer_norm"},
                         {"post_attention_layernorm", "final_layer_norm"},
                         {"self_attn.o_proj", "self_attn.out_proj"},
                         {"mlp.up_proj", "fc1"},
                         {"mlp.down_proj", "fc2"}});
  return all;
}

spec::ModelSpec opt_spec(const ConfigReader& c) {
  auto model = fairseq_defaults(c);
  c.expect("learned_embeddings", true);  // Galactica's files: the positions
  model.final_norm.has_weight = model.final_norm.has_bias =
      c.flag("layer_norm_elementwise_affine", true);
  const bool before = c.flag("do_layer_norm_before", true);
  model.has_final_norm = before && !c.flag("_remove_final_layer_norm", false);
  const auto width = c.integer("word_embed_proj_dim", model.dim);
  model.embedding_dim = width == model.dim ? 0 : width;
  auto layer = fairseq_layer(c, model.final_norm, "relu", c.flag("enable_bias", true));
  layer.placement = before ? spec::NormPlacement::pre : spec::NormPlacement::post_residual;
  model.layers = uniform_layers(c, layer);
  return model;
}

spec::WeightNames opt_names(const spec::ModelSpec& model) {
  std::vector<spec::Rename> first = {{"model.norm", "model.final_layer_norm"},
                                     {"model", "model.decoder"}};
  if (model.layers.front().placement == spec::NormPlacement::post_residual) {
    first.push_back({"post_attention_layernorm", "self_attn_layer_norm"});
  }
  return {.renames = fairseq_renames(first), .body_prefix = "model."};
}

spec::ModelSpec biogpt_spec(const ConfigReader& c) {
  auto model = fairseq_defaults(c);
  if (c.flag("scale_embedding", true)) {
    model.embedding_scale = std::sqrt(static_cast<double>(model.dim));
  }
  model.layers = uniform_layers(c, fairseq_layer(c, model.final_norm, "gelu", true));
  return model;
}

spec::WeightNames biogpt_names(const spec::ModelSpec&) {
  return {.renames = fairseq_renames({{"model.norm", "model.layer_norm"},
                                      {"model", "biogpt"},
                                      {"lm_head", "output_projection"}}),
          .body_prefix = "biogpt."};
}

}  // namespace

/// OPT: learned positions, biases; the 350M model has narrow embeddings and norms behind the sums.
/// Source: transformers OPTForCausalLM.
Family opt() {
  return {.model_type = "opt",
          .architectures = {"OPTForCausalLM"},
          .ignored_keys = {},
          .spec = opt_spec,
          .names = opt_names,
          .key_names = {{"intermediate_size", "ffn_dim"},
                        {"hidden_act", "activation_function"},
                        {"initializer_range", "init_std"}}};
}

/// BioGPT: scaled embedding, learned positions. Source: transformers BioGptForCausalLM.
Family biogpt() {
  return {.model_type = "biogpt",
          .architectures = {"BioGptForCausalLM"},
          .ignored_keys = {"layer_norm_eps"},
          .spec = biogpt_spec,
          .names = biogpt_names};
}

}  // namespace automodel::models
