#pragma once
// How our attention's backward cuts a document's keys into segments, each the task of one worker:
// what the plan of memory must know too.

#include <algorithm>
#include <cstdint>

#include "base/division.h"

namespace automodel {

/// Keys that the kernels take at a time; segments begin at multiples of it.
inline constexpr std::int64_t kAttentionBlockKeys = 256;

/// The keys of a segment, of documents of so many keys. `heads`: heads of keys of all documents,
/// each of which makes a task at least: enough tasks for a balance, few partial gradients.
constexpr std::int64_t attention_segment_keys(std::int64_t keys, std::int64_t heads,
                                              std::int64_t block_keys = kAttentionBlockKeys) {
  constexpr std::int64_t kWantedTasks = 12;
  const std::int64_t blocks = std::max(ceil_div(keys, block_keys), std::int64_t{1});
  const std::int64_t segments = std::clamp(ceil_div(kWantedTasks, heads), std::int64_t{1}, blocks);
  return ceil_div(blocks, segments) * block_keys;
}

}  // namespace automodel
