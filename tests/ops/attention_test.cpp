#include "ops/attention.h"

#include "base/error.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

Tensor by_document(const Inputs& in, const std::vector<std::int32_t>& bounds,
                   const AttentionOptions& options) {
  std::vector<Tensor> parts;
  for (std::size_t n = 0; n + 1 < bounds.size(); ++n) {
    const auto document = [&](const Tensor& x) { return x.slice(0, bounds[n], bounds[n + 1]); };
    parts.push_back(
        attention_reference(document(in[0]), document(in[1]), document(in[2]), options));
  }
  return at::cat(parts);
}

Inputs random_qkv(std::int64_t tokens) {
  return {random_tensor({tokens, 6, 16}), random_tensor({tokens, 2, 16}),
          random_tensor({tokens, 2, 16})};
}

TEST(Attention, FlashEqualsTheReferenceOnOddDocuments) {
  const std::vector<std::int32_t> bounds = {0, 1, 18, 19, 83};
  const AttentionOptions options{.scale = 0.3};
  expect_same([&](const Inputs& in) { return attention(in[0], in[1], in[2], bounds, options); },
              [&](const Inputs& in) { return by_document(in, bounds, options); }, random_qkv(83));
}

TEST(Attention, WindowAndSoftcapFollowTheFormula) {
  const AttentionOptions options{.scale = 0.3, .window = 3, .softcap = 2.0};
  const auto in = random_qkv(9);
  const Tensor out = attention(in[0], in[1], in[2], {0, 9}, options);
  const std::int64_t query = 7;
  const std::int64_t head = 4;  // reads kv head 1
  std::vector<double> weights;
  double total = 0;
  for (std::int64_t key = query - 2; key <= query; ++key) {
    const double dot = (in[0][query][head] * in[1][key][1]).sum().item<double>();
    weights.push_back(std::exp(2 * std::tanh(dot * 0.3 / 2)));
    total += weights.back();
  }
  Tensor expected = at::zeros({16});
  for (std::int64_t j = 0; j < 3; ++j) {
    expected += in[2][query - 2 + j][1] * (weights[static_cast<std::size_t>(j)] / total);
  }
  EXPECT_LE(relative_error(out[query][head], expected), 1e-5);
}

/// Scores plus `bias_hk`, what ALiBi adds to each key of the last query.
Tensor last_row_with(const Inputs& in, double scale, const Tensor& bias_hk) {
  const Tensor k_hsk = in[1].repeat_interleave(3, 1).transpose(0, 1);
  const Tensor v_hsk = in[2].repeat_interleave(3, 1).transpose(0, 1);
  const Tensor scores_hs = at::matmul(k_hsk, in[0][-1].unsqueeze(-1)).squeeze(-1) * scale + bias_hk;
  return at::matmul(at::softmax(scores_hs, -1).unsqueeze(1), v_hsk).squeeze(1);
}

TEST(Attention, AlibiFallsWithTheDistance) {
  const auto in = random_qkv(300);
  AttentionOptions options{.scale = 0.3,
                           .slopes_h = at::tensor({0.5, 0.3, 0.2, 0.1, 0.05, 0.02}, at::kFloat),
                           .slope_scale = 0.7};
  const Tensor distance = 299 - at::arange(300, at::kFloat);
  const Tensor slopes_h1 = options.slopes_h.unsqueeze(1);
  const Tensor exact = last_row_with(in, 0.3, slopes_h1 * -0.7 * distance);
  EXPECT_LE(relative_error(attention(in[0], in[1], in[2], {0, 300}, options)[-1], exact), 1e-5);

  options.slopes_in_bfloat16 = true;
  const Tensor key = at::arange(300, at::kFloat);
  const Tensor rounded = (slopes_h1.to(at::kBFloat16) * key.to(at::kBFloat16)).to(at::kFloat) * 0.7;
  const Tensor out = attention(in[0], in[1], in[2], {0, 300}, options)[-1];
  EXPECT_LE(relative_error(out, last_row_with(in, 0.3, rounded)), 1e-5);
  EXPECT_GT(relative_error(out, exact), 1e-4);
}

TEST(Attention, CachedRowsEqualTheWholeDocument) {
  const auto in = random_qkv(10);
  const AttentionOptions options{.scale = 0.25, .window = 4};
  const Tensor whole = attention(in[0], in[1], in[2], {0, 10}, options);
  const Tensor last = cached_attention(in[0].slice(0, 7), in[1], in[2], options);
  EXPECT_LE(relative_error(last, whole.slice(0, 7)), 1e-6);
  EXPECT_TRUE(at::equal(cached_attention(in[0], in[1], in[2], options), whole));
}

TEST(Attention, RefusesBoundsThatMissTokens) {
  const auto in = random_qkv(5);
  EXPECT_THROW(attention(in[0], in[1], in[2], {0, 4}, {}), Error);
  EXPECT_THROW(cached_attention(in[0], in[1].slice(0, 3), in[2].slice(0, 3), {}), Error);
}

}  // namespace
}  // namespace automodel::ops
