#include "ops/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <cmath>

#include "base/error.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/update.h"
#include "ops/rounding.h"
#include "ops/row_gradient.h"
#include "tests/ops/own_sets.h"

namespace automodel::ops {
namespace {

struct Kind {
  bool decoupled, amsgrad, maximize;
  at::ScalarType grad = at::kFloat;
  at::ScalarType weight = at::kFloat;
  at::ScalarType master = at::kFloat;  // float32 beside a float32 weight: none
  at::ScalarType exp_avg = at::kFloat, exp_avg_sq = at::kFloat;
  bool bias_correction = true;
};

bool has_master(const Kind& kind) {
  return kind.weight != at::kFloat && kind.master != at::kBFloat16;
}

AdamUpdate fresh(const Kind& kind, at::IntArrayRef shape) {
  at::manual_seed(7);
  const auto zeros = [&](at::ScalarType dtype) { return at::zeros(shape, dtype); };
  const Tensor weight = at::randn(shape).to(kind.weight);
  return {.weight = weight,
          .grad = {},
          .state = {zeros(kind.exp_avg), zeros(kind.exp_avg_sq),
                    kind.amsgrad ? zeros(kind.exp_avg_sq) : Tensor()},
          .master = !has_master(kind)           ? Tensor()
                    : kind.master == at::kFloat ? weight.to(at::kFloat)
                                                : zeros(kind.master),
          .options = {.lr = 0.03,
                      .eps = 1e-3,  // narrow gradients and weights may cancel to rounding errors
                      .weight_decay = 0.1,
                      .decoupled = kind.decoupled,
                      .maximize = kind.maximize,
                      .bias_correction = kind.bias_correction,
                      .grad_scale = 0.25},
          .stream = 3};
}

using Step = void (*)(std::span<const AdamUpdate>, std::int64_t);

/// adam_step with everything moved to a GPU and back.
void on_gpu_step(std::span<const AdamUpdate> updates, std::int64_t step) {
  const auto moved = [](const Tensor& x) { return x.defined() ? x.to(at::kCUDA) : x; };
  std::vector<AdamUpdate> there;
  for (AdamUpdate update : updates) {
    for (Tensor* tensor :
         {&update.weight, &update.grad, &update.state.exp_avg, &update.state.exp_avg_sq,
          &update.state.max_exp_avg_sq, &update.master}) {
      *tensor = moved(*tensor);
    }
    there.push_back(update);
  }
  adam_step(there, step);
  for (std::size_t i = 0; i < there.size(); ++i) {
    const auto back = [](const Tensor& to, const Tensor& from) {
      if (to.defined()) {
        to.copy_(from);
      }
    };
    back(updates[i].weight, there[i].weight);
    back(updates[i].master, there[i].master);
    back(updates[i].state.exp_avg, there[i].state.exp_avg);
    back(updates[i].state.exp_avg_sq, there[i].state.exp_avg_sq);
    back(updates[i].state.max_exp_avg_sq, there[i].state.max_exp_avg_sq);
  }
}

/// Two weights of several tasks and of less than a register.
std::vector<AdamUpdate> after_steps(Step step, const Kind& kind) {
  std::vector<AdamUpdate> updates = {fresh(kind, {5}), fresh(kind, {97, 701})};
  for (int i = 1; i <= 4; ++i) {
    for (auto& update : updates) {
      update.grad = at::randn_like(update.weight).to(kind.grad);
    }
    step(updates, i);
  }
  return updates;
}

void expect_close(const Tensor& got, const Tensor& expected) {
  EXPECT_TRUE(at::allclose(got, expected, 2e-6, 1e-6))
      << (got - expected).abs().max().item<double>();
}

/// bfloat16 has 8 bits. Where float32 results differ in their last bit, the same random bits may
/// round to neighbours, and later steps go on from there; that is rare.
void expect_nearly_same(const Tensor& got, const Tensor& expected) {
  const Tensor a = got.to(at::kFloat), b = expected.to(at::kFloat);
  EXPECT_TRUE(at::allclose(a, b, 0x1p-6, 1e-3)) << (a - b).abs().max().item<double>();
  const Tensor differs = at::isclose(a, b, 2e-6, 1e-6).logical_not();
  EXPECT_LT(differs.sum().item<double>(), 2 + 1e-3 * static_cast<double>(a.numel()));
}

/// Steps whose float32 arithmetic may differ in its last bits, each rounded to 24 bits.
void expect_close_in_24_bits(const Tensor& got, const Tensor& expected) {
  const Tensor a = got.to(at::kFloat), b = expected.to(at::kFloat);
  const double limit = got.scalar_type() == at::kFloat ? 0x1p-13 : 0x1p-6;  // of a bfloat16 moment
  EXPECT_TRUE(at::allclose(a, b, limit, 1e-4)) << (a - b).abs().max().item<double>();
}

Tensor exact_weight(const AdamUpdate& update) {
  if (!update.master.defined()) {
    return update.weight;
  }
  return update.master.scalar_type() == at::kFloat ? update.master
                                                   : joined_float32({update.weight, update.master});
}

void expect_same_updates(const std::vector<AdamUpdate>& got,
                         const std::vector<AdamUpdate>& expected) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto& [exp_avg, exp_avg_sq, largest] = got[i].state;
    const Tensor& master = got[i].master;
    const bool is_narrow = exact_weight(got[i]).scalar_type() != at::kFloat ||
                           exp_avg.scalar_type() != at::kFloat ||
                           exp_avg_sq.scalar_type() != at::kFloat;
    const bool is_short = master.defined() && master.scalar_type() == at::kChar;
    const auto expect = is_short    ? expect_close_in_24_bits
                        : is_narrow ? expect_nearly_same
                                    : expect_close;
    expect(exp_avg, expected[i].state.exp_avg);
    expect(exp_avg_sq, expected[i].state.exp_avg_sq);
    if (largest.defined()) {
      expect(largest, expected[i].state.max_exp_avg_sq);
    }
    expect(exact_weight(got[i]), exact_weight(expected[i]));
    // In 24 bits every 256th is halfway between two bfloat16 numbers.
    const auto expect_rounded = is_short ? expect_close_in_24_bits : expect_nearly_same;
    expect_rounded(got[i].weight, exact_weight(got[i]).to(got[i].weight.scalar_type()));
  }
}

