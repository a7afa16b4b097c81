#include "nn/decoder.h"

#include <gtest/gtest.h>

#include "nn/tiny_model.h"

namespace automodel::nn {
namespace {

Tensor run(const Decoder& decoder, const Tokens& tokens, BlockRunner& runner,
           KvCache* cache = nullptr) {
  Ports ports;
  return decoder.hidden(tokens, {.cache = cache}, runner, ports);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(Decoder, DocumentsDoNotSeeEachOther) {
  for (const auto placement : {spec::NormPlacement::pre, spec::NormPlacement::sandwich}) {
    const auto model = tiny_spec(placement);
    const auto parameters = tiny_parameters(model);
    const Decoder decoder(model, parameters);
    LocalRunner runner;
    const auto packed = tiny_tokens({5, 1, 9});
    const Tensor whole = run(decoder, packed, runner);
    auto alone = tiny_tokens({9});
    alone.ids_t = packed.ids_t.slice(0, 6);
    EXPECT_LE(largest_difference(whole.slice(0, 6), run(decoder, alone, runner)), 1e-5);
  }
}

TEST(Decoder, RecomputeIsBitEqual) {
  const auto model = tiny_spec();
  const auto tokens = tiny_tokens({7, 12});
  std::vector<std::vector<Tensor>> gradients;
  LocalRunner keep;
  RecomputeRunner recompute;
  for (BlockRunner* runner :
       {static_cast<BlockRunner*>(&keep), static_cast<BlockRunner*>(&recompute)}) {
    const auto parameters = tiny_parameters(model);
    const Decoder decoder(model, parameters);
    Ports ports;
    const Tensor hidden = decoder.hidden(tokens, {.training = true}, *runner, ports);
    ops::linear_cross_entropy(hidden, decoder.head_weight_vd(), tokens.labels_t, {}).backward();
    gradients.emplace_back();
    for (const auto& parameter : parameters.all()) {
      ASSERT_TRUE(parameter.value.grad().defined()) << parameter.spec.name;
      gradients.back().push_back(parameter.value.grad());
    }
  }
  for (std::size_t i = 0; i < gradients[0].size(); ++i) {
    EXPECT_TRUE(at::equal(gradients[0][i], gradients[1][i])) << i;
  }
}

TEST(Decoder, CacheContinuesADocument) {
  const auto model = tiny_spec();
  const auto parameters = tiny_parameters(model);
  const Decoder decoder(model, parameters);
  LocalRunner runner;
  const at::NoGradGuard no_grad;
  const auto tokens = tiny_tokens({11});
  const Tensor whole = run(decoder, tokens, runner);
  KvCache cache(model.layers.size());
  for (const auto& [begin, end] : {std::pair(0, 6), std::pair(6, 7), std::pair(7, 11)}) {
    const Tokens part{.ids_t = tokens.ids_t.slice(0, begin, end),
                      .positions_t = tokens.positions_t.slice(0, begin, end),
                      .cu_seqlens = {0, end - begin}};
    EXPECT_LE(largest_difference(run(decoder, part, runner, &cache), whole.slice(0, begin, end)),
              1e-5);
    EXPECT_EQ(cache.length(), end);
  }
}

}  // namespace
}  // namespace automodel::nn
