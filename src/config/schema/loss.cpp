#include <utility>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

/// `config`: upstream's typed form of the same.
Target loss(const std::string& name, std::string doc, std::vector<Key> keys,
            const std::string& config = "") {
  const std::string components = "nemo_automodel.components.";
  keys.insert(keys.begin(), integer("ignore_index", "label of tokens that are not learnt", -100));
  Target target{.name = components + name, .doc = std::move(doc), .keys = std::move(keys)};
  if (!config.empty()) {
    target.aliases = {components + "loss.loss." + config, components + "loss." + config};
  }
  return target;
}

/// A cross-entropy: what all of them have after `keys`.
Target cross_entropy(const std::string& name, std::string doc, std::vector<Key> keys,
                     const std::string& config = "") {
  keys.push_back(text("reduction", "the sum is divided by the step's number of labels", "sum")
                     .one_of({"sum", "mean", "none"}));
  keys.push_back(number("label_smoothing",
                        "this share of what is to be learnt at a token is spread evenly over the "
                        "vocabulary; below 1",
                        0.0)
                     .at_least(0)
                     .own());
  keys.push_back(number("z_loss", "weight of logsumexp(logits)^2, added for each label", 0.0)
                     .at_least(0)
                     .own());
  return loss(name, std::move(doc), std::move(keys), config);
}

}  // namespace

Key loss_section(std::string name) {
  const Key upcast = flag("fp32_upcast", "compute in float32", true)
                         .without_effect("the loss is computed in float32");
  const Key group =
      anything("tp_group", "accepted; set by the program").without_effect(kOneProcess);
  const Key softcapping =
      number("logit_softcapping", "logits become cap * tanh(logits / cap); 0: off", 0.0)
          .at_least(0);
  const bool trains = name == "loss_fn";
  return target_mapping(
      std::move(name),
      trains ? "cross-entropy summed over all labels of a step, divided by their number; required "
               "unless the recipe trains a classifier"
             : "the distillation loss",
      {
          cross_entropy("loss.masked_ce.MaskedCrossEntropy", "cross-entropy of logits", {upcast},
                        "MaskedCrossEntropyConfig"),
          cross_entropy("loss.linear_ce.FusedLinearCrossEntropy",
                        "head and cross-entropy in one, without storing the logits; needs "
                        "model.output_hidden_states",
                        {softcapping}, "FusedLinearCEConfig"),
          cross_entropy(
              "loss.chunked_ce.ChunkedCrossEntropy", "cross-entropy in chunks of tokens",
              {integer("chunk_len", "tokens per chunk", 32).at_least(1).without_effect(kOwnKernels),
               flag("compile", "accepted; chooses an implementation", true)
                   .without_effect(kCompiledAhead)}),
          cross_entropy("loss.te_parallel_ce.TEParallelCrossEntropy",
                        "cross-entropy of logits that are split over ranks", {group},
                        "TEParallelCEConfig"),
          loss("loss.kd_loss.KDLoss", "Kullback-Leibler divergence between teacher and student",
               {number("temperature", "both distributions are softened by this", 1.0)
                    .greater_than(0),
                upcast, group,
                integer("chunk_size", "vocabulary entries per chunk; 0: all at once", 0)
                    .at_least(0)},
               "KDLossConfig"),
          cross_entropy("models.gemma4_moe.loss.Gemma4TensorParallelFusedLinearCrossEntropy",
                        "FusedLinearCrossEntropy over a head that is split over ranks",
                        {softcapping}),
          cross_entropy(
              "models.nemotron_parse.nemotron_parse_loss.NemotronParseLoss",
              "cross-entropy with a weight for coordinates",
              {number("coordinate_weight", "weight of coordinates", 10.0).at_least(0),
               integer("class_token_start_idx", "first token of coordinates", 50000).at_least(0),
               integer("num_heads", "prediction heads", 1).at_least(1), upcast}),
      });
}

}  // namespace automodel::config
