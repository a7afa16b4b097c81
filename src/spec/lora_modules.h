#pragma once
// The linear layers of a model as Transformers' modules have them, which is what PEFT adapts.
// Derived from the same table as the checkpoint's tensors.

#include <cstdint>
#include <string>
#include <vector>

#include "spec/weight_map.h"

namespace automodel::spec {

/// One weight that gets one adapter: y += scale * B A x. Parameters that are fused in it share A
/// and have rows of B each.
struct LoraModule {
  /// What users call it: the module, or the parameter where a module has several, e.g.
  /// model.layers.0.self_attn.qkv_proj, model.layers.0.mlp.experts.gate_up_proj.
  std::string name;
  std::string owner;    // the module that PEFT wraps: the name, or the name without its last part
  StoredTensor weight;  // as Transformers holds it; its pieces are our parameters
  std::int64_t in = 0;  // width of the input
  Role role = Role::mlp;
  std::int64_t layer = -1;
  /// PEFT finds it by target_parameters instead of target_modules: experts, which are no
  /// nn.Linear, and what else a feed-forward of a routed type has. (Routers are no nn.Linear
  /// either in most models, and PEFT takes gate_proj and the like in target_modules, wherever they
  /// stand, for the names that experts had before Transformers 5.)
  bool as_parameter = false;
  /// The weight is stored [in, out] and PEFT does not know: its A is our B, its B our A.
  bool is_swapped = false;

  /// The number of experts, 1 for an ordinary layer.
  std::int64_t experts() const;
  /// [rank, in], or [experts, rank, in].
  std::vector<std::int64_t> a_shape(std::int64_t rank) const;
  /// Of all rows: [out, rank], or [experts, out, rank].
  std::vector<std::int64_t> b_shape(std::int64_t rank) const;
  /// Of one piece's rows.
  std::vector<std::int64_t> b_shape(std::int64_t rank, const Piece& piece) const;

  bool operator==(const LoraModule&) const = default;
};

/// "x.weight" -> "x": what a parameter of a linear layer is called without its last part.
std::string without_weight(const std::string& name);
/// "a.b.c" -> "c"
std::string last_name(const std::string& name);

/// Every linear layer once, in the parameters' order.
std::vector<LoraModule> lora_modules(const std::vector<ParamSpec>& parameters,
                                     const WeightNames& names);

}  // namespace automodel::spec
