#pragma once
// From a batch of module data to the tensors that the model reads.

#include "data/batch.h"
#include "nn/sequence.h"
#include "spec/model_spec.h"

namespace automodel::train {

/// What of a row the model can take.
data::RowLimits row_limits(const spec::ModelSpec& spec);

/// Copies the batch into tensors. Length-dependent RoPE scalings see each document's own length.
nn::Tokens to_tokens(const data::Batch& batch);

}  // namespace automodel::train
