#pragma once
// Which documents share a row of fixed size. Arithmetic on lengths only.

#include <cstdint>
#include <span>
#include <vector>

namespace automodel::data {

enum class PackOrder {
  /// One pack after the other in the order given: a document that does not fit opens the next pack
  /// (next-fit, upstream's "thd").
  in_order,
  /// The longest documents first, each into the first pack that has room (first-fit-decreasing,
  /// upstream's "neat", which takes the emptiest pack instead and fills less).
  decreasing,
};

/// Groups of items, one after the other.
struct Packs {
  std::vector<std::int64_t> items = {};  // each once
  std::vector<std::int64_t> ends = {};   // one past each pack's last entry of `items`

  std::int64_t size() const { return static_cast<std::int64_t>(ends.size()); }
  std::span<const std::int64_t> pack(std::int64_t index) const;
  bool operator==(const Packs&) const = default;
};

/// Packs items of these lengths, none above `capacity`, in O(n log n). Items of a pack are in
/// ascending order, packs in the order of their first item.
/// Throws Error(invalid_argument) if a length is not in 1..capacity.
Packs pack_lengths(std::span<const std::int64_t> lengths, std::int64_t capacity, PackOrder order);

/// The share of the packs' room that is used, 1 if there are none.
double pack_fill(std::span<const std::int64_t> lengths, const Packs& packs, std::int64_t capacity);

}  // namespace automodel::data
