#pragma once
// The CPU memory of all tensors: an arena whose pages are reused from step to step.

#include <cstddef>
#include <filesystem>

#include "tensor/arena.h"

namespace automodel {

/// Since install_arena_allocator(); all zero before.
struct AllocatorStats {
  std::size_t live_bytes = 0;       // in tensors' storages
  std::size_t peak_live_bytes = 0;  // since the start or the last reset_allocator_peak()
  std::size_t reserved_bytes = 0;   // resident for tensors, free or not
};

/// Of the arena for the tensors of a process that may use so much memory: they get what other
/// processes leave of it, and what this one holds beside them. `root`: where proc/ and sys/ are.
ArenaOptions tensor_arena_options(std::size_t usable_bytes,
                                  const std::filesystem::path& root = "/");

/// Makes LibTorch take CPU memory from the arena from now on. Tensors that exist stay where they
/// are. Call it before the first large tensor; calling it again does nothing. From then on an
/// allocation that does not fit throws Error(out_of_memory), which says how much is missing.
void install_arena_allocator();

AllocatorStats allocator_stats();
void reset_allocator_peak();

}  // namespace automodel
