#include "ops/rope.h"

#include "base/error.h"
#include "tests/ops/gradient_check.h"

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
