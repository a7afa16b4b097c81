#include "ops/matrix_product.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "ops/known_squares.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/own_sets.h"

namespace automodel::ops {
namespace {

struct Shape {
  std::int64_t rows, inner, columns;
};

// Nothing, one, tails of every panel, more than one block, piece and tile.
constexpr std::array kShapes = {Shape{0, 5, 7},       Shape{5, 0, 7},      Shape{5, 7, 0},
                                Shape{1, 1, 1},       Shape{1, 576, 33},   Shape{13, 3, 31},
                                Shape{14, 17, 32},    Shape{15, 16, 64},   Shape{29, 257, 65},
                                Shape{83, 300, 97},   Shape{7, 5001, 5},   Shape{130, 513, 200},
                                Shape{700, 2050, 40}, Shape{30, 768, 64},  Shape{83, 800, 96},
                                Shape{2000, 60, 96},  Shape{83, 1537, 96}, Shape{230, 1700, 8}};

class MatrixProductOfSet : public ::testing::TestWithParam<KernelSet> {
 protected:
  const cpu::Kernels& kernels() const { return *GetParam().kernels; }
};

/// The product of what is stored, in float64.
Tensor exact(const Tensor& a, const Tensor& b) { return a.to(at::kDouble).mm(b.to(at::kDouble)); }

/// Every sum against the sum of the terms' sizes.
double error_of(const Tensor& ours, const Tensor& a, const Tensor& b, const Tensor& expected) {
  if (ours.numel() == 0) {
    return 0;
  }
  const Tensor scale = a.to(at::kDouble).abs().mm(b.to(at::kDouble).abs()) + 1e-30;
  return ((ours.to(at::kDouble) - expected).abs() / scale).max().item<double>();
}

/// Of float32 sums in any order, of a single rounding to bfloat16.
double product_tolerance(at::ScalarType dtype) { return dtype == at::kFloat ? 2e-6 : 4e-3; }

TEST_P(MatrixProductOfSet, EqualsTheExactProductForEveryShapeAndLayout) {
  for (const auto& [m, k, n] : kShapes) {
    for (const auto dtype : {at::kFloat, at::kBFloat16}) {
      const Tensor a = at::randn({m, k}).to(dtype), b = at::randn({k, n}).to(dtype);
      const Tensor a_t = a.t().contiguous().t(), b_t = b.t().contiguous().t();
      const Tensor expected = exact(a, b);
      for (const auto& [left, right] :
           {std::pair(a, b), std::pair(a_t, b), std::pair(a, b_t), std::pair(a_t, b_t)}) {
        const Tensor c = matrix_product_with(kernels(), left, right);
        ASSERT_EQ(c.scalar_type(), dtype);
        ASSERT_EQ(c.sizes(), expected.sizes());
        EXPECT_LE(error_of(c, a, b, expected), product_tolerance(dtype))
            << m << " " << k << " " << n;
      }
    }
  }
}

TEST_P(MatrixProductOfSet, ReadsPartsOfLargerMatricesAndUnalignedRows) {
  const Tensor wide_a = at::randn({40, 4099}), wide_b = at::randn({70, 5003});
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Tensor a = wide_a.to(dtype).slice(0, 1, 38).slice(1, 3, 104);
    const Tensor b = wide_b.to(dtype).slice(0, 2, 69).slice(1, 5, 106).t();
    EXPECT_LE(error_of(matrix_product_with(kernels(), a, b), a, b, exact(a, b)),
              product_tolerance(dtype));
    const Tensor strided = wide_a.to(dtype).slice(1, 0, 202, 2);
    const Tensor right = wide_b.to(dtype).slice(0, 0, 50).slice(1, 0, 101).t();
    EXPECT_LE(error_of(matrix_product_with(kernels(), strided, right), strided, right,
                       exact(strided, right)),
              product_tolerance(dtype));
  }
}

TEST_P(MatrixProductOfSet, NothingBesideAMatrixIsReadOrWritten) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Tensor a = at::full({20, 40}, NAN).to(dtype), b = at::full({50, 60}, NAN).to(dtype);
    const Tensor a_in = a.slice(0, 1, 18).slice(1, 2, 35), b_in = b.slice(0, 1, 34).slice(1, 3, 40);
    a_in.fill_(1);
    b_in.fill_(1);
    Tensor c = at::zeros({19, 37}, dtype);
    add_matrix_product_with_(kernels(), c.narrow(0, 1, 17), a_in, b_in);
    EXPECT_TRUE(c.slice(0, 1, 18).eq(33).all().item<bool>());
    EXPECT_TRUE(c[0].eq(0).all().item<bool>() && c[18].eq(0).all().item<bool>());
  }
}

