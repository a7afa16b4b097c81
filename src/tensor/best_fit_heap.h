#pragma once
// The bookkeeping of a heap: which byte ranges of [0, capacity) are handed out. Knows no memory.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace automodel {

/// Each request gets the smallest free range that holds it, the lowest of equals; free neighbours
/// merge at once. Only if none fits the heap grows at its top.
class BestFitHeap {
 public:
  struct Range {
    std::size_t begin = 0;
    std::size_t size = 0;

    std::size_t end() const { return begin + size; }
    bool operator==(const Range&) const = default;
  };

  /// Sizes are rounded up to `granule`; a free rest of less than `min_rest` stays with its block.
  BestFitHeap(std::size_t capacity, std::size_t granule, std::size_t min_rest)
      : capacity_(capacity), granule_(granule), min_rest_(min_rest) {}

  /// None if no range is large enough. size > 0.
  std::optional<Range> allocate(std::size_t size);
  /// Returns the range that was handed out at `begin`. Throws Error(internal) if none was.
  Range free(std::size_t begin);

  std::size_t live_bytes() const { return live_bytes_; }
  /// One past the highest byte ever handed out.
  std::size_t top() const { return top_; }
  /// (size, begin) of each free range below top(), smallest first.
  const std::set<std::pair<std::size_t, std::size_t>>& free_ranges() const { return free_; }

 private:
  struct Block {
    std::size_t size;
    bool free;
  };
  using Blocks = std::map<std::size_t, Block>;  // by begin; they tile [0, top)

  std::optional<Range> take_free(std::size_t size);
  std::optional<Range> grow(std::size_t size);
  Blocks::iterator merge(Blocks::iterator block);

  std::size_t capacity_;
  std::size_t granule_;
  std::size_t min_rest_;
  std::size_t top_ = 0;
  std::size_t live_bytes_ = 0;
  Blocks blocks_;
  std::set<std::pair<std::size_t, std::size_t>> free_;
};

}  // namespace automodel
