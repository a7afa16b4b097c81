#include "data/sample_order.h"

#include <algorithm>
#include <numeric>

#include "base/file.h"
#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

TEST(SampleOrder, ShufflesAsNumpyDoes) {
  // numpy.random.RandomState(1234).shuffle(numpy.arange(10))
  std::vector<std::int32_t> values(10);
  std::iota(values.begin(), values.end(), 0);
  NumpyShuffle shuffle(1234);
  shuffle(values);
  EXPECT_EQ(values, (std::vector<std::int32_t>{7, 2, 9, 1, 0, 8, 4, 5, 6, 3}));
}

SampleOrderRequest request(std::optional<std::int64_t> num_samples) {
  return {.documents = {4, 5, 6},
          .lengths = {10, 3, 8},
          .seq_length = 4,
          .num_samples = num_samples,
          .seed = 1};
}

TEST(SampleOrder, OneEpochHasEveryDocumentOnce) {
  const auto order = make_sample_order(request(std::nullopt));
  auto documents = order.documents;
  std::sort(documents.begin(), documents.end());
  EXPECT_EQ(documents, (std::vector<std::int32_t>{4, 5, 6}));
  EXPECT_EQ(order.begins.back(), 21);
  auto windows = order.windows;
  std::sort(windows.begin(), windows.end());
  EXPECT_EQ(windows, (std::vector<std::uint32_t>{0, 1, 2, 3, 4})) << "(21 - 1) / 4";
}

TEST(SampleOrder, AsManyEpochsAsItTakes) {
  const auto order = make_sample_order(request(23));
  EXPECT_EQ(order.size(), 23);
  EXPECT_EQ(order.documents.size(), 15U) << "23 * 4 + 1 tokens of 21 an epoch: 5";
  for (const std::uint32_t window : order.windows) {
    EXPECT_LE(window * 4 + 5, static_cast<std::uint32_t>(order.begins.back()));
  }
  EXPECT_EQ(make_sample_order(request(2)).size(), 2) << "no more than asked for";
}

TEST(SampleOrder, IsKeptOnDisk) {
  const ScratchFolder folder;
  const auto order = make_sample_order(request(23));
  EXPECT_EQ(cached_sample_order(request(23), folder.path("index")), order);
  EXPECT_EQ(cached_sample_order(request(23), folder.path("index")), order) << "read again";
  cached_sample_order(request(7), folder.path("index"));
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("index"))) {
    files.push_back(entry.path());
  }
  ASSERT_EQ(files.size(), 2U);
  for (const auto& file : files) {
    std::string bytes = read_file(file);
    bytes[30] = static_cast<char>(bytes[30] ^ 1);
    write_file_atomic(file, bytes);
  }
  EXPECT_THAT(error_of([&] { cached_sample_order(request(23), folder.path("index")); }),
              HasSubstr("is damaged; remove it, it is made again"));
}

TEST(SampleOrder, TooFewTokensAreAnError) {
  SampleOrderRequest small{.documents = {0}, .lengths = {4}, .seq_length = 4};
  EXPECT_EQ(error_of([&] { make_sample_order(small); }),
            "the 1 documents have 4 tokens, too few for one sample of 4 and the token that "
            "follows; lower seq_length");
  small.lengths = {0};
  small.num_samples = 3;
  EXPECT_EQ(error_of([&] { make_sample_order(small); }), "the 1 documents have no tokens");
}

}  // namespace
}  // namespace automodel::data