class AdamTest : public ::testing::TestWithParam<std::tuple<bool, bool, bool>> {
 protected:
  Kind kind() const {
    const auto [decoupled, amsgrad, maximize] = GetParam();
    return {decoupled, amsgrad, maximize};
  }
  static void expect_as_reference(const Kind& kind) {
    expect_same_updates(after_steps(adam_step, kind), after_steps(adam_step_reference, kind));
  }
};

TEST_P(AdamTest, EqualsItsReference) { expect_as_reference(kind()); }

TEST_P(AdamTest, TakesGradientsAndWeightsOfOtherTypes) {
  for (const auto dtype : {at::kBFloat16, at::kHalf}) {
    Kind own = kind();
    own.grad = own.weight = dtype;
    expect_as_reference(own);
  }
}

TEST_P(AdamTest, KeepsWhatABfloat16WeightLacks) {
  Kind own = kind();
  own.grad = own.weight = at::kBFloat16;
  const auto beside = after_steps(adam_step, own);
  own.master = at::kShort;
  const auto split = after_steps(adam_step, own);
  for (std::size_t i = 0; i < split.size(); ++i) {
    expect_close(exact_weight(split[i]), beside[i].master);
  }
  expect_as_reference(own);
  own.master = at::kChar;
  const auto short_split = after_steps(adam_step, own);
  for (std::size_t i = 0; i < short_split.size(); ++i) {
    const Tensor exact = beside[i].master, off = (exact_weight(short_split[i]) - exact).abs();
    EXPECT_LT((off / (exact.abs() + 0x1p-6)).max().item<double>(), 1e-3);
    EXPECT_GT(off.max().item<double>(), 0);
  }
  expect_as_reference(own);
}

