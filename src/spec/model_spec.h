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
/// Only the fastest frequencies of the whole head turn, those of `turned` entries; divided by
/// factor.
struct ProportionalScaling {
  std::int64_t turned = 0;
  double factor = 1;
  bool operator==(const ProportionalScaling&) const = default;
};
using RopeScaling = std::variant<std::monostate, LinearScaling, DynamicScaling, Llama3Scaling,
                                 YarnScaling, LongRopeScaling, ProportionalScaling>;

/// Rotary position embedding over the first `dim` entries of a head.
struct Rope {
  double theta = 10000;
  std::int64_t dim = 0;
  bool interleaved = false;  // pairs (0,1),(2,3).. instead of (0,dim/2),(1,dim/2+1)..
  bool clockwise = false;    // turned the other way
  bool in_float32 = false;   // cos and sin not rounded to the compute dtype
  RopeScaling scaling;
  bool operator==(const Rope&) const = default;
};

/// Normalises queries and keys.
struct HeadNorm {
  enum class Over {
    head,       // each head by itself, one weight [head_dim] for all
    each_head,  // each head by itself with its own weight: [heads, head_dim]
    all_heads,  // the whole projection, weight [heads * head_dim]
  };
  Norm norm;
  Over over = Over::head;
  bool after_rope = false;
  bool operator==(const HeadNorm&) const = default;
};

/// Queries grow with their position p.
struct PositionTemperature {
  enum class Growth {
    logarithm,  // times 1 + beta * log(1 + floor((p + offset) / period))
    power,      // times (1 + (p + offset) / period)^beta
  };
  Growth growth = Growth::logarithm;
  double beta = 0;
  std::int64_t period = 1;
  std::int64_t offset = 0;
  bool operator==(const PositionTemperature&) const = default;
};

/// Linear biases (Press et al. 2022): a score falls with the distance, by a slope per head.
struct Alibi {
  double max_bias = 8;       // slopes 2^(-max_bias * (h + 1) / heads) for a power of two of heads
  double scale = 1;          // of the biases
  bool in_bfloat16 = false;  // Falcon: slope times the key's position in bfloat16, then scaled
  bool operator==(const Alibi&) const = default;
};

/// A gate of x that multiplies the attention's output, before the output projection.
enum class OutputGate { none, per_value, per_head };
enum class GateFunction { sigmoid, softplus };

/// Grouped-query attention; multi-head when kv_heads == heads.
struct Gqa {
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t value_dim = 0;  // width of a value head; 0: head_dim
  bool qkv_bias = false;
  bool out_bias = false;
  std::optional<std::int64_t> kv_layer;  // takes that earlier layer's keys and values
  bool keys_as_values = false;           // values are the projected keys, before norm and RoPE
  std::optional<HeadNorm> head_norm;     // on q and k
  std::optional<Norm> value_norm;        // on v, per head
  std::optional<double> clip;            // q, k, v to [-clip, clip], after their norm
  std::optional<Rope> rope;              // none: no positions in this layer
  std::optional<std::int64_t> window;    // a token sees itself and window - 1 before it
  std::optional<std::int64_t> chunk;     // a token sees its chunk of positions only
  double scale = 0;                      // of q k^T
  std::optional<double> softcap;         // s -> softcap * tanh(s / softcap)
  bool sinks = false;                    // a learned logit per head joins each softmax
  std::optional<Alibi> alibi;
  std::optional<PositionTemperature> temperature;
  OutputGate gate = OutputGate::none;
  GateFunction gate_function = GateFunction::sigmoid;
  bool gate_bias = false;  // one per head
  double value_scale = 1;
  std::int64_t value_width() const { return value_dim == 0 ? head_dim : value_dim; }
  bool operator==(const Gqa&) const = default;
};

/// Multi-head latent attention (DeepSeek-AI 2024, DeepSeek-V2): queries, and keys with values, each
/// come out of a narrow normed latent. A head's query and key have a part without positions and
/// behind it one with RoPE, whose key all heads share.
struct Mla {
  std::int64_t heads = 0;
  std::optional<std::int64_t> q_lora_rank;  // none: queries straight from the input
  std::int64_t kv_lora_rank = 0;
  std::int64_t nope_dim = 0;
  std::int64_t rope_dim = 0;
  std::int64_t value_dim = 0;
  bool bias = false;         // of the projections into the latents and of the output's
  Norm latent_norm;          // of both latents
  std::optional<Rope> rope;  // none: no positions in this layer
  double scale = 0;          // of q k^T
  std::int64_t head_dim() const { return nope_dim + rope_dim; }
  bool operator==(const Mla&) const = default;
};

