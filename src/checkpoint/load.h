#pragma once
// The weights of a model into memory, strictly.

#include <optional>

#include "checkpoint/model_folder.h"
#include "nn/parameters.h"

namespace automodel::checkpoint {

/// What the values will be used for.
enum class Use {
  train,   // memory of its own, writable
  freeze,  // read-only: weights that need no conversion stay mapped, shared with the page cache
};

/// All parameters of model.spec in `dtype` (none: each as it is stored), none requiring a gradient.
/// Strict: throws Error(corrupt_data) that lists the weights that are missing, unused or of another
/// shape (5 of each at most), or names the first weight with a NaN or an infinity;
/// Error(unsupported) for weights that are not floating point. Superfluous weights are tolerated
/// that are rotary frequency buffers, a head's weight that equals the embedding it is tied to, or
/// what the model's family knows not to be used; buffers that its files need not have are zero. The
/// model's fresh parameters are drawn from `seed`.
nn::Parameters load_parameters(const ModelFolder& model, std::optional<at::ScalarType> dtype,
                               Use use = Use::train, std::uint64_t seed = 0);

}  // namespace automodel::checkpoint
