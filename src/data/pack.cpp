#include "data/pack.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace automodel::data {
namespace {

using Numbers = std::vector<std::int64_t>;

/// The room left in each bin, as a tree of maxima: the first bin with enough room is found in
/// O(log n).
class Bins {
 public:
  Bins(std::int64_t num_bins, std::int64_t capacity)
      : num_leaves_(std::bit_ceil(static_cast<std::size_t>(std::max<std::int64_t>(num_bins, 1)))),
        room_(2 * num_leaves_, capacity) {}

  /// Puts an item into the first bin that has room for it and returns the bin. There is one.
  std::int64_t put(std::int64_t length) {
    std::size_t node = 1;
    while (node < num_leaves_) {
      node = 2 * node + (room_[2 * node] < length ? 1 : 0);
    }
    room_[node] -= length;
    const std::size_t bin = node - num_leaves_;
    for (node /= 2; node >= 1; node /= 2) {
      room_[node] = std::max(room_[2 * node], room_[2 * node + 1]);
    }
    return static_cast<std::int64_t>(bin);
  }

 private:
  std::size_t num_leaves_;
  Numbers room_;
};

/// For each item its pack.
Numbers next_fit(std::span<const std::int64_t> lengths, std::int64_t capacity) {
  Numbers packs;
  packs.reserve(lengths.size());
  std::int64_t pack = 0, used = 0;
  for (const std::int64_t length : lengths) {
    if (used + length > capacity) {
      ++pack;
      used = 0;
    }
    used += length;
    packs.push_back(pack);
  }
  return packs;
}

/// For each item its pack. All bins but one end up more than half full, which bounds their number.
Numbers first_fit_decreasing(std::span<const std::int64_t> lengths, std::int64_t capacity) {
  Numbers order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return lengths[static_cast<std::size_t>(a)] > lengths[static_cast<std::size_t>(b)];
  });
  const std::int64_t total = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  Bins bins(std::min(static_cast<std::int64_t>(lengths.size()), 2 * (total / capacity + 1)),
            capacity);
  Numbers packs(lengths.size());
  for (const std::int64_t item : order) {
    packs[static_cast<std::size_t>(item)] = bins.put(lengths[static_cast<std::size_t>(item)]);
  }
  return packs;
}

/// Numbers packs by their first item.
void renumber(Numbers& packs) {
  Numbers names(packs.size() + 1, -1);
  std::int64_t next = 0;
  for (std::int64_t& pack : packs) {
    std::int64_t& name = names[static_cast<std::size_t>(pack)];
    name = name < 0 ? next++ : name;
    pack = name;
  }
}

/// Items by pack, each in ascending order (a counting sort).
Packs grouped(const Numbers& packs) {
  Packs out;
  if (packs.empty()) {
    return out;
  }
  Numbers begins(static_cast<std::size_t>(*std::max_element(packs.begin(), packs.end())) + 2, 0);
  for (const std::int64_t pack : packs) {
    ++begins[static_cast<std::size_t>(pack) + 1];
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  out.ends.assign(begins.begin() + 1, begins.end());
  out.items.resize(packs.size());
  for (std::size_t item = 0; item < packs.size(); ++item) {
    const auto at = begins[static_cast<std::size_t>(packs[item])]++;
    out.items[static_cast<std::size_t>(at)] = static_cast<std::int64_t>(item);
  }
  return out;
}

}  // namespace

std::span<const std::int64_t> Packs::pack(std::int64_t index) const {
  const auto at = static_cast<std::size_t>(index);
  const std::int64_t begin = at == 0 ? 0 : ends.at(at - 1);
  return std::span(items).subspan(static_cast<std::size_t>(begin),
                                  static_cast<std::size_t>(ends.at(at) - begin));
}

Packs pack_lengths(std::span<const std::int64_t> lengths, std::int64_t capacity, PackOrder order) {
  for (const std::int64_t length : lengths) {
    check(length > 0 && length <= capacity, ErrorKind::invalid_argument,
          "a document of {} tokens does not fit into a pack of {}", length, capacity);
  }
  Numbers packs = order == PackOrder::in_order ? next_fit(lengths, capacity)
                                               : first_fit_decreasing(lengths, capacity);
  renumber(packs);
  return grouped(packs);
}

double pack_fill(std::span<const std::int64_t> lengths, const Packs& packs, std::int64_t capacity) {
  std::int64_t used = 0;
  for (const auto item : packs.items) {
    used += lengths[static_cast<std::size_t>(item)];
  }
  const auto room = packs.size() * capacity;
  return room == 0 ? 1.0 : static_cast<double>(used) / static_cast<double>(room);
}

}  // namespace automodel::data
