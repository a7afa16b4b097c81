#include "ops/rope.h"

#include "base/error.h"
#include "ops/cpu/rope.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/own_sets.h"

namespace automodel::ops {
namespace {

/// The rotation written out pair by pair.
Tensor plain_rope(const Tensor& x, const RopeTables& tables, bool interleaved) {
  const auto r = tables.cos_tr.size(1);
  std::vector<Tensor> columns(static_cast<std::size_t>(x.size(2)));
  for (std::int64_t j = 0; j < x.size(2); ++j) {
    columns[static_cast<std::size_t>(j)] = x.select(2, j);
  }
  for (std::int64_t j = 0; j < r; ++j) {
    const auto a = static_cast<std::size_t>(interleaved ? 2 * j : j);
    const auto b = static_cast<std::size_t>(interleaved ? 2 * j + 1 : j + r);
    const Tensor cos = tables.cos_tr.select(1, j).unsqueeze(1);
    const Tensor sin = tables.sin_tr.select(1, j).unsqueeze(1);
    const Tensor first = columns[a] * cos - columns[b] * sin;
    columns[b] = columns[b] * cos + columns[a] * sin;
    columns[a] = first;
  }
  return at::stack(columns, 2);
}

class RopeKernel : public ::testing::TestWithParam<KernelSet> {};

TEST_P(RopeKernel, EqualsThePlainRotationRoundedOnce) {
  const auto& kernels = *GetParam().kernels;
  for (const std::int64_t pairs : {1, 3, 8, 16, 20, 64}) {
    for (const auto dtype : {at::kFloat, at::kBFloat16}) {
      const auto tables =
          rope_tables(at::arange(700), at::linspace(1, 0.01, pairs, at::kFloat), 1.5, dtype);
      const RopeTables exact{tables.cos_tr.to(at::kDouble), tables.sin_tr.to(at::kDouble)};
      // Heads of a fused projection, with entries behind the pairs.
      const Tensor fused = at::randn({700, 5, 2 * pairs + 5}, at::kFloat).to(dtype);
      const Tensor x = fused.narrow(1, 1, 3);
      for (const bool interleaved : {false, true}) {
        const Tensor expected = plain_rope(x.to(at::kDouble), exact, interleaved);
        const Tensor ours = cpu::rope(kernels, x, tables.cos_tr, tables.sin_tr, interleaved, false);
        ASSERT_EQ(ours.scalar_type(), dtype);
        // Entries are below 10: float32 has 2^-24 of them, bfloat16 2^-9, twice each.
        EXPECT_LE((ours.to(at::kDouble) - expected).abs().max().item<double>(),
                  dtype == at::kFloat ? 2e-6 : 4e-2)
            << pairs;
        const Tensor back = cpu::rope(kernels, x, tables.cos_tr, tables.sin_tr, interleaved, true);
        const RopeTables negative{exact.cos_tr, -exact.sin_tr};
        EXPECT_LE((back.to(at::kDouble) - plain_rope(x.to(at::kDouble), negative, interleaved))
                      .abs()
                      .max()
                      .item<double>(),
                  dtype == at::kFloat ? 2e-6 : 4e-2)
            << pairs;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EverySet, RopeKernel, ::testing::ValuesIn(own_sets()), name_of_set);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RopeKernel);

TEST(Rope, EqualsThePlainRotation) {
  const auto positions = at::arange(6);
  const auto tables = rope_tables(positions, at::tensor({1.0F, 0.3F, 0.1F}), 1.5, at::kFloat);
  for (const bool interleaved : {false, true}) {
    for (const std::int64_t width : {6, 10}) {
      expect_same([&](const Inputs& in) { return rope(in[0], tables, interleaved); },
                  [&](const Inputs& in) { return plain_rope(in[0], tables, interleaved); },
                  {random_tensor({6, 2, width})});
    }
  }
}

TEST(Rope, RefusesMoreRotaryEntriesThanTheHeadHas) {
  const auto tables = rope_tables(at::arange(2), at::ones({5}), 1, at::kFloat);
  EXPECT_THROW(rope(random_tensor({2, 1, 8}), tables, false), Error);
}

}  // namespace
}  // namespace automodel::ops
