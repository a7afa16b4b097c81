#pragma once
// Recorded allocations: one line each, the bytes of a new block or "-N" where the Nth block was
// freed. bench/record_allocations.py makes such files.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace automodel::testing {

struct AllocationEvent {
  bool is_free = false;
  std::size_t value = 0;  // bytes, or which block
};

inline std::vector<AllocationEvent> read_trace(const std::string& path) {
  std::ifstream file(path);
  std::vector<AllocationEvent> events;
  for (std::string line; std::getline(file, line);) {
    const bool is_free = line.starts_with('-');
    events.push_back({is_free, std::stoull(is_free ? line.substr(1) : line)});
  }
  return events;
}

/// Calls allocate(bytes) -> pointer and release(pointer, bytes) as recorded; blocks that the trace
/// never frees are freed at the end. Blocks below `min_bytes` are left out.
template <typename Allocate, typename Release>
void replay(const std::vector<AllocationEvent>& trace, std::size_t min_bytes,
            const Allocate& allocate, const Release& release) {
  struct Block {
    void* pointer;
    std::size_t bytes;
  };
  std::vector<Block> blocks;
  const auto free_block = [&](Block& block) {
    if (block.pointer != nullptr) {
      release(block.pointer, block.bytes);
      block.pointer = nullptr;
    }
  };
  for (const AllocationEvent& event : trace) {
    if (event.is_free) {
      free_block(blocks.at(event.value));
    } else {
      void* pointer = event.value < min_bytes ? nullptr : allocate(event.value);
      blocks.push_back({pointer, event.value});
    }
  }
  for (Block& block : blocks) {
    free_block(block);
  }
}

}  // namespace automodel::testing