TEST_P(AdamTest, TakesNarrowMoments) {
  for (const auto first : {at::kFloat, at::kBFloat16}) {
    for (const auto weight : {at::kFloat, at::kBFloat16}) {
      Kind own = kind();
      own.exp_avg = first;
      own.exp_avg_sq = at::kBFloat16;
      own.weight = weight;
      for (const auto master : {at::kShort, at::kChar}) {
        own.master = master;
        expect_as_reference(own);
      }
    }
  }
}

TEST_P(AdamTest, TakesBfloat16WeightsWithoutMaster) {
  Kind own = kind();
  own.weight = own.master = at::kBFloat16;
  own.bias_correction = false;
  own.grad = at::kBFloat16;
  expect_as_reference(own);
}

/// Where there is one: LibTorch's kernel takes all weights at once.
TEST_P(AdamTest, OnAGpuAsOnTheCpu) {
  if (!torch::cuda::is_available()) {
    GTEST_SKIP() << "there is no GPU";
  }
  for (const auto weight : {at::kFloat, at::kBFloat16}) {
    Kind own = kind();
    own.weight = own.grad = weight;
    for (const auto master : {at::kShort, at::kChar}) {
      own.master = master;
      expect_same_updates(after_steps(on_gpu_step, own), after_steps(adam_step_reference, own));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, AdamTest,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool(),
                                            ::testing::Bool()));

/// What the program's own choice of kernels leaves out.
class AdamKernel : public ::testing::TestWithParam<KernelSet> {};

TEST_P(AdamKernel, EqualsTheFormula) {
  const auto& kernels = GetParam().kernels->update;
  for (const std::int64_t size : {1, 7, 8, 9, 16, 31, 1000, 70001}) {
    const Tensor exact = at::randn({size}), m = at::randn({size}), v = at::rand({size});
    const auto [weight, remainder] = split_float32(exact);
    const Tensor grad = at::randn({size}).to(at::kBFloat16);
    const Tensor g = grad.to(at::kDouble) * 0.5, w = exact.to(at::kDouble) * 0.9;
    const Tensor m2 = m.to(at::kDouble) * 0.8 + g * 0.2;
    const Tensor v2 = v.to(at::kDouble) * 0.7 + g * g * 0.3;
    const Tensor expected = w - 0.01 * m2 / (v2.sqrt() * 1.5 + 1e-3);
    const cpu::AdamTask task{.weight = cpu::elements_of(weight),
                             .remainder = remainder.mutable_data_ptr(),
                             .exp_avg = cpu::elements_of(m),
                             .exp_avg_sq = cpu::elements_of(v),
                             .grad = cpu::elements_of(grad),
                             .size = size,
                             .grad_scale = 0.5F,
                             .shrink = 0.9F,
                             .beta1 = 0.8F,
                             .beta2 = 0.7F,
                             .rest1 = 0.2F,
                             .rest2 = 0.3F,
                             .step_size = 0.01F,
                             .root_scale = 1.5F,
                             .eps = 1e-3F};
    cpu::adam(kernels, {&task, 1});
    expect_close(joined_float32({weight, remainder}), expected.to(at::kFloat));
    expect_close(m, m2.to(at::kFloat));
    expect_close(v, v2.to(at::kFloat));
  }
}

/// Weights, remainders and moments that a kernel makes of numbers where rounding is delicate, bit
/// for bit: without gradient and decay, only the storage is at work.
TEST_P(AdamKernel, StoresAsTheReferenceDoes) {
  const auto& kernels = GetParam().kernels->update;
  const Tensor x = at::cat({at::tensor({0.0F, -0.0F, 1.0F, 0x1.01p0F, -0x1.01p0F, 0x1.03p0F,
                                        0x1p-149F, -0x1.00ffffp-3F}),
                            at::randn({70000})});
  const Tensor random = random_bits(98, x);
  const Tensor of_weight = random.bitwise_right_shift(16);
  const SplitFloat32 narrow{x.to(at::kBFloat16), {}};
  for (const auto& parts : {narrow, split_float32(x), split_float24(x, of_weight)}) {
    const Tensor weight = parts.upper.clone(), m = at::zeros_like(x), v = at::ones_like(x);
    const Tensor remainder = parts.remainder.defined() ? parts.remainder.clone() : Tensor();
    const Tensor narrow_v = v.to(at::kBFloat16);
    const cpu::AdamTask task{
        .weight = cpu::elements_of(weight),
        .remainder = remainder.defined() ? remainder.mutable_data_ptr() : nullptr,
        .remainder_bytes = remainder.defined() ? static_cast<int>(remainder.element_size()) : 0,
        .exp_avg = cpu::elements_of(m),
        .exp_avg_sq = cpu::elements_of(narrow_v),
        .grad = cpu::elements_of(m),
        .size = x.numel(),
        .noise = 98,
        .beta2 = 0.999F,
        .rest1 = 0,
        .rest2 = 0,
        .root_scale = 1};
    cpu::adam(kernels, {&task, 1});
    EXPECT_TRUE(weight.equal(parts.upper));
    EXPECT_TRUE(!remainder.defined() || remainder.equal(parts.remainder));
    EXPECT_TRUE(narrow_v.equal(
        rounded_at_random(v * at::scalar_tensor(0.999F), random.bitwise_right_shift(16))));
  }
}

/// A step to a value that 24 bits do not hold: rounded as the reference does, and right in the
/// mean.
TEST_P(AdamKernel, RoundsTo24BitsAtRandom) {
  const auto& kernels = GetParam().kernels->update;
  const Tensor x = at::cat({at::randn({65536}), at::full({40003}, 1 + 0x1p-18)});
  const auto [weight, remainder] = split_float24(at::ones_like(x), at::zeros_like(x, at::kInt));
  const Tensor m = 1 - x, v = at::zeros_like(x);  // the step's size is 1: to x
  const cpu::AdamTask task{.weight = cpu::elements_of(weight),
                           .remainder = remainder.mutable_data_ptr(),
                           .remainder_bytes = 1,
                           .exp_avg = cpu::elements_of(m),
                           .exp_avg_sq = cpu::elements_of(v),
                           .grad = cpu::elements_of(v),
                           .size = x.numel(),
                           .noise = 6,
                           .beta1 = 1,
                           .beta2 = 1,
                           .step_size = 1,
                           .root_scale = 1,
                           .eps = 1};
  cpu::adam(kernels, {&task, 1});
  const auto expected = split_float24(1 - m, random_bits(6, x).bitwise_right_shift(16));
  EXPECT_TRUE(weight.equal(expected.upper));
  EXPECT_TRUE(remainder.equal(expected.remainder));
  const Tensor last = joined_float32({weight, remainder}).slice(0, 65536).to(at::kDouble);
  EXPECT_NEAR(last.mean().item<double>() - 1, 0x1p-18, 0.02 * 0x1p-15);
  EXPECT_GT(last.std().item<double>(), 0);
}

TEST_P(AdamKernel, NotANumberStaysOne) {
  const auto& kernels = GetParam().kernels->update;
  const Tensor broken = at::zeros({72}, at::kBool);
  broken.index_put_({at::tensor({3, 36, 71}, at::kLong)}, at::scalar_tensor(true, at::kBool));
  const Tensor grad = at::where(broken, 0x7fffffff, at::zeros({72}, at::kInt)).view(at::kFloat);
  for (const int bytes : {0, 1, 2}) {
    const Tensor weight = at::ones({72}, at::kBFloat16), m = at::zeros({72}, at::kBFloat16);
    const Tensor v = at::zeros({72});
    const Tensor remainder = at::zeros({72}, bytes == 1 ? at::kChar : at::kShort);
    const cpu::AdamTask task{.weight = cpu::elements_of(weight),
                             .remainder = bytes > 0 ? remainder.mutable_data_ptr() : nullptr,
                             .remainder_bytes = bytes,
                             .exp_avg = cpu::elements_of(m),
                             .exp_avg_sq = cpu::elements_of(v),
                             .grad = cpu::elements_of(grad),
                             .size = 72,
                             .noise = 0xfffffff5,
                             .step_size = 1,
                             .eps = 1};
    cpu::adam(kernels, {&task, 1});
    EXPECT_TRUE(m.isnan().equal(broken));
    EXPECT_TRUE(weight.isnan().equal(broken));
  }
}

TEST_P(AdamKernel, NotANumberIsTheLargestSquare) {
  const Tensor weight = at::ones({72}), m = at::zeros({72}), v = at::zeros({72});
  const Tensor largest = at::ones({72}), grad = at::full({72}, std::nan(""));
  const cpu::AdamTask task{.weight = cpu::elements_of(weight),
                           .exp_avg = cpu::elements_of(m),
                           .exp_avg_sq = cpu::elements_of(v),
                           .max_exp_avg_sq = cpu::elements_of(largest),
                           .grad = cpu::elements_of(grad),
                           .size = 72};
  cpu::adam(GetParam().kernels->update, {&task, 1});
  EXPECT_TRUE(largest.isnan().all().item<bool>());
}

TEST_P(AdamKernel, SumOfSquaresInOneOrder) {
  const auto& kernels = GetParam().kernels->update;
  const int before = at::get_num_threads();
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    for (const std::int64_t size : {0, 1, 15, 1023, 1025, 200001}) {
      const Tensor x = at::randn({size}).to(dtype);
      const std::vector<cpu::Run> runs = {{cpu::elements_of(x), size}, {cpu::elements_of(x), size}};
      at::set_num_threads(1);
      const double one = cpu::sum_of_squares(kernels, runs);
      at::set_num_threads(3);
      EXPECT_EQ(cpu::sum_of_squares(kernels, runs), one);
      const double exact = 2 * x.to(at::kDouble).square().sum().item<double>();
      EXPECT_NEAR(one, exact, 1e-6 * exact);
    }
  }
  at::set_num_threads(before);
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, AdamKernel, ::testing::ValuesIn(own_sets()), name_of_set);

