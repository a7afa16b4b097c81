#pragma once
// MegatronPretraining: samples of fixed length from indexed token files, alone or blended.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/indexed_tokens.h"
#include "data/keys.h"
#include "data/sample_order.h"

namespace automodel::data {

enum class MegatronSplit { train, validation, test };

struct MegatronOptions {
  /// Prefixes of .bin/.idx pairs, and their weights, or none: then as much of each as there is.
  std::vector<std::string> prefixes;
  std::vector<double> weights;
  /// The prefixes are those of this split alone; otherwise `shares` says which documents it has.
  bool own_split = false;
  MegatronSplit split = MegatronSplit::train;
  std::array<double, 3> shares = {900, 50, 50};
  std::int64_t seq_length = 2048;
  std::uint32_t seed = 1234;
  /// Samples in all; unset: every document once. Training data begins again where it has
  /// fewer; of other data the first so many are taken, none twice.
  std::optional<std::int64_t> num_samples;
  /// Keeps the order of samples on disk; empty: it is made anew.
  std::string index_folder;
};

/// Sample i is a window of seq_length + 1 tokens, all learnt, which may reach over the ends of
/// documents: attention and positions do not stop there, as in upstream. The order of samples is
/// upstream's, to the token. Throws Error for files that cannot be used or hold too little.
std::unique_ptr<const Dataset> make_megatron_dataset(const MegatronOptions& options);

/// The keys of upstream's megatron_dataset.MegatronPretraining.
MegatronOptions read_megatron_options(Keys& keys);

}  // namespace automodel::data
