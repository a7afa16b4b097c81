#pragma once
// The merge rules of byte-pair encoding and the merging itself.

#include <cstdint>
#include <utility>
#include <vector>

#include "text/tokenizer/word_cache.h"

namespace automodel::text {

/// Which neighbours become one token, and in which order of preference.
class MergeTable {
 public:
  struct Rule {
    std::int32_t left, right, merged;  // ids
  };
  MergeTable() : MergeTable(std::vector<Rule>()) {}
  /// The best rule first. Of rules for the same pair the last counts.
  explicit MergeTable(const std::vector<Rule>& rules);

  /// `symbols` after all merges: always the best rule first, of equal ones the leftmost.
  /// n log n in the number of symbols.
  std::vector<PieceToken> apply(std::vector<PieceToken> symbols) const;

 private:
  static constexpr std::uint32_t kNoRank = 0xFFFFFFFF;
  struct Slot {
    std::uint64_t pair = ~std::uint64_t{0};
    std::uint32_t rank = kNoRank;
    std::int32_t merged = -1;
  };
  struct Queue;

  std::size_t slot_of(std::int32_t left, std::int32_t right) const;
  const Slot& find(std::int32_t left, std::int32_t right) const {
    return slots_[slot_of(left, right)];
  }
  std::vector<PieceToken> apply_short(std::vector<PieceToken> symbols) const;
  std::vector<PieceToken> apply_long(std::vector<PieceToken> symbols) const;

  std::vector<Slot> slots_;  // a power of two of them, at most half in use
};

}  // namespace automodel::text
