#include "spec/parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/weight_map.h"

namespace automodel::spec {
namespace {

constexpr Init kZeros;
constexpr Init kOnes{.constant = 1};

class Builder {
 public:
  explicit Builder(const ModelSpec& model) : model_(model) {}

  std::vector<ParamSpec> build() {
    add_embedding();
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      layer_ = static_cast<std::int64_t>(i);
      prefix_ = layer_prefix(layer_);
      add_layer(model_.layers[i]);
    }
    layer_ = -1;
    prefix_.clear();
    add_head();
    for (auto& param : params_) {
      apply_rules(param);
    }
    return std::move(params_);
  }

 private:
  void add(const std::string& name, std::vector<std::int64_t> shape, Role role, const Init& init,
           bool is_linear = false) {
    params_.push_back({.name = prefix_ + name,
                       .shape = std::move(shape),
                       .role = role,
                       .init = init,
                       .is_linear = is_linear,
                       .layer = layer_});
  }

  void apply_rules(ParamSpec& param) const {
    for (const auto& rule : model_.init_rules) {
      if (has_any_part(param.name, {rule.part})) {
        param.init = rule.init;
      }
    }
    if (has_any_part(param.name, model_.float32_parts)) {
      param.rounding = Rounding::none;
    } else if (has_any_part(param.name, model_.float32_or_bfloat16_parts)) {
      param.rounding = Rounding::bfloat16;
    }
  }

  void add_linear(const std::string& name, std::vector<std::int64_t> out_in, bool bias, Role role) {
    const auto out = out_in[0];
    add(name + ".weight", std::move(out_in), role, model_.init, true);
    if (bias) {
      add(name + ".bias", {out}, role, kZeros);
    }
  }

  void add_norm(const std::string& name, const Norm& norm, std::int64_t dim) {
    if (norm.has_weight) {
      add(name + ".weight", {dim}, Role::norm, norm.weight_offset == 0 ? kOnes : kZeros);
    }
    if (norm.has_bias) {
      add(name + ".bias", {dim}, Role::norm, kZeros);
    }
  }

  Init token_init() const {
    Init init = model_.init;
    init.zero_row = model_.pad_token_id;
    return init;
  }

  void add_embedding() {
    add("model.embed_tokens.weight", {model_.vocab_size, model_.embedding_width()}, Role::embedding,
        token_init());
    if (model_.positions) {
      add("model.embed_positions.weight", {model_.positions->count, model_.dim}, Role::embedding,
          model_.init);
    }
    if (model_.embedding_dim != 0) {
      add_linear("model.project_in", {model_.dim, model_.embedding_dim}, false, Role::embedding);
    }
    if (model_.embedding_norm) {
      add_norm("model.embed_norm", *model_.embedding_norm, model_.dim);
    }
    if (model_.layer_inputs) {
      add_layer_inputs(*model_.layer_inputs);
    }
  }

  void add_head() {
    if (model_.has_final_norm) {
      add_norm("model.norm", model_.final_norm, model_.dim);
    }
    if (model_.embedding_dim != 0) {
      add_linear("model.project_out", {model_.embedding_dim, model_.dim}, false, Role::head);
    }
    if (model_.head_transform) {
      add_linear("head_transform.dense", {model_.dim, model_.dim}, model_.head_transform->bias,
                 Role::head);
      add_norm("head_transform.norm", model_.head_transform->norm, model_.dim);
    }
    if (!model_.tied_head) {  // a classifier's head has no adapter: it is trained itself
      add(head_weight_name(model_), {model_.head_rows(), model_.embedding_width()}, Role::head,
          model_.init, !model_.is_classifier());
    }
    if (model_.head_bias) {
      add("lm_head.bias", {model_.vocab_size}, Role::head, kZeros);
    }
  }

  void add_head_norm(const std::string& name, const HeadNorm& head_norm, std::int64_t heads,
                     std::int64_t head_dim) {
    if (head_norm.over == HeadNorm::Over::each_head) {
      add("self_attn." + name + ".weight", {heads, head_dim}, Role::norm,
          head_norm.norm.weight_offset == 0 ? kOnes : kZeros);
      return;
    }
    const bool all = head_norm.over == HeadNorm::Over::all_heads;
    add_norm("self_attn." + name, head_norm.norm, all ? heads * head_dim : head_dim);
  }

