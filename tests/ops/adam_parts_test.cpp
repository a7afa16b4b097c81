#include "ops/adam_parts.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "ops/rounding.h"

namespace automodel::ops {
namespace {

AdamPart part_of(std::vector<std::int64_t> sizes, at::ScalarType moments, at::ScalarType master,
                 std::uint32_t noise) {
  at::manual_seed(noise);
  const Tensor exact = at::randn(sizes);
  const SplitFloat32 split =
      master == at::kChar ? split_float24(exact, at::zeros(sizes, at::kInt)) : split_float32(exact);
  const bool is_split = master != at::kFloat;
  return {{.weight = is_split ? split.upper : exact.to(at::kHalf),
           .grad = at::randn(sizes),
           .state = {at::randn(sizes).to(moments), at::rand(sizes).to(moments), {}},
           .master = is_split ? split.remainder : exact,
           .options = {.weight_decay = 0.1}},
          noise};
}

/// Of parts of one kind: of odd sizes, one that is not contiguous, one with other options.
std::vector<AdamPart> small_parts(at::ScalarType moments, at::ScalarType master) {
  std::vector<AdamPart> parts = {
      part_of({7}, moments, master, 2), part_of({3, 5}, moments, master, 0xfffffffe),
      part_of({4, 3}, moments, master, 6), part_of({1}, moments, master, 8),
      part_of({8}, moments, master, 10)};
  parts[2].update.weight = parts[2].update.weight.t().contiguous().t();
  parts[4].update.options.lr = 0.5;
  return parts;
}

Tensor exact_of(const AdamUpdate& update) {
  return update.master.scalar_type() == at::kFloat ? update.master
                                                   : joined_float32({update.weight, update.master});
}

/// Laid behind each other they are rounded by the bits that each has by itself. LibTorch's kernel
/// (float32 moments) rounds an entry by where it stands.
TEST(AdamParts, AreUpdatedTogetherAsByThemselves) {
  for (const auto moments : {at::kFloat, at::kBFloat16}) {
    for (const auto master : {at::kFloat, at::kShort, at::kChar}) {
      const auto together = small_parts(moments, master), alone = small_parts(moments, master),
                 before = small_parts(moments, master);
      const double tolerance = moments == at::kBFloat16 ? 0 : master == at::kChar ? 4e-5 : 1e-6;
      update_parts(together, 3);
      EXPECT_FALSE(together[0].update.state.exp_avg.equal(before[0].update.state.exp_avg));
      for (std::size_t i = 0; i < alone.size(); ++i) {
        update_parts({&alone[i], 1}, 3);
        const AdamUpdate &got = together[i].update, &expected = alone[i].update;
        const auto expect_equal = [&](const Tensor& a, const Tensor& b) {
          EXPECT_TRUE(at::allclose(a, b, tolerance, tolerance)) << i;
        };
        expect_equal(exact_of(got), exact_of(expected));
        expect_equal(got.state.exp_avg, expected.state.exp_avg);
        expect_equal(got.state.exp_avg_sq, expected.state.exp_avg_sq);
      }
    }
  }
}

/// What no kernel takes is updated in ranges, whose random bits go on where the last range's end.
TEST(AdamParts, AreRangesOfLargeWeights) {
  const std::int64_t size = (1 << 24) + 6;
  const auto make = [&] {
    at::manual_seed(1);
    const Tensor exact = at::randn({size});
    const Tensor m = at::randn({size}).to(at::kBFloat16), v = at::rand({size}).to(at::kBFloat16);
    return AdamUpdate{
        .weight = exact.to(at::kHalf), .grad = exact, .state = {m, v, {}}, .master = exact};
  };
  const AdamUpdate ours = make(), expected = make();
  adam_step({&ours, 1}, 3);
  adam_step_reference({&expected, 1}, 3);
  EXPECT_TRUE(ours.master.equal(expected.master) && ours.weight.equal(expected.weight));
  EXPECT_TRUE(ours.state.exp_avg.equal(expected.state.exp_avg));
  EXPECT_TRUE(ours.state.exp_avg_sq.equal(expected.state.exp_avg_sq));
}

}  // namespace
}  // namespace automodel::ops
