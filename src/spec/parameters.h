#pragma once
// Every parameter of a spec, in forward order: name, shape, role and initialisation.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model_spec.h"

namespace automodel::spec {

/// What part of the model a parameter belongs to: LoRA targets, optimizer groups and reports go by
/// it.
enum class Role { embedding, attention, mlp, router, experts, shared_experts, norm, head };
std::string_view to_string(Role role);

/// The lower types that a parameter is rounded to when the model is loaded so.
enum class Rounding { any, bfloat16, none };

struct ParamSpec {
  std::string name;                 // HF Llama's names, e.g. model.layers.0.self_attn.q_proj.weight
  std::vector<std::int64_t> shape;  // linears: [out, in]; of all experts: [experts, out, in]
  Role role = Role::mlp;
  Init init;
  bool is_linear = false;   // the weight of a linear layer: a LoRA target
  std::int64_t layer = -1;  // -1: outside the blocks
  bool is_buffer = false;   // part of the checkpoint that no gradient reaches: never trained
  bool is_stepped = false;  // a buffer that training may move after each step, without a gradient
  Rounding rounding = Rounding::any;
  std::int64_t numel() const;
  bool operator==(const ParamSpec&) const = default;
};

/// All parameters in forward order. A tied head has no parameter of its own.
std::vector<ParamSpec> parameters(const ModelSpec& model);

/// "model.layers.3."
std::string layer_prefix(std::int64_t layer);
/// The earlier layer whose keys and values this one takes; none: it has its own.
std::optional<std::int64_t> lender(const Layer& layer);
/// The layer's routed experts; null: it has none.
const Moe* moe_of(const Layer& layer);
Moe* moe_of(Layer& layer);

/// Names of a layer's norms without the layer's prefix; empty: none there.
struct NormNames {
  std::string_view before_mixer, after_mixer, before_ffn, after_ffn;
};
NormNames norm_names(NormPlacement placement);
/// Name of the weight that the head multiplies by: lm_head.weight, the embedding's if tied, or a
/// classifier's score.weight.
std::string head_weight_name(const ModelSpec& model);

std::int64_t num_parameters(const ModelSpec& model);

/// Those that take part in one token's forward: of the experts, the chosen ones.
std::int64_t num_active_parameters(const ModelSpec& model);

/// Floating-point operations (2 per multiply-add) of one forward over documents of these lengths,
/// the head and the last feed-forward on num_labels tokens; causal and windowed scores counted
/// exactly, of the experts the chosen ones. A training step costs 3x (full) or 2x (LoRA).
double forward_flops(const ModelSpec& model, const std::vector<std::int64_t>& doc_lengths,
                     std::int64_t num_labels);

}  // namespace automodel::spec
