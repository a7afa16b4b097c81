#pragma once
// A model as data. A family turns config.json into a ModelSpec; everything else (parameters, names,
// initialisation, FLOPs, LoRA targets, memory) derives from it. Pure values: printable, comparable,
// no tensors.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace automodel::spec {

enum class Activation { silu, gelu, gelu_tanh, relu, relu2 };

/// Normalisation over the last dimension, computed in float32.
struct Norm {
  enum class Kind { rms, layer };
  Kind kind = Kind::rms;
  double eps = 1e-6;
  bool has_weight = true;
  bool has_bias = false;
  double weight_offset = 0;      // Gemma and Nemotron multiply by (1 + weight)
  bool gain_in_float32 = false;  // Gemma: gain before the cast back; Llama: after it

  bool operator==(const Norm&) const = default;
};

/// Frequencies divided by factor.
struct LinearScaling {
  double factor = 1;
  bool operator==(const LinearScaling&) const = default;
};
/// NTK-aware: theta grows with the longest position of the forward beyond the original limit.
struct DynamicScaling {
  double factor = 1;
  std::int64_t original_positions = 0;
  bool operator==(const DynamicScaling&) const = default;
};
/// Llama 3.1: long wavelengths divided by factor, short ones kept, a ramp between.
struct Llama3Scaling {
  double factor = 1;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  std::int64_t original_positions = 0;
  bool operator==(const Llama3Scaling&) const = default;
};
/// YaRN (Peng et al. 2023): interpolation of slow rotations, extrapolation of fast ones, and an
/// attention factor.
struct YarnScaling {
  double factor = 1;
  double beta_fast = 32;
  double beta_slow = 1;
  bool truncate = true;
  double attention_factor = 1;  // multiplies cos and sin
  std::int64_t original_positions = 0;
  bool operator==(const YarnScaling&) const = default;
};
/// Phi-3's per-frequency factors; the long list when the longest position passes the original
/// limit.
struct LongRopeScaling {
  std::vector<double> short_factor;
  std::vector<double> long_factor;
  double attention_factor = 1;
  std::int64_t original_positions = 0;
  bool operator==(const LongRopeScaling&) const = default;
};
using RopeScaling = std::variant<std::monostate, LinearScaling, DynamicScaling, Llama3Scaling,
                                 YarnScaling, LongRopeScaling>;

/// Rotary position embedding over the first `dim` entries of a head.
struct Rope {
  double theta = 10000;
  std::int64_t dim = 0;
  bool interleaved = false;  // pairs (0,1),(2,3).. instead of (0,dim/2),(1,dim/2+1)..
  RopeScaling scaling;
  bool operator==(const Rope&) const = default;
};

/// Grouped-query attention; multi-head when kv_heads == heads.
struct Gqa {
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  bool qkv_bias = false;
  bool out_bias = false;
  std::optional<Norm> head_norm;       // on q and k, per head, before RoPE
  std::optional<Rope> rope;            // none: no positions in this layer
  std::optional<std::int64_t> window;  // a token sees itself and window - 1 before it
  double scale = 0;                    // of q k^T
  std::optional<double> softcap;       // s -> softcap * tanh(s / softcap)
  bool operator==(const Gqa&) const = default;
};

/// Feed-forward: down(act(gate(x)) * up(x)) if gated, else down(act(up(x))).
struct Mlp {
  std::int64_t inner = 0;
  Activation activation = Activation::silu;
  bool gated = true;
  bool bias = false;
  bool operator==(const Mlp&) const = default;
};

using Mixer = std::variant<Gqa>;
using Ffn = std::variant<Mlp>;

/// Where the norms of a residual branch stand.
enum class NormPlacement {
  pre,       // x + f(norm(x))
  sandwich,  // x + norm(f(norm(x)))
};

struct Layer {
  Mixer mixer;
  Ffn ffn;
  Norm norm;
  NormPlacement placement = NormPlacement::pre;
  bool operator==(const Layer&) const = default;
};

struct ModelSpec {
  std::string model_type;
  std::string architecture;
  std::int64_t vocab_size = 0;
  std::int64_t dim = 0;
  std::int64_t max_positions = 0;
  std::vector<Layer> layers;
  Norm final_norm;
  bool tied_head = false;
  double embedding_scale = 1;  // rounded to the storage type, as HF does
  std::optional<double> logit_softcap;
  double init_std = 0.02;
  std::optional<std::int64_t> pad_token_id;  // its embedding row gets no gradient
  bool operator==(const ModelSpec&) const = default;
};

}  // namespace automodel::spec
