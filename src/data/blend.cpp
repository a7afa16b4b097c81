#include "data/blend.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"

namespace automodel::data {
namespace {

class Blend : public Dataset {
 public:
  Blend(std::vector<std::shared_ptr<const Dataset>> parts, std::vector<BlendEntry> entries)
      : parts_(std::move(parts)), entries_(std::move(entries)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(entries_.size()); }
  TokenizedSample sample(std::int64_t index) const override {
    const BlendEntry& entry = entries_.at(static_cast<std::size_t>(index));
    return part(entry).sample(entry.row);
  }
  std::string location(std::int64_t index) const override {
    const BlendEntry& entry = entries_.at(static_cast<std::size_t>(index));
    return part(entry).location(entry.row);
  }
  std::int64_t num_left_out() const override {
    std::int64_t total = 0;
    for (const auto& part : parts_) {
      total += part->num_left_out();
    }
    return total;
  }
  std::uint64_t content_hash() const override {
    std::vector<std::int64_t> numbers;
    for (const auto& part : parts_) {
      numbers.push_back(static_cast<std::int64_t>(part->content_hash()));
    }
    for (const BlendEntry& entry : entries_) {
      numbers.insert(numbers.end(), {entry.part, entry.row});
    }
    return hash_of_numbers(numbers);
  }

 private:
  const Dataset& part(const BlendEntry& entry) const {
    return *parts_[static_cast<std::size_t>(entry.part)];
  }

  std::vector<std::shared_ptr<const Dataset>> parts_;
  std::vector<BlendEntry> entries_;
};

/// Hands out entries to the part that lags most behind weight * entries so far, the first if
/// several do.
class Dealer {
 public:
  explicit Dealer(std::vector<double> weights)
      : weights_(std::move(weights)), taken_(weights_.size(), 0) {}

  template <typename IsOpen>
  BlendEntry deal(std::int64_t number, const IsOpen& is_open) {
    const double share = std::max(static_cast<double>(number), 1.0);
    std::size_t best = weights_.size();
    double worst = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const double behind = weights_[i] * share - static_cast<double>(taken_[i]);
      if (is_open(i, taken_[i]) && (best == weights_.size() || behind > worst)) {
        best = i;
        worst = behind;
      }
    }
    return {static_cast<std::int32_t>(best), taken_[best]++};
  }

 private:
  std::vector<double> weights_;
  std::vector<std::int64_t> taken_;
};

std::vector<double> normalised(std::span<const double> weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> out;
  for (const double weight : weights) {
    check(weight > 0, ErrorKind::invalid_argument,
          "the weights of a blend must be positive, found {:g}", weight);
    out.push_back(weight / sum);
  }
  return out;
}

}  // namespace

std::vector<BlendEntry> blend_by_weight(std::span<const double> weights, std::int64_t size,
                                        std::span<const std::int64_t> sizes) {
  Dealer dealer(normalised(weights));
  std::vector<BlendEntry> out;
  out.reserve(static_cast<std::size_t>(size));
  std::size_t unfinished = sizes.size();
  for (std::int64_t number = 0; number < size || unfinished > 0; ++number) {
    out.push_back(dealer.deal(number, [](std::size_t, std::int64_t) { return true; }));
    const BlendEntry& entry = out.back();
    const auto part = static_cast<std::size_t>(entry.part);
    unfinished -= part < sizes.size() && entry.row + 1 == sizes[part] ? 1 : 0;
  }
  return out;
}

std::vector<BlendEntry> blend_all(std::span<const std::int64_t> sizes) {
  const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  std::vector<double> weights;
  for (const std::int64_t size : sizes) {
    weights.push_back(static_cast<double>(size) / static_cast<double>(total));
  }
  Dealer dealer(std::move(weights));
  std::vector<BlendEntry> out;
  out.reserve(static_cast<std::size_t>(total));
  for (std::int64_t number = 0; number < total; ++number) {
    out.push_back(
        dealer.deal(number, [&](std::size_t i, std::int64_t taken) { return taken < sizes[i]; }));
  }
  return out;
}

std::unique_ptr<const Dataset> make_blend(std::vector<std::shared_ptr<const Dataset>> parts,
                                          std::vector<BlendEntry> entries) {
  for (const BlendEntry& entry : entries) {
    check(entry.part >= 0 && entry.part < static_cast<std::int64_t>(parts.size()),
          ErrorKind::invalid_argument, "a blend of {} data sets has no part {}", parts.size(),
          entry.part);
    const auto& part = *parts[static_cast<std::size_t>(entry.part)];
    check(entry.row >= 0 && entry.row < part.size(), ErrorKind::invalid_argument,
          "the blend asks for row {} of a data set of {} rows", entry.row, part.size());
  }
  return std::make_unique<Blend>(std::move(parts), std::move(entries));
}

}  // namespace automodel::data
