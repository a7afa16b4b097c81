#include "tensor/quantised_weights.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tensor/safetensors_shards.h"
#include "tests/tensor/expect_error.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;
using Method = WeightFormat::Method;

class DequantisedWeightsTest : public ::testing::Test {
 protected:
  std::unique_ptr<WeightSource> open(const std::vector<NamedTensor>& tensors,
                                     const WeightFormat& format) const {
    write_safetensors(folder_ / kWeightsFile, tensors);
    return dequantised_weights(open_folder_weights(folder_.path()), format);
  }
  void expect_open_error(const std::vector<NamedTensor>& tensors, const WeightFormat& format,
                         std::string_view text) const {
    expect_error(ErrorKind::corrupt_data, text, [&] { open(tensors, format); });
  }
  TemporaryFolder folder_;
  Tensor fp8_ = at::full({2, 4}, 2).to(at::kFloat8_e4m3fn);
  Tensor bytes_ = at::full({1, 2, 3, 16}, 0x22, at::kByte);
  Tensor exponents_ = at::full({1, 2, 3}, 128, at::kByte);
};

TEST_F(DequantisedWeightsTest, Fp8IsReadTimesItsScales) {
  const auto weights =
      open({{"a.weight", fp8_},
            {"a.weight_scale_inv", at::tensor({3.0, 5.0}, at::kFloat).view({1, 2})},
            {"norm.weight", at::ones({2})}},
           {Method::fp8, {2, 2}});
  EXPECT_THAT(weights->names(), ::testing::UnorderedElementsAre("a.weight", "norm.weight"));
  EXPECT_FALSE(weights->contains("a.weight_scale_inv"));
  EXPECT_EQ(weights->info("a.weight"), (TensorInfo{at::kFloat, {2, 4}}));
  EXPECT_TRUE(at::equal(weights->tensor("a.weight"),
                        at::tensor({6.0, 6.0, 10.0, 10.0}, at::kFloat).expand({2, 4})));
  EXPECT_TRUE(at::equal(weights->tensor("norm.weight"), at::ones({2})));
  EXPECT_EQ(weights->file("a.weight"), folder_ / kWeightsFile);
  expect_error(ErrorKind::not_found, "no weight 'a.weigh'; did you mean 'a.weight'",
               [&] { weights->tensor("a.weigh"); });
}

TEST_F(DequantisedWeightsTest, Mxfp4IsReadUnderItsOwnName) {
  const auto weights =
      open({{"x_blocks", bytes_}, {"x_scales", exponents_}, {"x_bias", at::ones(3)}},
           {Method::mxfp4, {}});
  EXPECT_THAT(weights->names(), ::testing::UnorderedElementsAre("x", "x_bias"));
  EXPECT_EQ(weights->info("x"), (TensorInfo{at::kBFloat16, {1, 96, 2}}));
  EXPECT_TRUE(at::equal(weights->tensor("x"), at::full({1, 96, 2}, 2, at::kBFloat16)));
}

TEST_F(DequantisedWeightsTest, ValuesNeedScales) {
  expect_open_error({{"a.weight", fp8_}}, {Method::fp8, {2, 2}},
                    "'a.weight' has no scales: 'a.weight_scale_inv' is missing");
  expect_open_error({{"x_blocks", bytes_}}, {Method::mxfp4, {}},
                    "'x_blocks' has no scales: 'x_scales' is missing");
  expect_open_error({{"x", at::ones(2)}, {"x_blocks", bytes_}, {"x_scales", exponents_}},
                    {Method::mxfp4, {}}, "the weight 'x' is there twice");
}

TEST_F(DequantisedWeightsTest, ShapesAreCheckedWhenRead) {
  const auto weights =
      open({{"a.weight", fp8_}, {"a.weight_scale_inv", at::ones({3, 2})}}, {Method::fp8, {2, 2}});
  expect_error(ErrorKind::corrupt_data, "reading the quantised weight 'a.weight'",
               [&] { weights->tensor("a.weight"); });
}

}  // namespace
}  // namespace automodel
