#pragma once
// The order of Megatron's samples: documents one after the other in shuffled order, cut into
// windows, the windows shuffled. Draws as NumPy does, so that it is upstream's order.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <vector>

namespace automodel::data {

/// numpy.random.RandomState(seed).shuffle of one-dimensional arrays.
class NumpyShuffle {
 public:
  explicit NumpyShuffle(std::uint32_t seed) : engine_(seed) {}
  template <typename T>
  void operator()(std::vector<T>& values) {
    for (std::size_t i = values.size(); i-- > 1;) {
      std::swap(values[i], values[below_or_equal(i)]);
    }
  }

 private:
  /// Uniform in 0..most.
  std::uint64_t below_or_equal(std::uint64_t most);

  std::mt19937 engine_;
};

struct SampleOrderRequest {
  /// The documents of the split, by number, and the tokens of each.
  std::vector<std::int32_t> documents;
  std::vector<std::int64_t> lengths;
  /// Tokens that a sample is learnt on; it has one more.
  std::int64_t seq_length = 2048;
  /// As many epochs as it takes; unset: one epoch.
  std::optional<std::int64_t> num_samples;
  std::uint32_t seed = 1234;
};

/// A run of samples: a stream of documents and which window of it each sample is.
struct SampleOrder {
  std::vector<std::int32_t> documents;  // in the order of the stream, epoch after epoch
  std::vector<std::int64_t> begins;     // where each begins in the stream, and one past the end
  std::vector<std::uint32_t> windows;   // for each sample its window
  std::int64_t size() const { return static_cast<std::int64_t>(windows.size()); }
  bool operator==(const SampleOrder&) const = default;
};

/// Throws Error(invalid_argument) if the documents do not hold one sample.
SampleOrder make_sample_order(const SampleOrderRequest& request);

/// make_sample_order, kept in `folder` under a hash of the request. Throws Error(io).
SampleOrder cached_sample_order(const SampleOrderRequest& request,
                                const std::filesystem::path& folder);

}  // namespace automodel::data
