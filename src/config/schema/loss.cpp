#include <utility>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

Target loss(std::string name, std::string doc, std::vector<Key> keys) {
  keys.insert(keys.begin(), integer("ignore_index", "label of tokens that are not learnt", -100));
  return {.name = "nemo_automodel.components.loss." + std::move(name),
          .doc = std::move(doc),
          .keys = std::move(keys)};
}

Key reduction() {
  return text("reduction", "the sum is divided by the step's number of labels", "sum")
      .one_of({"sum", "mean", "none"});
}

}  // namespace

Key loss_section(std::string name) {
  const Key upcast = flag("fp32_upcast", "compute in float32", true);
  const Key group = anything("tp_group", "accepted; set by the program");
  const bool trains = name == "loss_fn";
  return target_mapping(
      std::move(name),
      trains ? "cross-entropy summed over all labels of a step, divided by their number"
             : "the distillation loss",
      {
          loss("masked_ce.MaskedCrossEntropy", "cross-entropy of logits", {upcast, reduction()}),
          loss("linear_ce.FusedLinearCrossEntropy",
               "head and cross-entropy in one, without storing the logits; needs "
               "model.output_hidden_states",
               {number("logit_softcapping", "logits become cap * tanh(logits / cap); 0: off", 0.0)
                    .at_least(0),
                reduction()}),
          loss("chunked_ce.ChunkedCrossEntropy", "cross-entropy in chunks of tokens",
               {integer("chunk_len", "tokens per chunk", 32).at_least(1),
                flag("compile", "accepted; chooses an implementation", true), reduction()}),
          loss("te_parallel_ce.TEParallelCrossEntropy",
               "cross-entropy of logits that are split over ranks", {reduction(), group}),
          loss("kd_loss.KDLoss", "Kullback-Leibler divergence between teacher and student",
               {number("temperature", "both distributions are softened by this", 1.0)
                    .greater_than(0),
                upcast, group,
                integer("chunk_size", "vocabulary entries per chunk; 0: all at once", 0)
                    .at_least(0)}),
      });
}

}  // namespace automodel::config
