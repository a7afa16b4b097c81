#include "data/sample_order.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/division.h"
#include "base/error.h"
#include "base/file.h"

namespace automodel::data {
namespace {

using Documents = std::vector<std::int32_t>;

/// Megatron shuffles a last epoch by itself if less than this share of it is used.
constexpr double kWholeEpoch = 0.8;

struct Epochs {
  std::int64_t count = 1;
  bool separate_last = false;
  /// Samples before the last epoch, if it is separate.
  std::int64_t num_before_last = 0;
};

Epochs plan_epochs(const SampleOrderRequest& request, std::int64_t tokens) {
  Epochs out;
  if (!request.num_samples) {
    return out;
  }
  const std::int64_t wanted = *request.num_samples * request.seq_length + 1;
  out.count = std::max<std::int64_t>(1, ceil_div(wanted, tokens));
  if (out.count > 1) {
    out.num_before_last = ((out.count - 1) * tokens - 1) / request.seq_length;
    const std::int64_t from_last = *request.num_samples - out.num_before_last;
    const std::int64_t per_epoch = (tokens - 1) / request.seq_length;
    out.separate_last =
        static_cast<double>(from_last) < std::floor(kWholeEpoch * static_cast<double>(per_epoch));
  }
  return out;
}

Documents repeated(const Documents& documents, std::int64_t times, NumpyShuffle& shuffle) {
  Documents out;
  out.reserve(documents.size() * static_cast<std::size_t>(times));
  for (std::int64_t i = 0; i < times; ++i) {
    out.insert(out.end(), documents.begin(), documents.end());
  }
  shuffle(out);
  return out;
}

/// first..end-1, shuffled.
std::vector<std::uint32_t> shuffled_range(std::int64_t first, std::int64_t end,
                                          NumpyShuffle& shuffle) {
  std::vector<std::uint32_t> out(static_cast<std::size_t>(end - first));
  std::iota(out.begin(), out.end(), static_cast<std::uint32_t>(first));
  shuffle(out);
  return out;
}

template <typename T>
void append(std::vector<T>& first, const std::vector<T>& last) {
  first.insert(first.end(), last.begin(), last.end());
}

std::uint64_t hash_of_request(const SampleOrderRequest& request) {
  return hash_of(checksum(bytes_of(request.documents)), checksum(bytes_of(request.lengths)),
                 request.seq_length, request.num_samples.value_or(-1), request.seed);
}

/// File: three counts, the three arrays, a checksum of all that; 64 bits each but for the arrays.
void write_order(const SampleOrder& order, const std::filesystem::path& path) {
  const std::vector<std::int64_t> counts = {static_cast<std::int64_t>(order.documents.size()),
                                            static_cast<std::int64_t>(order.begins.size()),
                                            order.size()};
  AtomicFile file(path);
  Checksum sum;
  for (const auto bytes : {bytes_of(counts), bytes_of(order.documents), bytes_of(order.begins),
                           bytes_of(order.windows)}) {
    sum.update(bytes);
    file.write(bytes);
  }
  const std::vector<std::uint64_t> digest = {sum.digest()};
  file.write(bytes_of(digest));
  file.commit();
}

template <typename T>
std::vector<T> cut(std::string_view& bytes, std::int64_t count, const std::string& path) {
  check(count >= 0 && static_cast<std::uint64_t>(count) <= bytes.size() / sizeof(T),
        ErrorKind::corrupt_data, "{} is damaged; remove it, it is made again", path);
  std::vector<T> out(static_cast<std::size_t>(count));
  if (!out.empty()) {
    std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
  }
  bytes.remove_prefix(out.size() * sizeof(T));
  return out;
}

SampleOrder read_order(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::string name = path.string();
  std::string_view bytes = file.text();
  const std::uint64_t sum = bytes.size() < sizeof(std::uint64_t)
                                ? 0
                                : checksum(bytes.substr(0, bytes.size() - sizeof(std::uint64_t)));
  const auto counts = cut<std::int64_t>(bytes, 3, name);
  SampleOrder order;
  order.documents = cut<std::int32_t>(bytes, counts[0], name);
  order.begins = cut<std::int64_t>(bytes, counts[1], name);
  order.windows = cut<std::uint32_t>(bytes, counts[2], name);
  const auto digest = cut<std::uint64_t>(bytes, 1, name);
  check(digest[0] == sum && bytes.empty(), ErrorKind::corrupt_data,
        "{} is damaged; remove it, it is made again", name);
  return order;
}

}  // namespace

std::uint64_t NumpyShuffle::below_or_equal(std::uint64_t most) {
  check(most <= std::numeric_limits<std::uint32_t>::max(), ErrorKind::unsupported,
        "more than 2^32 documents or samples cannot be shuffled");
  const std::uint64_t mask = std::bit_ceil(most + 1) - 1;
  std::uint64_t value = engine_() & mask;
  while (value > most) {
    value = engine_() & mask;
  }
  return value;
}

SampleOrder make_sample_order(const SampleOrderRequest& request) {
  const std::int64_t tokens =
      std::accumulate(request.lengths.begin(), request.lengths.end(), std::int64_t{0});
  check(tokens > request.seq_length || request.num_samples.value_or(0) > 0,
        ErrorKind::invalid_argument,
        "the {} documents have {} tokens, too few for one sample of {} and the token that follows; "
        "lower seq_length",
        request.documents.size(), tokens, request.seq_length);
  check(tokens > 0, ErrorKind::invalid_argument, "the {} documents have no tokens",
        request.documents.size());
  const Epochs epochs = plan_epochs(request, tokens);
  NumpyShuffle shuffle(request.seed);
  SampleOrder out;
  // Positions in the request are shuffled; they draw as the documents' numbers would.
  Documents positions(request.documents.size());
  std::iota(positions.begin(), positions.end(), 0);
  const std::int64_t last = epochs.separate_last ? 1 : 0;
  Documents stream = repeated(positions, epochs.count - last, shuffle);
  if (epochs.separate_last) {
    append(stream, repeated(positions, 1, shuffle));
  }
  std::int64_t begin = 0;
  for (const std::int32_t position : stream) {
    out.documents.push_back(request.documents[static_cast<std::size_t>(position)]);
    out.begins.push_back(begin);
    begin += request.lengths[static_cast<std::size_t>(position)];
  }
  out.begins.push_back(begin);
  const std::int64_t num_windows = (epochs.count * tokens - 1) / request.seq_length;
  out.windows =
      shuffled_range(0, epochs.separate_last ? epochs.num_before_last : num_windows, shuffle);
  if (epochs.separate_last) {
    append(out.windows, shuffled_range(epochs.num_before_last, num_windows, shuffle));
  }
  if (request.num_samples && *request.num_samples < out.size()) {
    out.windows.resize(static_cast<std::size_t>(*request.num_samples));
  }
  return out;
}

SampleOrder cached_sample_order(const SampleOrderRequest& request,
                                const std::filesystem::path& folder) {
  const auto path = folder / fmt::format("{:016x}.order", hash_of_request(request));
  if (std::filesystem::exists(path)) {
    return read_order(path);
  }
  SampleOrder order = make_sample_order(request);
  std::filesystem::create_directories(folder);
  write_order(order, path);
  return order;
}

}  // namespace automodel::data