TEST_P(MatrixProductOfSet, BiasAndSum) {
  const Tensor a = at::randn({30, 41}), b = at::randn({41, 37}), bias = at::randn({37});
  const Tensor expected = exact(a, b);
  EXPECT_LE(error_of(matrix_product_with(kernels(), a, b, bias), a, b, expected + bias), 3e-6);
  const Tensor c = at::randn({30, 37});
  const Tensor sum = c.clone();
  add_matrix_product_with_(kernels(), sum, a, b);
  EXPECT_LE(error_of(sum, a, b, expected + c), 3e-6);
  // Into float32 from bfloat16, as gradients of masters are summed.
  const Tensor wide = c.clone(), a16 = a.to(at::kBFloat16), b16 = b.to(at::kBFloat16);
  add_matrix_product_with_(kernels(), wide, a16, b16);
  EXPECT_LE(error_of(wide, a16, b16, exact(a16, b16) + c), 3e-6);
}

/// Of sums in float32, or rounded to bfloat16: what they are off is as often above as below. A
/// square is off by up to 2^-7 of itself then, evenly between; five standard deviations of the sum.
void expect_squares(const Tensor& ours, const Tensor& expected, const Shape& shape) {
  const Tensor squares = expected.to(at::kDouble).square();
  const double sum = squares.sum().item<double>();
  const auto known = known_squares(ours);
  ASSERT_TRUE(known.has_value());
  const double roundings =
      ours.scalar_type() == at::kFloat
          ? 0
          : 5 * 0x1p-7 / std::sqrt(3.0) * squares.square().sum().sqrt().item<double>();
  EXPECT_NEAR(*known, sum, 1e-5 * sum + roundings)
      << shape.rows << " " << shape.inner << " " << shape.columns;
}

TEST_P(MatrixProductOfSet, AGradientsSquaresAreKnown) {
  for (const Shape& shape : kShapes) {
    for (const auto dtype : {at::kFloat, at::kBFloat16}) {
      const Tensor a = at::randn({shape.rows, shape.inner}).to(dtype);
      const Tensor b = at::randn({shape.inner, shape.columns}).to(dtype);
      for (const auto stored : {at::kFloat, at::kBFloat16}) {
        const Tensor grad = outer_product_with(kernels(), a.t(), b, stored);
        ASSERT_EQ(grad.scalar_type(), stored);
        EXPECT_LE(error_of(grad, a, b, exact(a, b)), product_tolerance(stored));
        expect_squares(grad, exact(a, b), shape);
        const Tensor before = grad.to(at::kDouble);
        add_matrix_product_with_(kernels(), grad, a, b);
        expect_squares(grad, before + exact(a, b), shape);
      }
    }
  }
}

TEST_P(MatrixProductOfSet, ASumInBfloat16IsRoundedOnce) {
  constexpr double kHalfABit = 1.0 / 256;  // of eight
  for (const auto& [m, k, n] : kShapes) {
    const Tensor a = at::randn({m, k}).to(at::kBFloat16), b = at::randn({k, n}).to(at::kBFloat16);
    const Tensor c = at::randn({m, n}).to(at::kBFloat16), sum = c.clone();
    add_matrix_product_with_(kernels(), sum, a, b);
    const Tensor expected = exact(a, b) + c;
    const Tensor bound = expected.abs() * kHalfABit + exact(a.abs(), b.abs()) * 2e-6;
    EXPECT_TRUE((sum - expected).abs().le(bound + 1e-30).all().item<bool>())
        << m << " " << k << " " << n;
  }
}