  void add_mixer(const Gqa& gqa) {
    const auto q_dim = gqa.heads * gqa.head_dim;
    const auto values = gqa.heads * gqa.value_width();
    add_linear("self_attn.q_proj", {q_dim, model_.dim}, gqa.qkv_bias, Role::attention);
    if (!gqa.kv_layer) {
      add_linear("self_attn.k_proj", {gqa.kv_heads * gqa.head_dim, model_.dim}, gqa.qkv_bias,
                 Role::attention);
    }
    if (!gqa.kv_layer && !gqa.keys_as_values) {
      add_linear("self_attn.v_proj", {gqa.kv_heads * gqa.value_width(), model_.dim}, gqa.qkv_bias,
                 Role::attention);
    }
    add_linear("self_attn.o_proj", {model_.dim, values}, gqa.out_bias, Role::attention);
    if (gqa.gate != OutputGate::none) {
      add_linear("self_attn.gate_proj",
                 {gqa.gate == OutputGate::per_head ? gqa.heads : values, model_.dim}, false,
                 Role::attention);
    }
    if (gqa.gate_bias) {
      add("self_attn.gate_bias", {gqa.heads}, Role::attention, kZeros);
    }
    if (gqa.head_norm) {
      add_head_norm("q_norm", *gqa.head_norm, gqa.heads, gqa.head_dim);
    }
    if (gqa.head_norm && !gqa.kv_layer) {
      add_head_norm("k_norm", *gqa.head_norm, gqa.kv_heads, gqa.head_dim);
    }
    if (gqa.value_norm && !gqa.kv_layer) {
      add_norm("self_attn.v_norm", *gqa.value_norm, gqa.value_width());
    }
    if (gqa.sinks) {
      add("self_attn.sinks", {gqa.heads}, Role::attention, model_.init);
    }
  }

  void add_mixer(const Mla& mla) {
    const auto queries = mla.heads * mla.head_dim();
    if (mla.q_lora_rank) {
      add_linear("self_attn.q_a_proj", {*mla.q_lora_rank, model_.dim}, mla.bias, Role::attention);
      add_norm("self_attn.q_a_layernorm", mla.latent_norm, *mla.q_lora_rank);
      add_linear("self_attn.q_b_proj", {queries, *mla.q_lora_rank}, false, Role::attention);
    } else {
      add_linear("self_attn.q_proj", {queries, model_.dim}, false, Role::attention);
    }
    add_linear("self_attn.kv_a_proj_with_mqa", {mla.kv_lora_rank + mla.rope_dim, model_.dim},
               mla.bias, Role::attention);
    add_norm("self_attn.kv_a_layernorm", mla.latent_norm, mla.kv_lora_rank);
    add_linear("self_attn.kv_b_proj",
               {mla.heads * (mla.nope_dim + mla.value_dim), mla.kv_lora_rank}, false,
               Role::attention);
    add_linear("self_attn.o_proj", {model_.dim, mla.heads * mla.value_dim}, mla.bias,
               Role::attention);
  }

  void add_mlp(const std::string& prefix, const Mlp& mlp, Role role) {
    if (mlp.gated) {
      add_linear(prefix + "gate_proj", {mlp.inner, model_.dim}, mlp.bias, role);
    }
    add_linear(prefix + "up_proj", {mlp.inner, model_.dim}, mlp.bias, role);
    add_linear(prefix + "down_proj", {model_.dim, mlp.inner}, mlp.bias, role);
  }

  void add_ffn(const Mlp& mlp) { add_mlp("mlp.", mlp, Role::mlp); }

  void add_expert_linear(const std::string& name, const Moe& moe, std::int64_t out,
                         std::int64_t in) {
    add(name + ".weight", {moe.experts, out, in}, Role::experts, model_.init, true);
    if (moe.bias) {
      add(name + ".bias", {moe.experts, out}, Role::experts, kZeros);
    }
  }

  void add_router(const Moe& moe) {
    if (moe.router.norm) {
      add_norm("mlp.gate.norm", *moe.router.norm, model_.dim);
    }
    add_linear("mlp.gate", {moe.experts, model_.dim}, moe.router.bias, Role::router);
    if (moe.router.correction) {
      add("mlp.gate.e_score_correction_bias", {moe.experts}, Role::router, kZeros);
      params_.back().is_buffer = true;
      params_.back().is_stepped = true;
      if (moe.training.correction_step != 0 || moe.training.float32_correction) {
        params_.back().rounding = Rounding::none;  // in fewer bits a step would be lost
      }
    }
    if (moe.router.expert_scale) {
      add("mlp.gate.expert_scale", {moe.experts}, Role::router, kOnes);
    }
  }

  void add_ffn(const Moe& moe) {
    add_router(moe);
    add_expert_linear("mlp.experts.gate_proj", moe, moe.inner, model_.dim);
    add_expert_linear("mlp.experts.up_proj", moe, moe.inner, model_.dim);
    add_expert_linear("mlp.experts.down_proj", moe, model_.dim, moe.inner);
    if (moe.shared) {
      add_mlp("mlp.shared_experts.", moe.shared->mlp, Role::shared_experts);
      if (moe.shared->gated) {
        add_linear("mlp.shared_expert_gate", {1, model_.dim}, false, Role::shared_experts);
      }
    }
  }

