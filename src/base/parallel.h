#pragma once
// Independent work items on several threads.

#include <cstdint>
#include <functional>

namespace automodel {

/// How many threads to give parallel_for: usable_cores().
int num_cores();

/// Calls work(0) ... work(num_items - 1), each once, on up to `num_threads` threads of which the
/// caller is one. If calls throw, no further items are started and the error of the smallest item
/// that failed is rethrown after all threads have ended.
void parallel_for(std::int64_t num_items, int num_threads,
                  const std::function<void(std::int64_t)>& work);

}  // namespace automodel