TEST_P(MatrixProductOfSet, ASecondProductIsAddedBeforeTheSumIsRounded) {
  for (const auto& [m, k, n] : kShapes) {
    for (const auto dtype : {at::kFloat, at::kBFloat16}) {
      const Tensor a = at::randn({m, k}).to(dtype), b = at::randn({k, n}).to(dtype);
      for (const std::int64_t r : {1, 8, 300}) {
        // The inner dimension first, as adapters have it, and last; b in its own dtype.
        const Tensor low = at::randn({r, m}).to(dtype).t(), up = at::randn({n, r}).t();
        const Tensor up_read = dtype == at::kFloat ? up : up.to(dtype);
        const Tensor left = at::cat({a, low}, 1), right = at::cat({b, up_read}, 0);
        for (const Tensor& second : {low, low.contiguous()}) {
          const Tensor c = matrix_product_with(kernels(), a, b, {}, {second, up});
          EXPECT_LE(error_of(c, left, right, exact(left, right)), product_tolerance(dtype))
              << m << " " << k << " " << n << " " << r;
        }
      }
    }
  }
}

/// Large and small ones, of which some read the same rows: what each is alone, to the last bit.
TEST_P(MatrixProductOfSet, TogetherAsAlone) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const auto random = [&](at::IntArrayRef sizes) { return at::randn(sizes).to(dtype); };
    const Tensor a = random({83, 300}), other = random({83, 300}), low = random({8, 83});
    const AddedProduct update{low.t(), random({8, 97})};
    const std::vector<MatrixProduct> products = {{a, random({300, 200}), random({200}), {}},
                                                 {a, random({300, 97}), {}, update},
                                                 {a, random({97, 300}).t(), {}, {}},
                                                 {other, random({300, 40}), {}, {}},
                                                 {low, a, {}, {}},
                                                 {a.t(), a, {}, {}},
                                                 {a, random({300, 33}), {}, update}};
    const auto together = matrix_products_with(kernels(), products);
    for (std::size_t i = 0; i < products.size(); ++i) {
      const auto& [a_mk, b_kn, bias_n, added, sum_mn] = products[i];
      EXPECT_TRUE(together[i].equal(matrix_product_with(kernels(), a_mk, b_kn, bias_n, added)))
          << i;
    }
    expect_same_with_any_threads([&] { return matrix_products_with(kernels(), products); });
  }
}

TEST_P(MatrixProductOfSet, IsAddedToASum) {
  for (const auto& [m, k, n] : kShapes) {
    for (const auto dtype : {at::kFloat, at::kBFloat16}) {
      const Tensor a = at::randn({m, k}).to(dtype), b = at::randn({k, n}).to(dtype);
      const Tensor sum = at::randn({m, n}).to(dtype), unit = at::eye(m).to(dtype);
      const Tensor bias = at::randn({n}).to(dtype), ones = at::ones({m, 1}).to(dtype);
      const Tensor left = at::cat({a, unit, ones}, 1);
      const Tensor right = at::cat({b, sum, bias.unsqueeze(0)}, 0);
      const MatrixProduct product{a, b, bias, {}, sum.clone()};
      const auto found = matrix_products_with(kernels(), {&product, 1});
      EXPECT_TRUE(found[0].is_same(product.sum_mn));
      EXPECT_LE(error_of(found[0], left, right, exact(left, right)), product_tolerance(dtype))
          << m << " " << k << " " << n;
    }
  }
  const MatrixProduct wrong{at::ones({2, 3}), at::ones({3, 4}), {}, {}, at::zeros({2, 5})};
  EXPECT_THROW(matrix_products_with(kernels(), {&wrong, 1}), Error);
}

