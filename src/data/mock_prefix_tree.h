#pragma once
// Made-up answers that share prompts: the same ones that upstream makes.

#include <cstdint>
#include <memory>

#include "data/dataset.h"
#include "data/keys.h"

namespace automodel::data {

struct MockRolloutOptions {
  std::int64_t num_groups = 16;
  std::int64_t completions_per_group = 4;
  std::int64_t prompt_len = 32;
  std::int64_t completion_len = 16;
  std::int64_t vocab_size = 1024;
  std::uint64_t seed = 0;
};

/// A row is a prompt with all its answers, a document to each: the prompt and that answer, learnt
/// from the answer's second token on. Upstream's prefix_tree_collate_fn keeps a row's prompt once
/// and lets the answers see it but not each other, so that nothing is left from which each could
/// learn its first token; the loss is the same.
/// Throws Error(invalid_argument) for sizes that cannot be.
/// Source: upstream's mock_prefix_tree.build_mock_rollout_dataset and prefix_tree.py.
std::unique_ptr<const Dataset> make_mock_rollout_dataset(const MockRolloutOptions& options);

MockRolloutOptions read_mock_rollout_options(Keys& keys);

}  // namespace automodel::data
