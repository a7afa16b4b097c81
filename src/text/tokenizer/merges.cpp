#include "text/tokenizer/merges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <queue>

namespace automodel::text {
namespace {

/// Up to this many symbols the quadratic search in one cache line or two beats a heap.
constexpr std::size_t kShort = 32;

}  // namespace

MergeTable::MergeTable(const std::vector<Rule>& rules)
    : slots_(std::bit_ceil(std::max<std::size_t>(rules.size() * 2, 16))) {
  for (std::size_t rank = 0; rank < rules.size(); ++rank) {
    const Rule& rule = rules[rank];
    slots_[slot_of(rule.left, rule.right)] = {
        (static_cast<std::uint64_t>(rule.left) << 32) | static_cast<std::uint32_t>(rule.right),
        static_cast<std::uint32_t>(rank), rule.merged};
  }
}

std::size_t MergeTable::slot_of(std::int32_t left, std::int32_t right) const {
  const std::uint64_t pair =
      (static_cast<std::uint64_t>(left) << 32) | static_cast<std::uint32_t>(right);
  std::uint64_t hash = pair * 0x9E3779B97F4A7C15U;
  hash ^= hash >> 32;
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot].pair != pair && slots_[slot].rank != kNoRank) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

std::vector<PieceToken> MergeTable::apply(std::vector<PieceToken> symbols) const {
  return symbols.size() <= kShort ? apply_short(std::move(symbols))
                                  : apply_long(std::move(symbols));
}

std::vector<PieceToken> MergeTable::apply_short(std::vector<PieceToken> symbols) const {
  std::array<std::uint32_t, kShort> ranks{};  // of symbol i with its right neighbour
  std::array<std::int32_t, kShort> merged{};
  std::size_t count = symbols.size();
  const auto look = [&](std::size_t i) {
    const Slot& rule = find(symbols[i].id, symbols[i + 1].id);
    ranks[i] = rule.rank;
    merged[i] = rule.merged;
  };
  for (std::size_t i = 0; i + 1 < count; ++i) {
    look(i);
  }
  while (count > 1) {
    const auto* best =
        std::min_element(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(count - 1));
    if (*best == kNoRank) {
      break;
    }
    const auto at = static_cast<std::size_t>(best - ranks.begin());
    symbols[at].id = merged[at];
    symbols[at].end = symbols[at + 1].end;
    for (std::size_t i = at + 1; i + 1 < count; ++i) {
      symbols[i] = symbols[i + 1];
      ranks[i] = ranks[i + 1];
      merged[i] = merged[i + 1];
    }
    --count;
    if (at + 1 < count) {
      look(at);
    }
    if (at > 0) {
      look(at - 1);
    }
  }
  symbols.resize(count);
  return symbols;
}

/// Candidates by rank, then place, over symbols that are linked to their living neighbours.
struct MergeTable::Queue {
  const MergeTable& table;
  std::vector<PieceToken> symbols;
  std::vector<std::uint32_t> left{}, right{};  // neighbours; symbols.size() for none
  std::vector<std::uint32_t> rank{};           // of the pair (i, right[i])
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> candidates{};

  void look(std::uint32_t i) {
    if (i >= symbols.size()) {
      return;
    }
    rank[i] =
        right[i] < symbols.size() ? table.find(symbols[i].id, symbols[right[i]].id).rank : kNoRank;
    if (rank[i] != kNoRank) {
      candidates.push((static_cast<std::uint64_t>(rank[i]) << 32) | i);
    }
  }

  void merge(std::uint32_t i) {
    const std::uint32_t gone = right[i];
    symbols[i].id = table.find(symbols[i].id, symbols[gone].id).merged;
    symbols[i].end = symbols[gone].end;
    symbols[gone].id = -1;
    rank[gone] = kNoRank;
    right[i] = right[gone];
    if (right[i] < symbols.size()) {
      left[right[i]] = i;
    }
    look(i);
    look(left[i]);
  }
};

std::vector<PieceToken> MergeTable::apply_long(std::vector<PieceToken> symbols) const {
  const auto count = static_cast<std::uint32_t>(symbols.size());
  Queue queue{*this, std::move(symbols)};
  queue.rank.assign(count, kNoRank);
  for (std::uint32_t i = 0; i < count; ++i) {
    queue.left.push_back(i == 0 ? count : i - 1);
    queue.right.push_back(i + 1);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    queue.look(i);
  }
  while (!queue.candidates.empty()) {
    const std::uint64_t top = queue.candidates.top();
    queue.candidates.pop();
    const auto at = static_cast<std::uint32_t>(top);
    if (queue.rank[at] == top >> 32) {  // else a neighbour has changed since
      queue.merge(at);
    }
  }
  std::erase_if(queue.symbols, [](const PieceToken& symbol) { return symbol.id < 0; });
  return std::move(queue.symbols);
}

}  // namespace automodel::text
