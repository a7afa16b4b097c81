#include "ops/attention_node.h"

#include <gmock/gmock.h>

#include "base/attention_segments.h"
#include "tensor/stand_in_allocator.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/own_sets.h"

namespace automodel::ops {
namespace {

struct Shape {
  std::int64_t heads, kv_heads, key_width, value_width;
};

class AttentionKernel : public ::testing::TestWithParam<KernelSet> {
 protected:
  const cpu::Kernels& kernels() const { return *GetParam().kernels; }

  Tensor ours(const Inputs& in, const std::vector<std::int32_t>& bounds,
              AttentionOptions options) const {
    options.sinks_h = in.size() > 3 ? in[3] : Tensor();
    return attention_by_kernel(kernels(), in[0], in[1], in[2], bounds, options);
  }

  void expect_like_reference(const Inputs& in, const std::vector<std::int32_t>& bounds,
                             const AttentionOptions& options) const;
  void expect_like_float32(const Inputs& in, const std::vector<std::int32_t>& bounds,
                           const AttentionOptions& options) const;
};

/// In float64, document by document.
Tensor reference(const Inputs& in, const std::vector<std::int32_t>& bounds,
                 AttentionOptions options) {
  options.sinks_h = in.size() > 3 ? in[3] : Tensor();
  std::vector<Tensor> parts;
  for (std::size_t n = 0; n + 1 < bounds.size(); ++n) {
    const auto document = [&](const Tensor& x) { return x.slice(0, bounds[n], bounds[n + 1]); };
    parts.push_back(
        attention_reference(document(in[0]), document(in[1]), document(in[2]), options));
  }
  return at::cat(parts);
}

void AttentionKernel::expect_like_reference(const Inputs& in,
                                            const std::vector<std::int32_t>& bounds,
                                            const AttentionOptions& options) const {
  expect_same([&](const Inputs& x) { return ours(x, bounds, options); },
              [&](const Inputs& x) { return reference(x, bounds, options); }, in);
}

Inputs random_inputs(const Shape& s, std::int64_t tokens) {
  return {random_tensor({tokens, s.heads, s.key_width}),
          random_tensor({tokens, s.kv_heads, s.key_width}),
          random_tensor({tokens, s.kv_heads, s.value_width})};
}

TEST_P(AttentionKernel, EqualsTheReferenceForEveryShape) {
  for (const Shape& shape : {Shape{6, 2, 16, 16}, Shape{9, 3, 64, 64}, Shape{4, 4, 24, 40},
                             Shape{2, 1, 192, 128}, Shape{20, 1, 33, 7}, Shape{1, 1, 256, 256}}) {
    const AttentionOptions options{.scale = 1.2 / std::sqrt(static_cast<double>(shape.key_width))};
    expect_like_reference(random_inputs(shape, 83), {0, 1, 18, 18, 19, 83}, options);
    expect_like_reference(random_inputs(shape, 300), {0, 300}, options);
  }
}

TEST_P(AttentionKernel, WindowsChunksCapsSlopesAndSinks) {
  const Shape shape{6, 2, 16, 16};
  const std::vector<std::int32_t> bounds = {0, 5, 605, 613};
  auto in = random_inputs(shape, 613);
  const Tensor slopes = at::tensor({0.5, 0.3, 0.2, 0.1, 0.05, 0.02}, at::kFloat);
  expect_like_reference(in, bounds, {.scale = 0.3, .window = 3});
  expect_like_reference(in, bounds, {.scale = 0.3, .window = 130});
  expect_like_reference(in, bounds, {.scale = 0.3, .chunk = 37});
  expect_like_reference(in, bounds, {.scale = 0.3, .window = 300, .softcap = 2.0});
  for (const bool rounds : {false, true}) {
    expect_like_reference(
        in, bounds,
        {.scale = 0.3, .slopes_h = slopes, .slope_scale = 0.7, .slopes_in_bfloat16 = rounds});
  }
  in.push_back(random_tensor({6}));
  expect_like_reference(in, bounds, {.scale = 0.3});
  expect_like_reference(in, bounds, {.scale = 0.3, .window = 40});
}

TEST_P(AttentionKernel, ReadsHeadsOfAFusedProjection) {
  const Tensor fused = at::randn({50, 10, 16});
  const Inputs in = {fused.narrow(1, 0, 6), fused.narrow(1, 6, 2), fused.narrow(1, 8, 2)};
  const AttentionOptions options{.scale = 0.3};
  const std::vector<std::int32_t> bounds = {0, 50};
  EXPECT_LE(relative_error(ours(in, bounds, options), reference(in, bounds, options)), 2e-6);
  const Inputs across = {in[0].transpose(1, 2).contiguous().transpose(1, 2), in[1], in[2]};
  EXPECT_TRUE(ours(across, bounds, options).equal(ours(in, bounds, options)));
}

/// Values that bfloat16 holds, as such and as float32.
struct Rounded {
  explicit Rounded(const Inputs& in) {
    for (const Tensor& x : in) {
      narrow.push_back(x.to(at::kBFloat16));
      wide.push_back(narrow.back().to(at::kFloat));
    }
  }
  Inputs narrow, wide;
};

TEST_P(AttentionKernel, Bfloat16WithoutItsArithmeticIsRoundedOnceAndOnlyAtTheEnd) {
  if (kernels().gemm.has_pairs) {
    GTEST_SKIP() << "multiplies bfloat16: see the next test";
  }
  const Rounded in(random_inputs({6, 2, 64, 64}, 300));
  const AttentionOptions options{.scale = 0.125};
  EXPECT_TRUE(
      ours(in.narrow, {0, 300}, options).equal(ours(in.wide, {0, 300}, options).to(at::kBFloat16)));
}

/// Weights and the output are rounded to bfloat16, by 2^-9 each at most; what gradients are made of
/// (weights, the output, gradients of products) and they themselves too: four times.
void AttentionKernel::expect_like_float32(const Inputs& inputs,
                                          const std::vector<std::int32_t>& bounds,
                                          const AttentionOptions& options) const {
  const Rounded in(inputs);
  const auto exact =
      value_and_gradients([&](const Inputs& x) { return ours(x, bounds, options); }, in.wide);
  const auto rounded = value_and_gradients(
      [&](const Inputs& x) { return ours(x, bounds, options).to(at::kFloat); }, in.narrow);
  EXPECT_LE((rounded[0] - exact[0]).abs().max().item<double>(),
            in.wide[2].abs().max().item<double>() / 256);
  for (std::size_t i = 1; i < exact.size(); ++i) {
    EXPECT_EQ(rounded[i].scalar_type(), at::kBFloat16);
    EXPECT_LE(relative_error(rounded[i].to(at::kFloat), exact[i]), 1.0 / 128) << i;
  }
}

TEST_P(AttentionKernel, Bfloat16IsAsNearAsItsRoundings) {
  at::manual_seed(1);
  for (const Shape& shape : {Shape{6, 2, 64, 64}, Shape{4, 4, 24, 40}, Shape{2, 1, 192, 128},
                             Shape{20, 1, 33, 7}, Shape{1, 1, 256, 256}}) {
    SCOPED_TRACE(shape.key_width);
    const AttentionOptions options{.scale = 1.2 / std::sqrt(static_cast<double>(shape.key_width))};
    expect_like_float32(random_inputs(shape, 83), {0, 1, 18, 18, 19, 83}, options);
    expect_like_float32(random_inputs(shape, 301), {0, 301}, options);
  }
  const std::vector<std::int32_t> bounds = {0, 5, 604, 613};
  auto in = random_inputs({6, 2, 16, 16}, 613);
  expect_like_float32(in, bounds, {.scale = 0.3, .window = 3});
  expect_like_float32(in, bounds, {.scale = 0.3, .window = 130});
  expect_like_float32(in, bounds, {.scale = 0.3, .chunk = 37});
  expect_like_float32(in, bounds, {.scale = 0.3, .window = 300, .softcap = 2.0});
  in.push_back(random_tensor({6}));
  expect_like_float32(in, bounds, {.scale = 0.3, .window = 40});
}

TEST_P(AttentionKernel, TheNumberOfThreadsChangesNoByte) {
  const Rounded in(random_inputs({9, 3, 64, 64}, 700));
  expect_same_with_any_threads([&] {
    std::vector<Tensor> out;
    for (const Inputs& of_type : {in.wide, in.narrow}) {
      const auto tensors = value_and_gradients(
          [&](const Inputs& x) { return ours(x, {0, 600, 700}, {.scale = 0.125}); }, of_type);
      out.insert(out.end(), tensors.begin(), tensors.end());
    }
    return out;
  });
}

/// Sums what LibTorch asks for while it is there.
class CountedMemory final : public testing::StandInAllocator {
 public:
  std::size_t bytes() const { return bytes_; }
  c10::DataPtr allocate(std::size_t bytes) override {
    bytes_ += bytes;
    return StandInAllocator::allocate(bytes);
  }