/// Rows 0 and the last, neighbours, and more than a task's entries between rows.
GradientRows some_rows(std::int64_t num_rows, std::int64_t width, at::ScalarType dtype) {
  const Tensor ids = at::tensor({std::int64_t{0}, std::int64_t{3}, std::int64_t{4}, num_rows - 1});
  return {ids, at::randn({4, width}).to(dtype)};
}

void expect_rows_as_whole(const Kind& kind, const GradientRows& rows, std::int64_t num_rows) {
  const std::int64_t width = rows.values_nd.size(1);
  std::vector<AdamUpdate> by_rows = {fresh(kind, {num_rows, width})};
  std::vector<AdamUpdate> whole = {fresh(kind, {num_rows, width})};
  by_rows[0].grad = gradient_of(rows, num_rows);
  whole[0].grad = by_rows[0].grad.to_dense();
  for (int step = 1; step <= 2; ++step) {
    adam_step(by_rows, step);
    adam_step(whole, step);
  }
  EXPECT_TRUE(by_rows[0].weight.equal(whole[0].weight)) << num_rows << " x " << width;
  EXPECT_TRUE(by_rows[0].state.exp_avg.equal(whole[0].state.exp_avg));
  EXPECT_TRUE(by_rows[0].state.exp_avg_sq.equal(whole[0].state.exp_avg_sq));
  if (whole[0].master.defined()) {
    EXPECT_TRUE(by_rows[0].master.equal(whole[0].master));
  }
}