/// Feed-forward: down(act(gate(x)) * up(x)) if gated, else down(act(up(x))).
struct Mlp {
  std::int64_t inner = 0;
  Activation activation = Activation::silu;
  bool gated = true;
  bool bias = false;
  bool operator==(const Mlp&) const = default;
};

/// Which experts a token goes to, and with what weights.
struct Router {
  enum class Score {
    softmax,            // over all experts
    softmax_of_chosen,  // over the logits of the chosen experts
    sigmoid,            // of each expert's logit
  };
  Score score = Score::softmax;
  bool choose_by_logits = false;  // instead of by scores: the correction is added to the logits
  bool correction = false;        // a bias per expert that takes part in the choice only
  bool bias = false;              // of the logits
  std::optional<Norm> norm;       // of what the logits are made from, which is then
  double input_scale = 1;         // multiplied by this
  std::optional<double> softcap;  // of the logits
  std::int64_t groups = 1;        // of experts; those outside the best kept_groups are not chosen
  std::int64_t kept_groups = 1;
  std::int64_t group_best = 2;  // a group's score: the sum of so many of its best
  bool renormalise = false;     // weights divided by max(their sum, at_least) + eps
  double renormalise_eps = 0;
  double renormalise_at_least = 0;
  double scale = 1;                 // of the weights, at last
  bool expert_scale = false;        // a learned factor per expert on its weights, at last
  bool logits_in_float32 = false;   // else in the compute dtype
  bool weights_in_float32 = false;  // else rounded to the compute dtype
  bool operator==(const Router&) const = default;
};

/// GPT-OSS: g = min(gate, limit), u = clamp(up, +-limit); (u + 1) * g * sigmoid(alpha * g).
struct SwigluClamp {
  double limit = 7;
  double alpha = 1.702;
  bool operator==(const SwigluClamp&) const = default;
};

/// Runs on every token beside the routed experts.
struct SharedExperts {
  Mlp mlp;
  bool gated = false;  // times sigmoid(gate(x)), one number per token
  bool operator==(const SharedExperts&) const = default;
};

/// What training does to a router beside the gradient of the tokens' loss; 0: nothing.
/// docs/moe.md has the formulas.
struct RouterTraining {
  double balance_loss = 0;           // coefficient; over the routers of all layers together
  double sequence_balance_loss = 0;  // coefficient; of this router, over each document
  double z_loss = 0;                 // coefficient; of this router
  double correction_step = 0;        // by which each expert's correction moves after a step
  bool float32_correction = false;   // also where it stays: other parts of the run may move it
  bool even = false;  // for benchmarks: the router does not decide, experts take turns
  bool has_loss() const { return balance_loss != 0 || sequence_balance_loss != 0 || z_loss != 0; }
  bool operator==(const RouterTraining&) const = default;
};

/// Mixture of gated feed-forward experts: the weighted sum of those the router chose.
struct Moe {
  std::int64_t experts = 0;
  std::int64_t per_token = 0;
  std::int64_t inner = 0;  // of each expert
  Activation activation = Activation::silu;
  bool bias = false;  // of the experts' linear layers
  std::optional<SwigluClamp> clamp;
  Router router;
  bool weight_on_input = false;  // Llama 4: the weight multiplies the expert's input
  std::optional<SharedExperts> shared;
  double output_scale = 1;
  RouterTraining training;
  bool operator==(const Moe&) const = default;
};

/// A dense feed-forward beside a routed one, each between norms of its own: with the stream x that
/// the layer's norm sees, norm_1(mlp(norm(x))) + norm_2(moe(norm_3(x))). The router sees x.
struct MlpBesideMoe {
  Mlp mlp;
  Moe moe;
  Norm norm;
  bool operator==(const MlpBesideMoe&) const = default;
};

using Mixer = std::variant<Gqa, Mla>;
using Ffn = std::variant<Mlp, Moe, MlpBesideMoe>;

/// Where the norms of the two residual branches stand; f is the mixer, g the feed-forward.
enum class NormPlacement {
  pre,            // x + f(norm(x))
  ffn_pre,        // x + f(x), then x + g(norm(x))
  sandwich,       // x + norm(f(norm(x)))
  ffn_sandwich,   // x + f(norm(x)), then x + norm(g(norm(x)))
  post,           // x + norm(f(x))
  post_residual,  // norm(x + f(x))
  parallel,       // x + f(norm(x)) + g(norm(x)), one norm
  parallel_two,   // x + f(norm1(x)) + g(norm2(x))
};