TEST(MatrixProductReference, SeveralAndSums) {
  const Tensor a = at::randn({3, 5}, at::kDouble), b = at::randn({5, 4}, at::kDouble);
  const Tensor sum = at::randn({3, 4}, at::kDouble);
  const std::vector<MatrixProduct> products = {{a, b, {}, {}}, {a, b, {}, {}, sum.clone()}};
  const auto found = matrix_products(products);
  EXPECT_TRUE(at::allclose(found[0], a.mm(b)));
  EXPECT_TRUE(at::allclose(found[1], sum + a.mm(b)));
  EXPECT_TRUE(found[1].is_same(products[1].sum_mn));
}

/// A tenth of the last bit of the sums: added to what is rounded already, it would vanish.
TEST_P(MatrixProductOfSet, ASmallSecondProductCountsInTheMean) {
  const auto random = [](at::IntArrayRef sizes) { return at::rand(sizes).to(at::kBFloat16); };
  const Tensor a = random({200, 64}), b = random({64, 300});  // sums near 16: steps of 1 / 8
  const Tensor low = at::full({200, 1}, 0.0125, at::kBFloat16);
  const Tensor up = at::ones({1, 300}, at::kBFloat16);
  const Tensor with = matrix_product_with(kernels(), a, b, {}, {low, up});
  const Tensor change = with.to(at::kDouble) - matrix_product_with(kernels(), a, b);
  EXPECT_NEAR(change.mean().item<double>(), 0.0125, 0.002);
}

TEST(MatrixProductReference, AddsASecondProduct) {
  const Tensor a = at::randn({3, 5}, at::kDouble), b = at::randn({5, 4}, at::kDouble);
  const Tensor low = at::randn({3, 2}, at::kDouble), up = at::randn({2, 4}, at::kDouble);
  EXPECT_TRUE(at::allclose(matrix_product(a, b, {}, {low, up}), a.mm(b) + low.mm(up)));
}

TEST_P(MatrixProductOfSet, AStoredDtypeBesideAnother) {
  const Tensor a = at::randn({30, 41}), b = at::randn({41, 37}), b16 = b.to(at::kBFloat16);
  EXPECT_LE(error_of(matrix_product_with(kernels(), a, b16), a, b16, exact(a, b16)), 2e-6);
  const Tensor a16 = a.to(at::kBFloat16);
  EXPECT_TRUE(
      matrix_product_with(kernels(), a16, b).equal(matrix_product_with(kernels(), a16, b16)));
}

TEST_P(MatrixProductOfSet, TheNumberOfThreadsChangesNoByte) {
  const Tensor a = at::randn({333, 700}), b = at::randn({700, 500});
  expect_same_with_any_threads(
      [&] { return std::vector<Tensor>{matrix_product_with(kernels(), a, b)}; });
}

TEST_P(MatrixProductOfSet, RoundsToTheNearestEvenAndKeepsWhatIsNoNumber) {
  const Tensor values =
      at::tensor({1.0 + 1.0 / 256, 1.0 + 3.0 / 256, -1.0 - 1.0 / 256, 3e38, 1e-39}, at::kFloat)
          .view({5, 1});
  const Tensor c = at::zeros({5, 1}, at::kBFloat16);
  add_matrix_product_with_(kernels(), c, values, at::ones({1, 1}));
  EXPECT_TRUE(c.equal(values.to(at::kBFloat16)));
  const Tensor odd = at::tensor({NAN, INFINITY, -INFINITY}, at::kFloat).view({3, 1});
  const Tensor d = at::zeros({3, 1}, at::kBFloat16);
  add_matrix_product_with_(kernels(), d, odd, at::ones({1, 1}));
  EXPECT_TRUE(at::isnan(d[0]).all().item<bool>());
  EXPECT_TRUE(d.slice(0, 1).equal(odd.slice(0, 1).to(at::kBFloat16)));
}