TEST(Adam, TakesRowsAsWholeGradients) {
  Kind narrow{.decoupled = true, .amsgrad = false, .maximize = false};
  narrow.grad = narrow.weight = narrow.exp_avg = narrow.exp_avg_sq = at::kBFloat16;
  narrow.master = at::kChar;
  const Kind wide{.decoupled = false, .amsgrad = true, .maximize = true};
  for (const Kind& kind : {narrow, wide}) {
    for (const std::int64_t width : {6, 37, 64}) {
      const std::int64_t num_rows = 2 * cpu::kEntriesOfTask / width + 7;
      expect_rows_as_whole(kind, some_rows(num_rows, width, kind.grad), num_rows);
      expect_rows_as_whole(kind, {at::empty({0}, at::kLong), at::empty({0, width}, kind.grad)}, 5);
    }
  }
}

TEST(SumOfSquares, TakesRows) {
  const Tensor ids = at::tensor({4, 1, 4}, at::kLong).unsqueeze(0);
  const Tensor twice = at::sparse_coo_tensor(ids, at::arange(6, at::kFloat).view({3, 2}), {6, 2});
  EXPECT_NEAR(sum_of_squares(std::vector<Tensor>{twice}), 4 + 9 + 16 + 36, 1e-4);
}

TEST(SumOfSquares, TakesEveryLayoutAndType) {
  const Tensor x = at::randn({30, 40});
  const std::vector<Tensor> tensors = {x, x.t(), x.to(at::kHalf), x.to(at::kBFloat16)};
  double exact = 0;
  for (const Tensor& tensor : tensors) {
    exact += tensor.to(at::kDouble).square().sum().item<double>();
  }
  EXPECT_NEAR(sum_of_squares(tensors), exact, 1e-5 * exact);
  EXPECT_EQ(sum_of_squares({}), 0);
  const std::vector<Tensor> broken = {at::full({3}, std::nan(""))};
  EXPECT_TRUE(std::isnan(sum_of_squares(broken)));
}

