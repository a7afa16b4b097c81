#include "ops/cpu/rows.h"

#include <ATen/ATen.h>

#include "tests/ops/gradient_check.h"
#include "tests/ops/own_sets.h"

namespace automodel::ops::cpu {
namespace {

class Rows : public ::testing::TestWithParam<KernelSet> {
 protected:
  const RowKernels& kernels() const { return GetParam().kernels->rows; }
};

constexpr std::array kDtypes = {at::kFloat, at::kBFloat16};
constexpr std::array<std::int64_t, 6> kSizes = {1, 5, 16, 33, 1000, 20011};

/// Of one rounding to the dtype.
double tolerance(at::ScalarType dtype) { return dtype == at::kFloat ? 5e-6 : 4e-3; }

/// Relative to the largest entry, or to 1 where all are smaller: one entry alone may be as small as
/// e^-50, and a difference of numbers near 1 has no more than their precision.
double error_of(const Tensor& ours, const Tensor& exact) {
  return (ours.to(at::kDouble) - exact).abs().max().item<double>() /
         std::max(exact.abs().max().item<double>(), 1.0);
}

/// torch's, with the z-loss beside.
Tensor exact_losses(const Tensor& z, const Tensor& labels, const LossRow& task) {
  return at::cross_entropy_loss(z, labels, {}, at::Reduction::None, -100, task.label_smoothing) +
         task.z_loss * z.logsumexp(1).square();
}

void expect_losses(const RowKernels& kernels, const Tensor& z, LossRow task) {
  const std::int64_t size = z.size(1);
  const Tensor labels = at::tensor({std::int64_t{0}, size / 2, size - 1});
  const Tensor exact = z.to(at::kDouble).requires_grad_();
  const Tensor expected = exact_losses(exact, labels, task);
  Tensor grad = torch::autograd::grad({expected.sum()}, {exact})[0] * task.weight * task.scale;
  if (task.softcap != 0) {
    grad = grad * (1 - (exact.detach() / task.softcap).square());
  }
  const Tensor ours = z.clone(), kept = z.clone();
  const Tensor losses = row_losses(kernels, ours, labels, task);
  EXPECT_LE((losses - expected.detach()).abs().max().item<double>(), 1e-5) << size;
  EXPECT_LE((ours - grad).abs().max().item<double>(), tolerance(z.scalar_type())) << size;
  task.wants_gradient = false;
  EXPECT_TRUE(row_losses(kernels, kept, labels, task).equal(losses));
  EXPECT_TRUE(kept.equal(z));
}

TEST_P(Rows, LossAndItsGradient) {
  for (const auto dtype : kDtypes) {
    for (const auto size : kSizes) {
      const Tensor z = (at::randn({3, size}) * 5).to(dtype);
      for (const float softcap : {0.0F, 20.0F}) {
        for (const auto& [smoothing, z_loss] :
             {std::pair(0.0F, 0.0F), {0.3F, 0.0F}, {0.0F, 0.01F}, {0.3F, 0.01F}}) {
          expect_losses(kernels(), z,
                        {.wants_gradient = true,
                         .weight = 0.37F,
                         .scale = 1.5F,
                         .softcap = softcap,
                         .label_smoothing = smoothing,
                         .z_loss = z_loss});
        }
      }
    }
  }
}

/// All probability at the label: what smoothing takes back is all that is left.
TEST_P(Rows, LossOfACertainLabel) {
  const Tensor labels = at::tensor({std::int64_t{1}});
  const Tensor z = at::tensor({-80.0F, 0.0F, -80.0F, -80.0F}).view({1, 4});
  const LossRow task{.wants_gradient = true, .label_smoothing = 0.4F};
  EXPECT_NEAR(row_losses(kernels(), z, labels, task).item<double>(), 0.4 * 60, 1e-5);
  EXPECT_TRUE(at::allclose(z, at::tensor({-0.1F, 0.3F, -0.1F, -0.1F}).view({1, 4}), 1e-6, 0));
}

struct GluCase {
  Gate kind;
  std::function<Tensor(const Tensor&, const Tensor&)> formula;
};

const std::vector<GluCase>& glu_cases() {
  static const std::vector<GluCase> kCases = {
      {Gate::silu, [](const Tensor& g, const Tensor& u) { return at::silu(g) * u; }},
      {Gate::gelu_tanh, [](const Tensor& g, const Tensor& u) { return at::gelu(g, "tanh") * u; }},
      {Gate::clamped, [](const Tensor& g, const Tensor& u) {
         const Tensor c = g.clamp_max(7);
         return (u.clamp(-7, 7) + 1) * c * at::sigmoid(c * 1.702);
       }}};
  return kCases;
}

TEST_P(Rows, GatedProducts) {
  for (const auto dtype : kDtypes) {
    for (const auto size : kSizes) {
      for (const GluCase& glu_case : glu_cases()) {
        const Tensor gate = (at::randn({size}) * 6).to(dtype),
                     up = (at::randn({size}) * 6).to(dtype);
        const Tensor grad = at::randn({size}).to(dtype), out = at::empty_like(gate);
        const Tensor grad_gate = at::empty_like(gate), grad_up = at::empty_like(gate);
        GluTask task{.kind = glu_case.kind,
                     .limit = 7,
                     .alpha = 1.702F,
                     .weight = 1,
                     .gate = elements_of(gate),
                     .up = elements_of(up),
                     .out = elements_of(out),
                     .grad = elements_of(grad),
                     .grad_gate = elements_of(grad_gate),
                     .grad_up = elements_of(grad_up),
                     .size = size};
        const Tensor g = gate.to(at::kDouble).requires_grad_(),
                     u = up.to(at::kDouble).requires_grad_();
        const Tensor exact = glu_case.formula(g, u);
        const auto exact_grads = torch::autograd::grad({exact}, {g, u}, {grad.to(at::kDouble)});
        glu(kernels(), task);
        EXPECT_LE(error_of(out, exact.detach()), tolerance(dtype)) << size;
        out.zero_();
        glu_backward(kernels(), task);
        EXPECT_LE(error_of(out, exact.detach()), tolerance(dtype));
        EXPECT_LE(error_of(grad_gate, exact_grads[0]), tolerance(dtype));
        EXPECT_LE(error_of(grad_up, exact_grads[1]), tolerance(dtype));
      }
    }
  }
}

TEST_P(Rows, GatedProductsWithAWeightForEachRow) {
  for (const auto dtype : kDtypes) {
    for (const auto& [rows, width] : {std::pair(1, 1), std::pair(5, 33), std::pair(40, 1000)}) {
      const auto random = [&, rows = rows, width = width] {
        return at::randn({rows, width}).to(dtype);
      };
      const Tensor gate = random(), up = random(), grad = random(), weights = at::randn({rows});
      const Tensor product = at::empty_like(gate), grad_weights = at::empty({rows});
      const Tensor grad_gate = at::empty_like(gate), grad_up = at::empty_like(gate);
      const GluTask task{.kind = Gate::silu,
                         .gate = elements_of(gate),
                         .up = elements_of(up),
                         .out = elements_of(product),
                         .grad = elements_of(grad),
                         .grad_gate = elements_of(grad_gate),
                         .grad_up = elements_of(grad_up),
                         .size = gate.numel()};
      weighted_glu_backward(kernels(), task, width, weights.const_data_ptr<float>(),
                            grad_weights.mutable_data_ptr<float>());
      const Tensor g = gate.to(at::kDouble).requires_grad_(),
                   u = up.to(at::kDouble).requires_grad_(),
                   w = weights.to(at::kDouble).requires_grad_();
      const Tensor exact = at::silu(g) * u * w.unsqueeze(1);
      const auto grads = torch::autograd::grad({exact}, {g, u, w}, {grad.to(at::kDouble)});
      EXPECT_LE(error_of(product, exact.detach()), tolerance(dtype));
      EXPECT_LE(error_of(grad_gate, grads[0]), tolerance(dtype));
      EXPECT_LE(error_of(grad_up, grads[1]), tolerance(dtype));
      EXPECT_LE(error_of(grad_weights, grads[2]), 5e-6);
    }
  }
}

TEST_P(Rows, SumsOfPickedRows) {
  const std::vector<std::int64_t> counts = {3, 0, 1, 40};
  for (const auto dtype : kDtypes) {
    for (const auto width : kSizes) {
      const Tensor x = at::randn({50, width}).to(dtype), weights = at::randn({44});
      const Tensor index = at::randint(0, 50, {44}, at::kLong);
      for (const bool picks : {false, true}) {
        for (const bool has_weights : {false, true}) {
          const Tensor out = at::empty({4, width}, x.options());
          sum_rows(kernels(),
                   {.x = elements_of(x),
                    .index = picks ? index.const_data_ptr<std::int64_t>() : nullptr,
                    .weights = has_weights ? weights.const_data_ptr<float>() : nullptr,
                    .width = width,
                    .out = elements_of(out)},
                   counts);
          Tensor terms = (picks ? x.index_select(0, index) : x.narrow(0, 0, 44)).to(at::kDouble);
          terms = has_weights ? terms * weights.unsqueeze(1) : terms;
          const Tensor groups = at::tensor({0, 0, 0, 2}, at::kLong);
          const Tensor exact =
              at::zeros({4, width}, at::kDouble)
                  .index_add_(0, at::cat({groups, at::full({40}, 3, at::kLong)}), terms);
          EXPECT_LE(error_of(out, exact), tolerance(dtype)) << width;
        }
      }
    }
  }
}

struct NormCase {
  std::int64_t rows, width;
  at::ScalarType dtype;
  bool is_layer, has_residual;
};

/// Rows and what a norm makes of them.
struct NormTensors {
  Tensor x, residual, sum, out, gain, bias, mean, inverse;