  void add_ffn(const MlpBesideMoe& both) {
    add_ffn(both.mlp);
    add_norm("post_feedforward_layernorm_1", both.norm, model_.dim);
    add_norm("pre_feedforward_layernorm_2", both.norm, model_.dim);
    add_ffn(both.moe);
    add_norm("post_feedforward_layernorm_2", both.norm, model_.dim);
  }

  void add_input(const LayerInput& input, const Norm& norm) {
    add_linear("per_layer_input_gate", {input.dim, model_.dim}, false, Role::mlp);
    add_linear("per_layer_projection", {model_.dim, input.dim}, false, Role::mlp);
    add_norm("post_per_layer_input_norm", norm, model_.dim);
  }

  void add_layer_inputs(const LayerInputs& inputs) {
    const auto width = static_cast<std::int64_t>(model_.layers.size()) * inputs.dim;
    add("model.embed_tokens_per_layer.weight", {inputs.vocab_size, width}, Role::embedding,
        token_init());
    add_linear("model.per_layer_model_projection", {width, model_.dim}, false, Role::mlp);
    add_norm("model.per_layer_projection_norm", inputs.norm, inputs.dim);
  }

  void add_layer(const Layer& layer) {
    const auto names = norm_names(layer.placement);
    const auto norm = [&](std::string_view name) {
      if (!name.empty()) {
        add_norm(std::string(name), layer.norm, model_.dim);
      }
    };
    norm(names.before_mixer);
    std::visit([this](const auto& mixer) { add_mixer(mixer); }, layer.mixer);
    norm(names.after_mixer);
    norm(names.before_ffn);
    std::visit([this](const auto& ffn) { add_ffn(ffn); }, layer.ffn);
    norm(names.after_ffn);
    if (layer.input) {
      add_input(*layer.input, layer.norm);
    }
    if (layer.has_scalar) {
      add("layer_scalar", {1}, Role::norm, kOnes);
      params_.back().is_buffer = true;
    }
  }

  const ModelSpec& model_;
  std::vector<ParamSpec> params_;
  std::string prefix_;
  std::int64_t layer_ = -1;
};

/// Elements of the parameter that one token meets.
std::int64_t active_numel(const ParamSpec& param, const ModelSpec& model) {
  if (param.role != Role::experts) {
    return param.numel();
  }
  const auto* moe = moe_of(model.layers[static_cast<std::size_t>(param.layer)]);
  return param.numel() / moe->experts * moe->per_token;
}

/// Whether only labelled tokens need it: the last layer's attention and router are the last that
/// all of them meet.
bool is_behind_tokens(const ParamSpec& param, const ModelSpec& model) {
  return param.layer + 1 == static_cast<std::int64_t>(model.layers.size()) &&
         param.role != Role::attention && param.role != Role::router;
}

/// Pairs (query, key) that are scored in a document of n tokens.
double scored_pairs(std::int64_t n, std::optional<std::int64_t> window) {
  const auto s = static_cast<double>(n);
  if (!window || n <= *window) {
    return s * (s + 1) / 2;
  }
  const auto w = static_cast<double>(*window);
  return w * (w + 1) / 2 + (s - w) * w;
}

/// Documents of at most `chunk` tokens in place of these.
std::vector<std::int64_t> pieces_of(const std::vector<std::int64_t>& doc_lengths,
                                    std::int64_t chunk) {
  std::vector<std::int64_t> pieces;
  for (std::int64_t rest : doc_lengths) {
    for (; rest > chunk; rest -= chunk) {
      pieces.push_back(chunk);
    }
    pieces.push_back(rest);
  }
  return pieces;
}

/// Of q k^T and the weighted sum of values, for this many values per pair.
double score_flops(std::int64_t values, std::optional<std::int64_t> window,
                   const std::vector<std::int64_t>& doc_lengths) {
  double pairs = 0;
  for (const auto n : doc_lengths) {
    pairs += scored_pairs(n, window);
  }
  return 2.0 * static_cast<double>(values) * pairs;
}

double score_flops(const Gqa& gqa, const std::vector<std::int64_t>& doc_lengths) {
  return score_flops(gqa.heads * (gqa.head_dim + gqa.value_width()), gqa.window,
                     gqa.chunk ? pieces_of(doc_lengths, *gqa.chunk) : doc_lengths);
}

double score_flops(const Mla& mla, const std::vector<std::int64_t>& doc_lengths) {
  return score_flops(mla.heads * (mla.head_dim() + mla.value_dim), std::nullopt, doc_lengths);
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::embedding:
      return "embedding";
    case Role::attention:
      return "attention";
    case Role::mlp:
      return "mlp";
    case Role::router:
      return "router";
    case Role::experts:
      return "experts";
    case Role::shared_experts:
      return "shared_experts";
    case Role::norm:
      return "norm";
    case Role::head:
      return "head";
  }
  return "unknown";
}

