#include "ops/cpu/rows.h"

#include <ATen/ATen.h>

#include "tests/ops/gradient_check.h"
#include "tests/ops/own_isas.h"

namespace automodel::ops::cpu {
namespace {

class Rows : public testing::TestWithParam<Isa> {
 protected:
  const RowKernels& kernels() const { return kernels_of(GetParam())->rows; }
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
  bool has_residual;
};

void expect_norm(const RowKernels& kernels, const NormCase& c) {
  const auto random = [&] { return at::randn({c.rows, c.width}).to(c.dtype); };
  const Tensor x = random(), residual = c.has_residual ? random() : Tensor();
  const Tensor gain = at::randn({c.width}), grad = random(), grad_sum = random();
  const Tensor sum = at::empty_like(x), out = at::empty_like(x), grad_x = at::empty_like(x);
  const Tensor inverse = at::empty({c.rows}, at::kFloat);
  NormTask task{.x = elements_of(x),
                .residual = elements_of(residual),
                .sum = elements_of(sum),
                .out = elements_of(out),
                .rows = c.rows,
                .width = c.width,
                .eps = 1e-6F,
                .gain = gain.const_data_ptr<float>(),
                .inverse = inverse.mutable_data_ptr<float>()};
  rms_norm(kernels, task);
  const Tensor rows = c.has_residual ? x + residual : x;
  if (c.has_residual) {
    EXPECT_TRUE(sum.equal(rows));
  }
  const Tensor exact_x = rows.to(at::kDouble).requires_grad_();
  const Tensor exact_gain = gain.to(at::kDouble).requires_grad_();
  const Tensor exact = exact_x * (exact_x.square().mean(-1, true) + 1e-6).rsqrt() * exact_gain;
  const auto grads = torch::autograd::grad({exact}, {exact_x, exact_gain}, {grad.to(at::kDouble)});
  EXPECT_LE(error_of(out, exact.detach()), tolerance(c.dtype));
  task.x = elements_of(rows);
  task.residual = elements_of(grad_sum);
  task.grad = elements_of(grad);
  task.grad_x = elements_of(grad_x);
  const Tensor grad_gain = rms_norm_backward(kernels, task, true);
  EXPECT_LE(error_of(grad_x, grads[0] + grad_sum), tolerance(c.dtype));
  EXPECT_LE(error_of(grad_gain, grads[1]), 5e-6);
  EXPECT_FALSE(rms_norm_backward(kernels, task, false).defined());
}

TEST_P(Rows, NormsWithAndWithoutResidual) {
  for (const auto dtype : kDtypes) {
    for (const bool has_residual : {false, true}) {
      for (const auto& [rows, width] : {std::pair(2, 5), std::pair(7, 576), std::pair(300, 65)}) {
        expect_norm(kernels(), {rows, width, dtype, has_residual});
      }
    }
  }
}

TEST_P(Rows, NothingOfNoRows) {
  const Tensor none = at::empty({0, 7}), labels = at::empty({0}, at::kLong);
  EXPECT_EQ(row_losses(kernels(), none, labels, {}).numel(), 0);
  rms_norm(kernels(), {.width = 7});
  EXPECT_EQ(rms_norm_backward(kernels(), {.width = 7}, true).abs().sum().item<double>(), 0);
  glu(kernels(), {});
}

INSTANTIATE_TEST_SUITE_P(EverySet, Rows, testing::ValuesIn(own_isas()), name_of_isa);
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