  explicit NormTensors(const NormCase& c)
      : x(at::randn({c.rows, c.width}).to(c.dtype)),
        residual(c.has_residual ? at::randn({c.rows, c.width}).to(c.dtype) : Tensor()),
        sum(at::empty_like(x)),
        out(at::empty_like(x)),
        gain(at::randn({c.width})),
        bias(c.is_layer ? at::randn({c.width}) : Tensor()),
        mean(c.is_layer ? at::empty({c.rows}) : Tensor()),
        inverse(at::empty({c.rows})) {}

  NormTask task() const {
    const auto floats = [](const Tensor& t) {
      return t.defined() ? t.mutable_data_ptr<float>() : nullptr;
    };
    return {.x = elements_of(x),
            .residual = elements_of(residual),
            .sum = elements_of(sum),
            .out = elements_of(out),
            .rows = x.size(0),
            .width = x.size(1),
            .eps = 1e-6F,
            .gain = floats(gain),
            .bias = floats(bias),
            .mean = floats(mean),
            .inverse = floats(inverse)};
  }
};

Tensor exact_norm(const Tensor& x, const Tensor& gain, const Tensor& bias) {
  const Tensor own = bias.defined() ? x - x.mean(-1, true) : x;
  const Tensor scaled = own * (own.square().mean(-1, true) + 1e-6).rsqrt() * gain;
  return bias.defined() ? scaled + bias : scaled;
}

void expect_norm_backward(const RowKernels& kernels, const NormCase& c, const NormTensors& t,
                          const Tensor& rows) {
  const auto leaf = [](const Tensor& x) { return x.to(at::kDouble).requires_grad_(); };
  std::vector<Tensor> leaves = {leaf(rows), leaf(t.gain)};
  if (c.is_layer) {
    leaves.push_back(leaf(t.bias));
  }
  const Tensor exact = exact_norm(leaves[0], leaves[1], c.is_layer ? leaves[2] : Tensor());
  EXPECT_LE(error_of(t.out, exact.detach()), tolerance(c.dtype)) << c.width;
  const Tensor grad = at::randn_like(t.x), grad_sum = at::randn_like(t.x);
  const auto grads = torch::autograd::grad({exact}, leaves, {grad.to(at::kDouble)});
  const Tensor grad_x = at::empty_like(t.x);
  NormTask task = t.task();
  task.x = elements_of(rows);
  task.residual = elements_of(grad_sum);
  task.grad = elements_of(grad);
  task.grad_x = elements_of(grad_x);
  const auto ours = norm_backward(kernels, task, {.gain = true, .bias = c.is_layer});
  // A row of one entry has no variance: roundings of the gradient times 1 / sqrt(eps).
  const double of_one = c.width == 1 ? 5e-4 : 0;
  EXPECT_LE(error_of(grad_x, grads[0] + grad_sum), tolerance(c.dtype) + of_one) << c.width;
  EXPECT_LE(error_of(ours.gain, grads[1]), 5e-6) << c.width;
  EXPECT_EQ(ours.bias.defined(), c.is_layer);
  if (c.is_layer) {
    EXPECT_LE(error_of(ours.bias, grads[2]), 5e-6) << c.width;
  }
  const Tensor again = grad_x.clone();
  EXPECT_FALSE(norm_backward(kernels, task, {}).gain.defined());
  EXPECT_TRUE(grad_x.equal(again)) << "whatever else is wanted";
}

void expect_norm(const RowKernels& kernels, const NormCase& c) {
  const NormTensors t(c);
  norm(kernels, t.task());
  const Tensor rows = c.has_residual ? t.x + t.residual : t.x;
  if (c.has_residual) {
    EXPECT_TRUE(t.sum.equal(rows));
  }
  expect_norm_backward(kernels, c, t, rows);
}

TEST_P(Rows, NormsWithAndWithoutResidual) {
  for (const auto dtype : kDtypes) {
    for (const bool has_residual : {false, true}) {
      for (const auto& [rows, width] : {std::pair(2, 5), {7, 576}, {300, 65}}) {
        expect_norm(kernels(), {rows, width, dtype, /*is_layer=*/false, has_residual});
      }
      for (const auto& [rows, width] :
           {std::pair(1, 1), {3, 7}, {300, 33}, {1, 64}, {5, 1000}, {300, 65}}) {
        expect_norm(kernels(), {rows, width, dtype, /*is_layer=*/true, has_residual});
      }
    }
  }
}

/// The variance is that of the rows less their mean, not a difference of large squares.
TEST_P(Rows, LayerNormOfRowsFarFromZero) {
  NormTensors t({4, 100, at::kFloat, /*is_layer=*/true, /*has_residual=*/false});
  t.x.add_(1000);
  norm(kernels(), t.task());
  const Tensor exact = exact_norm(t.x.to(at::kDouble), t.gain, t.bias);
  EXPECT_LE(error_of(t.out, exact), 1e-3);  // the mean has 24 bits: 6e-5 of 1000
}

TEST_P(Rows, NothingOfNoRows) {
  const Tensor none = at::empty({0, 7}), labels = at::empty({0}, at::kLong);
  EXPECT_EQ(row_losses(kernels(), none, labels, {}).numel(), 0);
  for (const bool is_layer : {false, true}) {
    const NormTensors t({0, 7, at::kFloat, is_layer, /*has_residual=*/false});
    norm(kernels(), t.task());
    const auto sums = norm_backward(kernels(), t.task(), {.gain = true, .bias = true});
    EXPECT_EQ((sums.gain.abs() + sums.bias.abs()).sum().item<double>(), 0);
  }
  glu(kernels(), {});
}

INSTANTIATE_TEST_SUITE_P(EverySet, Rows, ::testing::ValuesIn(own_sets()), name_of_set);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Rows);

TEST(RowKernelsFor, OnlyContiguousRowsOfOneStoredDtype) {
  const bool has_kernels = kernels() != nullptr;
  const Tensor x = at::ones({4, 6});
  EXPECT_EQ(row_kernels_for({x, Tensor(), x}) != nullptr, has_kernels);
  EXPECT_EQ(row_kernels_for({x, x.to(at::kBFloat16)}), nullptr);
  EXPECT_EQ(row_kernels_for({x.t()}), nullptr);
  EXPECT_EQ(row_kernels_for({x.to(at::kDouble)}), nullptr);
}

}  // namespace
}  // namespace automodel::ops::cpu