AdamUpdate of_two(double weight, const Tensor& grad, const AdamOptions& options) {
  return {.weight = at::full({2}, weight),
          .grad = grad,
          .state = {at::zeros({2}), at::zeros({2}), {}},
          .master = {},
          .options = options};
}

TEST(Adam, FirstStepMovesByTheLearningRate) {
  // mean / sqrt(square) is the gradient's sign at step 1.
  const auto update = of_two(1, at::tensor({3.0F, -0.5F}), {.lr = 0.1, .eps = 0});
  adam_step({&update, 1}, 1);
  expect_close(update.weight, at::tensor({0.9F, 1.1F}));
}

TEST(Adam, DecayWithoutGradient) {
  const auto update = of_two(1, at::zeros({2}), {.lr = 0.1, .weight_decay = 0.5});
  adam_step({&update, 1}, 1);
  expect_close(update.weight, at::full({2}, 0.95));
}

TEST(Adam, TakesWeightsThatAreNotContiguous) {
  const Tensor matrix = at::ones({2, 3});
  auto update = fresh({true, false, false}, {3, 2});
  update.weight = matrix.t();
  update.options.eps = 0;
  update.grad = at::ones({3, 2});
  adam_step({&update, 1}, 1);
  EXPECT_NEAR(matrix[1][2].item<double>(), 1 - 0.03 * 0.1 - 0.03, 1e-5);
}

/// 1 - 0.999 in float32 is off by 1e-5.
TEST(Adam, MomentsHaveTheirFullPrecision) {
  const auto update = of_two(0, at::tensor({3.0F, -0.5F}), {});
  adam_step({&update, 1}, 1);
  EXPECT_NEAR(update.state.exp_avg[0].item<double>(), 0.3, 1e-7);
  EXPECT_NEAR(update.state.exp_avg_sq[0].item<double>(), 0.009, 0.009 * 2e-7);
}

void expect_error(const Tensor& grad, std::int64_t step, const std::string& text) {
  const auto update = of_two(0, grad, {});
  try {
    adam_step({&update, 1}, step);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
  }
}

TEST(Adam, RefusesOperandsThatDoNotFit) {
  expect_error(at::zeros({2}, at::kLong), 1, "gradient is int64, which is no floating type");
  expect_error(at::zeros({3}), 1, "gradient has the shape [3], the weight [2]");
  expect_error(at::zeros({2}), 0, "count from 1, not 0");
}

}  // namespace
}  // namespace automodel::ops