/// A third branch, from an input of the layer's own: x + norm(projection(act(gate(x)) * input)).
struct LayerInput {
  std::int64_t dim = 0;
  Activation activation = Activation::gelu_tanh;
  bool operator==(const LayerInput&) const = default;
};

struct Layer {
  Mixer mixer;
  Ffn ffn;
  Norm norm;
  NormPlacement placement = NormPlacement::pre;
  double residual_scale = 1;  // of both branches
  /// Which addition to the stream the mixer's is, the feed-forward's being the next. The n-th
  /// weighs sqrt((n - 1) / n) for the stream and sqrt(1 / n) for the branch, so that the variance
  /// stays. Not for parallel branches and norms of sums.
  std::optional<std::int64_t> residual_index;
  std::optional<LayerInput> input;  // from ModelSpec::layer_inputs
  bool has_scalar = false;  // a number of the checkpoint, never trained, multiplies the output
  bool operator==(const Layer&) const = default;
};

/// A learned vector per position, added to the token's embedding.
struct LearnedPositions {
  std::int64_t count = 0;   // rows of the table
  std::int64_t offset = 0;  // row of position 0
  bool operator==(const LearnedPositions&) const = default;
};

/// Per-layer embeddings: every layer's input, of the width that all have, is
/// (embedding * sqrt(width) + norm(projection(x) / sqrt(d))) / sqrt(2) with x the token embedding.
/// Source: transformers Gemma4TextModel.project_per_layer_inputs.
struct LayerInputs {
  std::int64_t vocab_size = 0;
  std::int64_t dim = 0;
  Norm norm;
  bool operator==(const LayerInputs&) const = default;
};

/// What stands between the final norm and the head: norm(act(dense(x))).
struct HeadTransform {
  Activation activation = Activation::gelu;
  bool bias = false;
  Norm norm;
  bool operator==(const HeadTransform&) const = default;
};

/// What a fresh parameter holds: numbers from normal(0, std), those beyond `cutoff` standard
/// deviations drawn again, or `constant` throughout if std is 0.
struct Init {
  double std = 0;
  double constant = 0;
  std::optional<double> cutoff;
  std::optional<std::int64_t> zero_row;
  bool operator==(const Init&) const = default;
};

/// The parameters whose name holds this dotted part have an initialisation of their own.
struct InitRule {
  std::string part;
  Init init;
  bool operator==(const InitRule&) const = default;
};

struct ModelSpec {
  std::string model_type;
  std::string architecture;
  std::int64_t vocab_size = 0;
  std::int64_t dim = 0;
  std::int64_t embedding_dim = 0;  // 0: dim; else projections stand behind it and before the head
  std::int64_t max_positions = 0;
  std::vector<Layer> layers;
  Norm final_norm;
  bool has_final_norm = true;
  bool tied_head = false;
  bool head_bias = false;
  std::optional<HeadTransform> head_transform;
  /// Above 0: instead of the next token the head tells the class of a document, from its last
  /// token.
  std::int64_t num_labels = 0;
  double embedding_scale = 1;  // rounded to the storage type, as HF does
  std::optional<LearnedPositions> positions;
  std::optional<LayerInputs> layer_inputs;
  std::optional<Norm> embedding_norm;
  double logit_scale = 1;
  std::optional<double> logit_softcap;  // after the scale
  double dropout = 0;  // that the config asks for in training; not applied, the user is told
  std::optional<std::int64_t> pad_token_id;  // its embedding row gets no gradient
  /// Of linears, experts and embeddings, whose padding row is zero. Biases are zero and norms
  /// multiply by one. The last rule that fits a parameter replaces all of that.
  Init init{.std = 0.02};
  std::vector<InitRule> init_rules;
  /// Dotted parts of the names of parameters that stay float32 when the model is loaded in a lower
  /// type, and of those that may be rounded to bfloat16 alone.
  std::vector<std::string> float32_parts;
  std::vector<std::string> float32_or_bfloat16_parts;
  std::int64_t embedding_width() const { return embedding_dim == 0 ? dim : embedding_dim; }
  bool is_classifier() const { return num_labels > 0; }
  std::int64_t head_rows() const { return is_classifier() ? num_labels : vocab_size; }
  bool operator==(const ModelSpec&) const = default;
};

/// The model with a head that tells one of `num_labels` classes in place of its own: a linear layer
/// without bias on what its own head sees, whose logits are neither scaled nor capped.
/// Source: transformers GenericForSequenceClassification.
ModelSpec as_classifier(ModelSpec model, std::int64_t num_labels);

}  // namespace automodel::spec
