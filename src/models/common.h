#pragma once
// What most families share when they turn config.json into a spec.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/config_reader.h"
#include "spec/model_spec.h"

namespace automodel::models {

/// What holds where config.json is silent: the defaults of the family's configuration class.
struct Defaults {
  bool tied = false;
  std::optional<std::int64_t> pad;
  bool freezes_pad = true;  // no gradient reaches the padding token's embedding
  double eps = 1e-6;
  std::string_view eps_key = "rms_norm_eps";
  double theta = 10000;
  std::string_view theta_key = "rope_theta";  // beside a RoPE's parameters; empty: never there
  /// The share of a head that turns, where the config is silent; none: the type always turns all.
  std::optional<double> partial_rotary;
  std::string_view partial_rotary_key = "partial_rotary_factor";
  bool yarn_is_longrope = false;  // an older name of that type of RoPE
};

/// Sizes, RMSNorm, tied head and initialisation as Llama's config names them; no layers yet.
/// Records the dropout that the config asks for in training.
spec::ModelSpec decoder_defaults(const ConfigReader& config, const Defaults& defaults = {});

/// The same with LayerNorm; `eps_key` and `eps` of the defaults are those of the LayerNorm.
spec::ModelSpec layer_norm_defaults(const ConfigReader& config, const Defaults& defaults,
                                    bool bias = true);

/// The largest of the config's dropout probabilities, under the names of all families.
double configured_dropout(const ConfigReader& config);

/// A LayerNorm with weight and, if wanted, bias.
spec::Norm layer_norm(double eps, bool bias);

/// num_hidden_layers. Throws Error(corrupt_data) unless it is 1 to 10000.
std::int64_t layer_count(const ConfigReader& config);

/// Throws Error(corrupt_data) unless the list under `key` has as many entries as there are layers.
void check_per_layer(const ConfigReader& config, std::string_view key, std::size_t entries);

/// GPT-2's rule: what projects back into the stream starts smaller by the root of the number of
/// such additions.
std::vector<spec::InitRule> smaller_with_depth(const spec::ModelSpec& model);

/// The same layer everywhere.
std::vector<spec::Layer> uniform_layers(const ConfigReader& config, const spec::Layer& layer);

/// The object of a RoPE's parameters: v5's `rope_parameters` or the hub's `rope_scaling`.
/// Throws Error(unsupported) if the config states both.
ConfigReader rope_object(const ConfigReader& config);

/// YaRN's scale of attention for contexts `factor` times as long, as strong as `weight`.
/// Source: transformers yarn_get_mscale.
double yarn_mscale(double factor, double weight = 1);

/// The type that the object of a RoPE's parameters names.
std::string rope_type(const ConfigReader& parameters);

/// Reads one RoPE from rope_object(); what that lacks, from the keys beside it: `rope_theta` and
/// `partial_rotary_factor`, or what `defaults` calls them. As in Transformers a number of positions
/// before scaling counts beside the object, if it is there, not within it.
/// `known` are further keys of the object that the family reads itself.
/// Throws Error(unsupported) for a rope type that we do not know, and for heads that turn in part
/// where Transformers' type turns them whole.
spec::Rope rope(const ConfigReader& config, std::int64_t head_dim, const Defaults& defaults = {},
                const std::vector<std::string>& known = {});

/// The name that layers of a kind have in config.json.
std::string_view kind_name(bool sliding);

/// The RoPE of one kind of layer: `rope_parameters[kind_name()]` (null: none), or all of it where
/// it is flat. Beside it only theta counts, for kinds that have none.
/// Throws Error(unsupported) if the config has `rope_scaling`, or another turned part beside it.
std::optional<spec::Rope> rope_of_kind(const ConfigReader& config, std::int64_t head_dim,
                                       bool sliding, const Defaults& defaults = {});

/// The same for types that had other keys before: where `rope_parameters` does not say RoPE for
/// this kind, it is what `rope_scaling` says if that `scales` layers of this kind. theta may stand
/// beside them as `defaults` calls it. As in Transformers what `rope_parameters` says of no kind
/// does not count.
spec::Rope rope_of_kind_or_older(const ConfigReader& config, std::int64_t head_dim, bool sliding,
                                 const Defaults& defaults, bool scales);

/// heads, kv_heads, head_dim, RoPE and the usual 1/sqrt(head_dim) scale.
spec::Gqa gqa(const ConfigReader& config);

/// The same, with the biases of all its linear layers if `attention_bias` says so.
spec::Gqa biased_gqa(const ConfigReader& config, bool fallback = false);

/// biased_gqa() with norms of queries and keys like the final one.
spec::Gqa normed_gqa(const ConfigReader& config, const spec::ModelSpec& model);

/// Throws Error(unsupported) for an activation that we do not know.
spec::Activation activation(const ConfigReader& config, std::string_view key,
                            std::string_view fallback);

/// Gated feed-forward of width `intermediate_size`.
spec::Mlp gated_mlp(const ConfigReader& config);

/// Plain feed-forward (no gate) of width `intermediate_size`.
spec::Mlp plain_mlp(const ConfigReader& config, std::string_view activation_fallback);

/// `sliding_window` for a layer that slides, else none. Throws Error(unsupported) if the layer
/// slides and the config says null.
std::optional<std::int64_t> window_of(const ConfigReader& config, bool sliding,
                                      std::int64_t fallback = 4096);

/// A fallback of sliding_layers.
bool never_slides(const ConfigReader& config, std::int64_t layer);
/// Another: where the config has a window, all layers but every `sliding_window_pattern`th.
bool slides_by_pattern(const ConfigReader& config, std::int64_t layer);

/// Another: all layers but every `period`th.
template <std::int64_t period>
bool slides_but_each(const ConfigReader&, std::int64_t layer) {
  return (layer + 1) % period != 0;
}

/// For each layer, whether it attends through a sliding window: from `layer_types` if present, else
/// by `fallback(layer)`. Throws Error(unsupported) for other layer kinds, Error(corrupt_data) for a
/// wrong count.
std::vector<bool> sliding_layers(const ConfigReader& config,
                                 bool (*fallback)(const ConfigReader&, std::int64_t));

}  // namespace automodel::models
