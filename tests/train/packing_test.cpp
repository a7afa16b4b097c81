#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "data/batch.h"
#include "data/packed.h"
#include "tensor/temporary_folder.h"
#include "train/tiny_model.h"
#include "train/tokens.h"

namespace automodel::train {
namespace {

/// 40 rows of 2 to 20 random tokens, about half of them learnt.
class RandomRows final : public data::Dataset {
 public:
  explicit RandomRows(std::uint64_t seed) : seed_(seed) {}
  std::int64_t size() const override { return 40; }
  data::TokenizedSample sample(std::int64_t index) const override {
    RandomStream random(seed_, StreamPurpose::mock, static_cast<std::uint64_t>(index));
    std::vector<std::int32_t> ids(2 + random.below(19));
    std::vector<std::uint8_t> mask(ids.size());
    for (std::size_t t = 0; t < ids.size(); ++t) {
      ids[t] = static_cast<std::int32_t>(random.below(32));
      mask[t] = random.below(2) == 1 ? 1 : 0;
    }
    data::TokenizedSample out;
    data::append_document(out, ids, mask);
    return out;
  }
  std::string location(std::int64_t index) const override { return std::to_string(index); }
  std::uint64_t content_hash() const override { return seed_; }

 private:
  std::uint64_t seed_;
};

struct Outcome {
  double loss = 0;
  std::vector<Tensor> gradients;
};

/// One step over the whole data set, one row of it a micro-batch.
Outcome step_over(const data::Dataset& dataset, bool drop_last_token) {
  auto model = tiny_model();
  std::vector<data::Batch> batches;
  std::int64_t num_labels = 0;
  for (std::int64_t row = 0; row < dataset.size(); ++row) {
    const std::vector<data::TokenizedSample> samples = {dataset.sample(row)};
    batches.push_back(data::collate(samples, std::vector<std::int64_t>{row},
                                    {.drop_last_token = drop_last_token}));
    num_labels += data::num_label_tokens(batches.back());
  }
  Outcome out;
  for (const data::Batch& batch : batches) {
    out.loss += model
                    .forward_backward(to_tokens(batch),
                                      {.per_label = 1 / static_cast<double>(num_labels)}, 0)
                    .loss;
  }
  for (const auto& parameter : model.parameters().all()) {
    out.gradients.push_back(parameter.value.grad());
  }
  return out;
}

void expect_same(const Outcome& expected, const Outcome& found) {
  EXPECT_NEAR(found.loss, expected.loss, 1e-5 * std::abs(expected.loss));
  for (std::size_t i = 0; i < expected.gradients.size(); ++i) {
    const double scale = expected.gradients[i].abs().max().item<double>();
    const double worst = (found.gradients[i] - expected.gradients[i]).abs().max().item<double>();
    EXPECT_LE(worst, 1e-5 * scale) << "parameter " << i;
  }
}

TEST(Packing, ChangesNeitherLossNorGradients) {
  const testing::TemporaryFolder folder;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto rows = std::make_shared<const RandomRows>(seed);
    data::TokenStore::write(*rows, folder.path() / "rows.tokens", 1);
    const auto store =
        std::make_shared<const data::TokenStore>(folder.path() / "rows.tokens", rows);
    for (const bool drop_last_token : {false, true}) {
      const Outcome plain = step_over(*rows, drop_last_token);
      for (const auto order : {data::PackOrder::in_order, data::PackOrder::decreasing}) {
        const data::PackedDataset packs(store, {.capacity = 32,
                                                .order = order,
                                                .shuffle_seed = seed,
                                                .drop_last_token = drop_last_token});
        ASSERT_LT(packs.size(), rows->size() / 2);
        expect_same(plain, step_over(packs, drop_last_token));
      }
    }
  }
}

/// The control: were documents of a pack one document, the outcome would be another.
TEST(Packing, WouldBeSeenIfDocumentsRanTogether) {
  const RandomRows rows(1);
  auto model = tiny_model();
  data::TokenizedSample joined;
  for (std::int64_t row = 0; row < 2; ++row) {
    const auto sample = rows.sample(row);
    data::append_document(joined, sample.ids, sample.loss_mask);
  }
  const std::vector<data::TokenizedSample> apart = {joined};
  const auto right = data::collate(apart, std::vector<std::int64_t>{0});
  auto wrong = right;
  wrong.cu_seqlens = {0, right.cu_seqlens.back()};
  EXPECT_GT(std::abs(model.forward_backward(to_tokens(right), {}, 0).loss -
                     model.forward_backward(to_tokens(wrong), {}, 0).loss),
            1e-3);
}

}  // namespace
}  // namespace automodel::train
