#include "spec/parameters.h"

#include <fmt/format.h>

#include <algorithm>

namespace automodel::spec {
namespace {

class Builder {
 public:
  explicit Builder(const ModelSpec& model) : model_(model) {}

  std::vector<ParamSpec> build() {
    add("model.embed_tokens.weight", {model_.vocab_size, model_.dim}, Role::embedding,
        Init::normal);
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      layer_ = static_cast<std::int64_t>(i);
      prefix_ = layer_prefix(layer_);
      add_layer(model_.layers[i]);
    }
    layer_ = -1;
    prefix_.clear();
    add_norm("model.norm", model_.final_norm, model_.dim);
    if (!model_.tied_head) {
      add_linear("lm_head", {model_.vocab_size, model_.dim}, false, Role::head);
    }
    return std::move(params_);
  }

 private:
  void add(const std::string& name, std::vector<std::int64_t> shape, Role role, Init init,
           bool is_linear = false) {
    params_.push_back({prefix_ + name, std::move(shape), role, init, is_linear, layer_});
  }

  void add_linear(const std::string& name, std::vector<std::int64_t> out_in, bool bias, Role role) {
    const auto out = out_in[0];
    add(name + ".weight", std::move(out_in), role, Init::normal, true);
    if (bias) {
      add(name + ".bias", {out}, role, Init::zeros);
    }
  }

  void add_norm(const std::string& name, const Norm& norm, std::int64_t dim) {
    if (norm.has_weight) {
      add(name + ".weight", {dim}, Role::norm, norm.weight_offset == 0 ? Init::ones : Init::zeros);
    }
    if (norm.has_bias) {
      add(name + ".bias", {dim}, Role::norm, Init::zeros);
    }
  }

  void add_mixer(const Gqa& gqa) {
    const auto q_dim = gqa.heads * gqa.head_dim;
    const auto kv_dim = gqa.kv_heads * gqa.head_dim;
    add_linear("self_attn.q_proj", {q_dim, model_.dim}, gqa.qkv_bias, Role::attention);
    add_linear("self_attn.k_proj", {kv_dim, model_.dim}, gqa.qkv_bias, Role::attention);
    add_linear("self_attn.v_proj", {kv_dim, model_.dim}, gqa.qkv_bias, Role::attention);
    add_linear("self_attn.o_proj", {model_.dim, q_dim}, gqa.out_bias, Role::attention);
    if (gqa.head_norm) {
      add_norm("self_attn.q_norm", *gqa.head_norm, gqa.head_dim);
      add_norm("self_attn.k_norm", *gqa.head_norm, gqa.head_dim);
    }
  }

  void add_ffn(const Mlp& mlp) {
    if (mlp.gated) {
      add_linear("mlp.gate_proj", {mlp.inner, model_.dim}, mlp.bias, Role::mlp);
    }
    add_linear("mlp.up_proj", {mlp.inner, model_.dim}, mlp.bias, Role::mlp);
    add_linear("mlp.down_proj", {model_.dim, mlp.inner}, mlp.bias, Role::mlp);
  }

  void add_layer(const Layer& layer) {
    const bool sandwich = layer.placement == NormPlacement::sandwich;
    add_norm("input_layernorm", layer.norm, model_.dim);
    std::visit([this](const auto& mixer) { add_mixer(mixer); }, layer.mixer);
    add_norm("post_attention_layernorm", layer.norm, model_.dim);
    if (sandwich) {
      add_norm("pre_feedforward_layernorm", layer.norm, model_.dim);
    }
    std::visit([this](const auto& ffn) { add_ffn(ffn); }, layer.ffn);
    if (sandwich) {
      add_norm("post_feedforward_layernorm", layer.norm, model_.dim);
    }
  }

  const ModelSpec& model_;
  std::vector<ParamSpec> params_;
  std::string prefix_;
  std::int64_t layer_ = -1;
};

/// Pairs (query, key) that are scored in a document of n tokens.
double scored_pairs(std::int64_t n, std::optional<std::int64_t> window) {
  const auto s = static_cast<double>(n);
  if (!window || n <= *window) {
    return s * (s + 1) / 2;
  }
  const auto w = static_cast<double>(*window);
  return w * (w + 1) / 2 + (s - w) * w;
}

double score_flops(const Gqa& gqa, const std::vector<std::int64_t>& doc_lengths) {
  double pairs = 0;
  for (const auto n : doc_lengths) {
    pairs += scored_pairs(n, gqa.window);
  }
  return 4.0 * static_cast<double>(gqa.heads * gqa.head_dim) * pairs;
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

std::vector<ParamSpec> parameters(const ModelSpec& model) { return Builder(model).build(); }

std::string layer_prefix(std::int64_t layer) { return fmt::format("model.layers.{}.", layer); }

std::string head_weight_name(const ModelSpec& model) {
  return model.tied_head ? "model.embed_tokens.weight" : "lm_head.weight";
}

std::int64_t num_parameters(const ModelSpec& model) {
  std::int64_t count = 0;
  for (const auto& param : parameters(model)) {
    count += param.numel();
  }
  return count;
}

double forward_flops(const ModelSpec& model, const std::vector<std::int64_t>& doc_lengths,
                     std::int64_t num_head_rows) {
  double tokens = 0;
  for (const auto n : doc_lengths) {
    tokens += static_cast<double>(n);
  }
  double total = 2.0 * static_cast<double>(model.vocab_size * model.dim * num_head_rows);
  for (const auto& param : parameters(model)) {
    if (param.is_linear && param.layer >= 0) {
      total += 2.0 * static_cast<double>(param.numel()) * tokens;
    }
  }
  for (const auto& layer : model.layers) {
    total +=
        std::visit([&](const auto& mixer) { return score_flops(mixer, doc_lengths); }, layer.mixer);
  }
  return total;
}

}  // namespace automodel::spec