std::int64_t ParamSpec::numel() const {
  std::int64_t count = 1;
  for (const auto size : shape) {
    count *= size;
  }
  return count;
}

ModelSpec as_classifier(ModelSpec model, std::int64_t num_labels) {
  model.num_labels = num_labels;
  model.tied_head = false;
  model.head_bias = false;
  model.head_transform.reset();
  model.logit_scale = 1;
  model.logit_softcap.reset();
  for (auto& layer : model.layers) {
    if (auto* moe = moe_of(layer)) {
      moe->training.balance_loss = 0;
    }
  }
  return model;
}

std::vector<ParamSpec> parameters(const ModelSpec& model) { return Builder(model).build(); }

std::string layer_prefix(std::int64_t layer) { return fmt::format("model.layers.{}.", layer); }

std::optional<std::int64_t> lender(const Layer& layer) {
  const auto* gqa = std::get_if<Gqa>(&layer.mixer);
  return gqa != nullptr ? gqa->kv_layer : std::nullopt;
}

const Moe* moe_of(const Layer& layer) {
  const auto* both = std::get_if<MlpBesideMoe>(&layer.ffn);
  return both != nullptr ? &both->moe : std::get_if<Moe>(&layer.ffn);
}

Moe* moe_of(Layer& layer) {
  auto* both = std::get_if<MlpBesideMoe>(&layer.ffn);
  return both != nullptr ? &both->moe : std::get_if<Moe>(&layer.ffn);
}

NormNames norm_names(NormPlacement placement) {
  constexpr std::string_view kInput = "input_layernorm";
  constexpr std::string_view kPostAttention = "post_attention_layernorm";
  constexpr std::string_view kPreFfn = "pre_feedforward_layernorm";
  constexpr std::string_view kPostFfn = "post_feedforward_layernorm";
  switch (placement) {
    case NormPlacement::pre:
    case NormPlacement::parallel_two:
      return {.before_mixer = kInput, .before_ffn = kPostAttention};
    case NormPlacement::ffn_pre:
      return {.before_ffn = kPostAttention};
    case NormPlacement::sandwich:
      return {.before_mixer = kInput,
              .after_mixer = kPostAttention,
              .before_ffn = kPreFfn,
              .after_ffn = kPostFfn};
    case NormPlacement::ffn_sandwich:
      return {.before_mixer = kInput, .before_ffn = kPostAttention, .after_ffn = kPostFfn};
    case NormPlacement::post:
    case NormPlacement::post_residual:
      return {.after_mixer = kPostAttention, .after_ffn = kPostFfn};
    case NormPlacement::parallel:
      break;
  }
  return {.before_mixer = kInput};
}

std::string head_weight_name(const ModelSpec& model) {
  if (model.is_classifier()) {
    return "score.weight";
  }
  return model.tied_head ? "model.embed_tokens.weight" : "lm_head.weight";
}

std::int64_t num_parameters(const ModelSpec& model) {
  std::int64_t count = 0;
  for (const auto& param : parameters(model)) {
    count += param.numel();
  }
  return count;
}

std::int64_t num_active_parameters(const ModelSpec& model) {
  std::int64_t count = 0;
  for (const auto& param : parameters(model)) {
    count += active_numel(param, model);
  }
  return count;
}

double forward_flops(const ModelSpec& model, const std::vector<std::int64_t>& doc_lengths,
                     std::int64_t num_labels) {
  double tokens = 0;
  for (const auto n : doc_lengths) {
    tokens += static_cast<double>(n);
  }
  double total =
      2.0 * static_cast<double>(model.head_rows() * model.embedding_width() * num_labels);
  for (const auto& param : parameters(model)) {
    if (param.layer >= 0 && param.is_linear) {
      const double rows = is_behind_tokens(param, model) ? static_cast<double>(num_labels) : tokens;
      total += 2.0 * static_cast<double>(active_numel(param, model)) * rows;
    }
  }
  for (const auto& layer : model.layers) {
    total +=
        std::visit([&](const auto& mixer) { return score_flops(mixer, doc_lengths); }, layer.mixer);
  }
  return total;
}

}  // namespace automodel::spec
