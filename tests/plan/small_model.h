#pragma once
// A recipe's parts and a model's spec for tests of plans.

#include "config/recipe.h"
#include "spec/parameters.h"

namespace automodel::plan {

/// Two layers of a Llama, or of a mixture of 8 experts.
inline spec::ModelSpec small_model(bool experts = false) {
  spec::ModelSpec model{.architecture = "LlamaForCausalLM",
                        .vocab_size = 1000,
                        .dim = 64,
                        .max_positions = 4096,
                        .tied_head = true};
  const spec::Gqa attention{.heads = 4, .kv_heads = 2, .head_dim = 16, .scale = 0.25};
  const spec::Ffn ffn = experts ? spec::Ffn{spec::Moe{.experts = 8, .per_token = 2, .inner = 32}}
                                : spec::Ffn{spec::Mlp{.inner = 160}};
  model.layers.assign(2, {.mixer = attention, .ffn = ffn});
  return model;
}

/// 8 rows a step in micro-batches of 4, float32.
inline config::Recipe small_recipe() {
  config::Recipe recipe;
  recipe.step_scheduler.global_batch_size = 8;
  recipe.step_scheduler.local_batch_size = 4;
  recipe.step_scheduler.max_steps = 10;
  recipe.dataloader.batch_size = 4;
  recipe.model.torch_dtype = "float32";
  recipe.model.pretrained_model_name_or_path = "small";
  return recipe;
}

}  // namespace automodel::plan
