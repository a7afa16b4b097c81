#include "tensor/best_fit_heap.h"

#include <iterator>

#include "base/error.h"

namespace automodel {

std::optional<BestFitHeap::Range> BestFitHeap::allocate(std::size_t size) {
  if (size > capacity_) {
    return std::nullopt;
  }
  const std::size_t rounded = (size + granule_ - 1) / granule_ * granule_;
  auto range = take_free(rounded);
  if (!range) {
    range = grow(rounded);
  }
  live_bytes_ += range ? range->size : 0;
  return range;
}

std::optional<BestFitHeap::Range> BestFitHeap::take_free(std::size_t size) {
  const auto found = free_.lower_bound({size, 0});
  if (found == free_.end()) {
    return std::nullopt;
  }
  const auto [free_size, begin] = *found;
  free_.erase(found);
  Block& block = blocks_.at(begin);
  block.free = false;
  if (free_size - size >= min_rest_) {
    block.size = size;
    blocks_.emplace(begin + size, Block{free_size - size, true});
    free_.emplace(free_size - size, begin + size);
  }
  return Range{begin, block.size};
}

std::optional<BestFitHeap::Range> BestFitHeap::grow(std::size_t size) {
  const bool last_is_free = !blocks_.empty() && std::prev(blocks_.end())->second.free;
  const std::size_t begin = last_is_free ? std::prev(blocks_.end())->first : top_;
  if (size > capacity_ - begin) {
    return std::nullopt;
  }
  if (last_is_free) {
    free_.erase({std::prev(blocks_.end())->second.size, begin});
  }
  blocks_.insert_or_assign(begin, Block{size, false});
  top_ = begin + size;
  return Range{begin, size};
}

BestFitHeap::Range BestFitHeap::free(std::size_t begin) {
  const auto block = blocks_.find(begin);
  check(block != blocks_.end() && !block->second.free, ErrorKind::internal,
        "freed memory that was not handed out, at {} of the heap", begin);
  const Range range{begin, block->second.size};
  live_bytes_ -= range.size;
  const auto merged = merge(block);
  merged->second.free = true;
  free_.emplace(merged->second.size, merged->first);
  return range;
}

/// Takes the free neighbours of a block into it. Returns the block, which may begin earlier.
BestFitHeap::Blocks::iterator BestFitHeap::merge(Blocks::iterator block) {
  const auto next = std::next(block);
  if (next != blocks_.end() && next->second.free) {
    free_.erase({next->second.size, next->first});
    block->second.size += next->second.size;
    blocks_.erase(next);
  }
  if (block == blocks_.begin() || !std::prev(block)->second.free) {
    return block;
  }
  const auto previous = std::prev(block);
  free_.erase({previous->second.size, previous->first});
  previous->second.size += block->second.size;
  blocks_.erase(block);
  return previous;
}

}  // namespace automodel
