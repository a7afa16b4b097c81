#pragma once
// Made-up token sequences with a class each: the same ones that upstream makes.

#include <cstdint>
#include <memory>

#include "data/dataset.h"
#include "data/keys.h"

namespace automodel::data {

struct MockClassificationOptions {
  std::int64_t num_samples = 64;
  std::int64_t num_labels = 2;
  std::int64_t vocab_size = 256;
  std::int64_t max_seq_len = 32;
  std::uint64_t seed = 0;
};

/// Rows of 4 to max_seq_len tokens that end in a class. Throws Error(invalid_argument) for sizes
/// that cannot be, and more classes than the model tells. Source: upstream's
/// mock_seq_cls.MockSequenceClassificationDataset.
std::unique_ptr<const Dataset> make_mock_classification_dataset(
    const MockClassificationOptions& options, const TextContext& context);

MockClassificationOptions read_mock_classification_options(Keys& keys);

}  // namespace automodel::data
