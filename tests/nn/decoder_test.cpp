#include "nn/decoder.h"

#include <gtest/gtest.h>

#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

Tensor run(const Decoder& decoder, const Tokens& tokens, BlockRunner& runner) {
  Ports ports;
  return decoder.hidden(tokens, {}, runner, ports);
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

}  // namespace
}  // namespace automodel::nn
