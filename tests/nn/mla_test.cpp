#include "nn/mla.h"

#include <gtest/gtest.h>

#include "nn/decoder.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

constexpr std::int64_t kHeads = 3, kNope = 6, kRope = 4, kValue = 5, kRank = 7;

spec::ModelSpec latent_spec(std::optional<std::int64_t> q_lora_rank) {
  auto model = tiny_spec();
  const spec::Mla mla{.heads = kHeads,
                      .q_lora_rank = q_lora_rank,
                      .kv_lora_rank = kRank,
                      .nope_dim = kNope,
                      .rope_dim = kRope,
                      .value_dim = kValue,
                      .rope = spec::Rope{.theta = 100, .dim = kRope, .interleaved = true},
                      .scale = 0.4};
  for (auto& layer : model.layers) {
    layer.mixer = mla;
  }
  return model;
}

/// The latents of x: [t, rank] after the norm.
Tensor rms(const Tensor& x, const Tensor& weight) {
  return x * (x.square().mean(-1, true) + 1e-6).rsqrt() * weight;
}

/// Complex rotation of neighbouring pairs by position * 100^(-2j/dim), as DeepSeek-V2 writes it.
Tensor turn(const Tensor& x_thr) {
  const auto pairs = at::view_as_complex(x_thr.unflatten(-1, {-1, 2}).contiguous());
  const Tensor frequencies = at::pow(100, -at::arange(0, kRope, 2, at::kFloat) / double{kRope});
  const Tensor angles = at::arange(x_thr.size(0), at::kFloat).unsqueeze(1) * frequencies;
  const Tensor turns = at::polar(at::ones_like(angles), angles).unsqueeze(1);
  return at::view_as_real(pairs * turns).flatten(-2);
}

/// One document through layer 0, from the paper's equations.
Tensor by_hand(const Parameters& p, const Tensor& x_td) {
  const auto weight = [&](const char* name) {
    return p.at(std::string("model.layers.0.self_attn.") + name + ".weight");
  };
  const Tensor latent_q = rms(x_td.matmul(weight("q_a_proj").t()), weight("q_a_layernorm"));
  const Tensor q = latent_q.matmul(weight("q_b_proj").t()).unflatten(-1, {kHeads, kNope + kRope});
  const Tensor latent = x_td.matmul(weight("kv_a_proj_with_mqa").t());
  const Tensor kv = rms(latent.slice(-1, 0, kRank), weight("kv_a_layernorm"))
                        .matmul(weight("kv_b_proj").t())
                        .unflatten(-1, {kHeads, kNope + kValue});
  const Tensor shared = turn(latent.slice(-1, kRank).unsqueeze(1));
  const Tensor scores =
      at::einsum("qhn,khn->hqk", {q.slice(-1, 0, kNope), kv.slice(-1, 0, kNope)}) +
      at::einsum("qhr,kr->hqk", {turn(q.slice(-1, kNope)), shared.squeeze(1)});
  const auto t = x_td.size(0);
  const Tensor future = at::ones({t, t}, at::kBool).triu(1);
  const Tensor shares = at::softmax((scores * 0.4).masked_fill(future, -1e30), -1);
  const Tensor out = at::einsum("hqk,khv->qhv", {shares, kv.slice(-1, kNope)});
  return out.flatten(1).matmul(weight("o_proj").t());
}

TEST(MlaBlock, IsThePapersAttention) {
  const auto model = latent_spec(8);
  const auto parameters = tiny_parameters(model);
  const at::NoGradGuard no_grad;
  const MlaBlock block(std::get<spec::Mla>(model.layers[0].mixer), parameters, 0, 0);
  const auto tokens = tiny_tokens({6});
  Sequence sequence{.cu_seqlens = tokens.cu_seqlens, .positions_t = tokens.positions_t};
  const auto rope = std::get<spec::Mla>(model.layers[0].mixer).rope;
  sequence.rope_tables.push_back(rope_tables(*rope, tokens, at::kFloat));
  at::manual_seed(5);
  const Tensor x_td = at::randn({6, model.dim});
  Ports ports;
  EXPECT_LE(largest_difference(block.forward(x_td, sequence, ports), by_hand(parameters, x_td)),
            1e-4);
}

TEST(MlaBlock, CacheContinuesADocument) {
  const auto model = latent_spec(std::nullopt);
  const auto parameters = tiny_parameters(model);
  const Decoder decoder(model, parameters);
  const at::NoGradGuard no_grad;
  Ports ports;
  LocalRunner runner;
  const auto tokens = tiny_tokens({11});
  const Tensor whole = decoder.hidden(tokens, {}, runner, ports);
  KvCache cache(model.layers.size());
  for (const auto& [begin, end] : {std::pair(0, 6), std::pair(6, 7), std::pair(7, 11)}) {
    const Tokens part{.ids_t = tokens.ids_t.slice(0, begin, end),
                      .positions_t = tokens.positions_t.slice(0, begin, end),
                      .cu_seqlens = {0, end - begin}};
    const Tensor out = decoder.hidden(part, {.cache = &cache}, runner, ports);
    EXPECT_LE(largest_difference(out, whole.slice(0, begin, end)), 1e-5);
  }
}

}  // namespace
}  // namespace automodel::nn