INSTANTIATE_TEST_SUITE_P(EverySet, MatrixProductOfSet, ::testing::ValuesIn(own_sets()),
                         name_of_set);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MatrixProductOfSet);

TEST(MatrixProductReference, TheChosenSetEqualsTheReference) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Tensor a = at::randn({50, 70}).to(dtype), b = at::randn({70, 90}).to(dtype);
    const Tensor bias = at::randn({90}).to(dtype), expected = exact(a, b);
    EXPECT_LE(error_of(matrix_product(a, b, bias), a, b, expected + bias),
              product_tolerance(dtype));
    EXPECT_LE(error_of(matrix_product_reference(a, b, bias), a, b, expected + bias),
              product_tolerance(dtype));
    Tensor ours = at::ones({50, 90}, dtype), plain = at::ones({50, 90}, dtype);
    add_matrix_product_(ours, a, b);
    add_matrix_product_reference_(plain, a, b);
    EXPECT_LE(error_of(ours, a, b, plain.to(at::kDouble)), 4 * product_tolerance(dtype));
  }
}

/// Few rows, short sums and odd widths, whose sums MKL takes in another way for each number of
/// threads.
TEST(MatrixProductChoice, TheNumberOfThreadsChangesNoByteOfFloat32) {
  if (own_sets().empty() || cpu::kernels() == nullptr) {
    GTEST_SKIP() << "no own kernels in this run";
  }
  for (const Shape& shape : {Shape{3, 2036, 1271}, Shape{2, 913, 2503}, Shape{204, 20, 73},
                             Shape{128, 21, 24}, Shape{11, 1505, 1147}, Shape{348, 2657, 73}}) {
    SCOPED_TRACE(shape.inner);
    const Tensor a = at::randn({shape.rows, shape.inner});
    const Tensor b = at::randn({shape.inner, shape.columns});
    expect_same_with_any_threads(
        [&] { return std::vector<Tensor>{matrix_product(a, b), matrix_product(b.t(), a.t())}; });
  }
}

/// Whoever computes them: oneDNN takes small products of long sums in as many parts as there are
/// threads, so these must stay ours. Sums over rows, as gradients of weights are, and products.
TEST(MatrixProductChoice, TheNumberOfThreadsChangesNoByteOfBfloat16) {
  if (own_sets().empty() || cpu::kernels() == nullptr) {
    GTEST_SKIP() << "no own kernels in this run";
  }
  for (const Shape& shape : {Shape{32, 2048, 32}, Shape{64, 32768, 64}, Shape{128, 8192, 128},
                             Shape{192, 2048, 576}, Shape{576, 512, 576}}) {
    SCOPED_TRACE(shape.rows);
    const Tensor rows = at::randn({shape.inner, shape.rows}).to(at::kBFloat16);
    const Tensor b = at::randn({shape.inner, shape.columns}).to(at::kBFloat16);
    expect_same_with_any_threads([&] {
      return std::vector<Tensor>{matrix_product(rows.t(), b),
                                 matrix_product(rows.t().contiguous(), b)};
    });
  }
}

TEST(MatrixProductReference, RefusesWhatDoesNotFit) {
  const auto sets = own_sets();
  if (sets.empty()) {
    GTEST_SKIP() << "this processor has no own kernels";
  }
  const auto& kernels = *sets.front().kernels;
  EXPECT_THROW(matrix_product_with(kernels, at::ones({2, 3}), at::ones({4, 5})), Error);
  EXPECT_THROW(matrix_product_with(kernels, at::ones({2, 3}), at::ones({3, 5}), at::ones({4})),
               Error);
  EXPECT_THROW(
      add_matrix_product_with_(kernels, at::ones({2, 4}), at::ones({2, 3}), at::ones({3, 5})),
      Error);
}

}  // namespace
}  // namespace automodel::ops
