#include "nn/gqa.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/decoder.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

Tensor run(const Decoder& decoder, const Tokens& tokens, KvCache* cache = nullptr) {
  Ports ports;
  LocalRunner runner;
  return decoder.hidden(tokens, {.cache = cache}, runner, ports);
}

void expect_cache_continues(const spec::ModelSpec& model) {
  const auto parameters = tiny_parameters(model);
  const Decoder decoder(model, parameters);
  const at::NoGradGuard no_grad;
  const auto tokens = tiny_tokens({11});
  const Tensor whole = run(decoder, tokens);
  KvCache cache(model.layers.size());
  for (const auto& [begin, end] : {std::pair(0, 6), std::pair(6, 7), std::pair(7, 11)}) {
    const Tokens part{.ids_t = tokens.ids_t.slice(0, begin, end),
                      .positions_t = tokens.positions_t.slice(0, begin, end),
                      .cu_seqlens = {0, end - begin}};
    EXPECT_LE(largest_difference(run(decoder, part, &cache), whole.slice(0, begin, end)), 1e-5);
    EXPECT_EQ(cache.length(), end);
  }
}

TEST(GqaBlock, CacheContinuesADocument) { expect_cache_continues(tiny_spec()); }

TEST(GqaBlock, CacheKnowsPositionsWithoutRope) {
  auto model = tiny_spec();
  model.positions = spec::LearnedPositions{.count = 13, .offset = 2};
  for (auto& layer : model.layers) {
    auto& gqa = std::get<spec::Gqa>(layer.mixer);
    gqa.rope.reset();
    gqa.alibi = spec::Alibi{.scale = 0.5, .in_bfloat16 = gqa.window.has_value()};
  }
  expect_cache_continues(model);
}

TEST(GqaBlock, CacheServesLayersThatShareKeys) {
  auto model = tiny_spec();
  std::get<spec::Gqa>(model.layers[2].mixer).kv_layer = 0;
  expect_cache_continues(model);
}

TEST(GqaBlock, KeysCanBeTheValues) {
  auto model = tiny_spec();
  auto& gqa = std::get<spec::Gqa>(model.layers[0].mixer);
  const auto tokens = tiny_tokens({5});
  auto parameters = tiny_parameters(model);
  parameters.at("model.layers.0.self_attn.v_proj.weight")
      .detach()
      .copy_(parameters.at("model.layers.0.self_attn.k_proj.weight"));
  const Tensor copied = run(Decoder(model, parameters), tokens);
  gqa.keys_as_values = true;
  EXPECT_TRUE(at::equal(run(Decoder(model, parameters), tokens), copied));
}

TEST(GqaBlock, GatesHaveFunctionsAndBiases) {
  auto model = tiny_spec();
  model.layers.resize(1);
  auto& gqa = std::get<spec::Gqa>(model.layers[0].mixer);
  gqa.gate = spec::OutputGate::per_head;
  gqa.gate_bias = true;
  const auto parameters = tiny_parameters(model);
  parameters.at("model.layers.0.self_attn.gate_proj.weight").detach().zero_();
  parameters.at("model.layers.0.self_attn.gate_bias").detach().fill_(2);
  const Tensor x_td = at::randn({5, 24});
  const auto tokens = tiny_tokens({5});
  Sequence sequence{.cu_seqlens = tokens.cu_seqlens,
                    .rope_tables = {rope_tables(*gqa.rope, tokens, at::kFloat)}};
  const auto run_block = [&] {
    Ports ports;
    return GqaBlock(gqa, parameters, 0, 0).forward(x_td, sequence, ports);
  };
  const Tensor sigmoid = run_block() / (1 / (1 + std::exp(-2.0)));
  gqa.gate_function = spec::GateFunction::softplus;
  EXPECT_LE(largest_difference(run_block() / std::log1p(std::exp(2.0)), sigmoid), 1e-5);
}

TEST(AlibiSlopes, ArePressEtAls) {
  const Tensor four = at::tensor({0.25, 0.0625, 0.015625, 0.00390625}, at::kFloat);
  EXPECT_LE(largest_difference(alibi_slopes({}, 4), four), 1e-7);
  const Tensor six = at::cat({four, at::tensor({0.5, 0.125}, at::kFloat)});
  EXPECT_LE(largest_difference(alibi_slopes({}, 6), six), 1e-7);
  EXPECT_LE(largest_difference(alibi_slopes({.max_bias = 16}, 4), four * four), 1e-7);
}

}  // namespace
}  // namespace automodel::nn