 private:
  std::size_t bytes_ = 0;
};

TEST_P(AttentionKernel, TakesAsManyKeysAtATimeAsThePlanCounts) {
  EXPECT_EQ(kernels().attention.block_keys, kAttentionBlockKeys);
}

TEST_P(AttentionKernel, ThreadsWithoutATaskTakeNoMemory) {
  const auto in = random_inputs({2, 1, 16, 16}, 40);  // one tile, one segment
  const auto bytes_with = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const CountedMemory memory;
    value_and_gradients([&](const Inputs& x) { return ours(x, {0, 40}, {.scale = 0.3}); }, in);
    at::set_num_threads(before);
    return memory.bytes();
  };
  EXPECT_EQ(bytes_with(16), bytes_with(1));
}

TEST_P(AttentionKernel, WhatIsNoNumberStaysVisible) {
  auto wide = random_inputs({2, 1, 16, 16}, 40);
  wide[1][3][0][5] = NAN;
  for (const Inputs& in : {wide, Rounded(wide).narrow}) {
    const Tensor out = ours(in, {0, 40}, {.scale = 0.3});
    EXPECT_TRUE(at::isfinite(out.slice(0, 0, 3)).all().item<bool>());
    EXPECT_TRUE(at::isnan(out.slice(0, 3)).all().item<bool>());
  }
}

TEST_P(AttentionKernel, LeavesTheRestToTheReference) {
  const auto in = random_inputs({2, 1, 16, 16}, 4);
  const auto applies = [&](const Inputs& x) {
    return attention_kernel_applies(kernels(), x[0], x[1], x[2]);
  };
  EXPECT_TRUE(applies(in));
  EXPECT_FALSE(applies({in[0].to(at::kDouble), in[1], in[2]}));
  EXPECT_FALSE(applies(random_inputs({2, 1, 257, 16}, 4)));
}

INSTANTIATE_TEST_SUITE_P(EverySet, AttentionKernel, ::testing::ValuesIn(own_sets()), name_of_set);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AttentionKernel);

}  // namespace
}  // namespace automodel::ops
