#pragma once
// The CPU memory of all tensors: an arena whose pages are reused from step to step.

#include <cstddef>

namespace automodel {

/// Since install_arena_allocator(); all zero before.
struct AllocatorStats {
  std::size_t live_bytes = 0;       // in tensors' storages
  std::size_t peak_live_bytes = 0;  // since the start or the last reset_allocator_peak()
  std::size_t reserved_bytes = 0;   // resident for tensors, free or not
};

/// Makes LibTorch take CPU memory from the arena from now on. Tensors that exist stay where they
/// are. Call it before the first large tensor; calling it again does nothing. From then on an
/// allocation that does not fit throws Error(out_of_memory), which says how much is missing.
void install_arena_allocator();

AllocatorStats allocator_stats();
void reset_allocator_peak();

}  // namespace automodel
