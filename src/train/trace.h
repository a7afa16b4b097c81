#pragma once
// What a model computes on given batches, for comparison with another implementation.

#include <filesystem>

#include "checkpoint/model_folder.h"
#include "parallel/sharded_model.h"

namespace automodel::train {

struct TraceOptions {
  enum class Experts {
    unnamed,
    chosen,  // by the routers
    given,   // by the batch file
  };
  parallel::ModelOptions model;
  Experts experts = Experts::unnamed;
};

/// For each VARIANT in `batch_file` (VARIANT.input_ids, .labels [b, t] unshifted, .attention_mask,
/// .doc_lens) writes VARIANT.logits [b, t, v] (rows of padding are zero), VARIANT.loss and
/// VARIANT.grad.NAME (the routers' losses included); then, with the training settings of the file's
/// metadata, step.loss, step.grad_norm and trained.NAME after its AdamW steps, one variant after
/// the other. Of a classifier: .labels [documents], logits [documents, classes]. Names and shapes
/// are those on disk. options.model.compute: the dtype of weights and
/// arithmetic. With experts, also VARIANT.experts.LAYER [b, t, experts per token] int64, which the
/// routers chose for the logits, or which the batch file has for them. Throws Error(corrupt_data)
/// if the batch file lacks something.
void trace(const checkpoint::ModelFolder& model, const std::filesystem::path& batch_file,
           const std::filesystem::path& out_file, const TraceOptions& options);

}  // namespace automodel::train
