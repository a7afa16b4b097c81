#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

spec::ModelSpec nanochat_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.pad = 1});
  model.final_norm.has_weight = false;
  model.embedding_norm = model.final_norm;
  model.logit_softcap = c.maybe_number("final_logit_softcapping", 15);
  auto attention = biased_gqa(c);
  attention.rope = rope(c, attention.head_dim);
  attention.rope->clockwise = true;
  attention.head_norm = spec::HeadNorm{.norm = model.final_norm, .after_rope = true};
  model.layers = uniform_layers(
      c, {.mixer = attention, .ffn = plain_mlp(c, "relu2"), .norm = model.final_norm});
  model.init_rules = {smaller_with_depth(model).front()};  // not of the feed-forward
  return model;
}

spec::WeightNames nanochat_names(const spec::ModelSpec&) {
  return {.renames = {{"mlp.up_proj", "mlp.fc1"}, {"mlp.down_proj", "mlp.fc2"}}};
}

}  // namespace

/// nanochat: norms without weights, also behind the embedding; RoPE turned the other way, then q/k
/// norm. Source: transformers NanoChatForCausalLM.
Family nanochat() {
  return {.model_type = "nanochat",
          .architectures = {"NanoChatForCausalLM"},
          .ignored_keys = {},
          .spec = nanochat_spec,
          .names = nanochat_names};
}

}  // namespace automodel::models
