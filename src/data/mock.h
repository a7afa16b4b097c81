#pragma once
// Random tokens of fixed length, to measure speed with.

#include <cstdint>
#include <memory>

#include "data/dataset.h"
#include "data/keys.h"

namespace automodel::data {

struct MockOptions {
  std::int64_t vocab_size = 1024;
  std::int64_t seq_len = 1024;
  std::int64_t num_samples = 1000000;
  std::uint64_t seed = 0;
};

/// Documents of seq_len + 1 uniform tokens, all learnt: a batch without the last token (see
/// CollateOptions) has seq_len tokens of each, every one with a label. Upstream's
/// mock_iterable_dataset.MockIterableDataset.
/// Throws Error(invalid_argument) unless every size is positive.
std::unique_ptr<const Dataset> make_mock_dataset(const MockOptions& options);

/// The keys of upstream's class. How many samples come at once (batch_size) is for the loader.
MockOptions read_mock_options(Keys& keys);

}  // namespace automodel::data
