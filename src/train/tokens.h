#pragma once
// From a batch of module data to the tensors that the model reads.

#include "data/batch.h"
#include "nn/sequence.h"

namespace automodel::train {

/// Copies the batch into tensors. Length-dependent RoPE scalings see each document's own length.
nn::Tokens to_tokens(const data::Batch& batch);

}  // namespace automodel::train
