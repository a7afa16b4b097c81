#include "nn/decoder.h"

#include <gtest/gtest.h>

#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

Tensor run(const Decoder& decoder, const Tokens& tokens, BlockRunner& runner,
           const ForwardOptions& options = {}) {
  Ports ports;
  return decoder.hidden(tokens, options, runner, ports);
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

TEST(Decoder, TakesTheExpertsThatItIsGivenAndKeepsItsOwn) {
  auto model = tiny_spec();
  model.layers[1].ffn = spec::Moe{.experts = 4, .per_token = 2, .inner = 12};
  const auto parameters = tiny_parameters(model);
  const Decoder decoder(model, parameters);
  LocalRunner runner;
  auto tokens = tiny_tokens({5});
  const Tensor plain = run(decoder, tokens, runner);
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    tokens.routing.push_back(std::make_shared<RoutingRecord>());
  }
  EXPECT_TRUE(at::equal(run(decoder, tokens, runner), plain));
  EXPECT_FALSE(tokens.routing[0]->experts_tk.defined());
  auto& chosen_tk = tokens.routing[1]->experts_tk;
  EXPECT_EQ(chosen_tk.sizes(), at::IntArrayRef({5, 2}));
  chosen_tk = (chosen_tk + 1).remainder(4);
  EXPECT_GT(largest_difference(run(decoder, tokens, runner), plain), 1e-3);
}

/// Gradients of all parameters, where the loss weighs labelled rows alone.
std::vector<Tensor> labelled_gradients(const spec::ModelSpec& model, const Tokens& tokens,
                                       bool labelled_only, BlockRunner& runner) {
  auto parameters = tiny_parameters(model);
  const Decoder decoder(model, parameters);
  Ports ports;
  const auto out =
      decoder.forward(tokens, {.training = true, .labelled_only = labelled_only}, runner, ports);
  EXPECT_EQ(out.hidden_td.size(0), out.labels_t.size(0));
  const auto router = router_loss(model, out.routers, 1.0 / 15);
  const Tensor loss = ops::linear_cross_entropy(out.hidden_td, decoder.head(), out.labels_t, {});
  (router.loss.defined() ? loss + router.loss : loss).backward();
  std::vector<Tensor> grads{loss.detach()};
  for (const auto& parameter : parameters.all()) {
    grads.push_back(parameter.value.grad().to_dense());
  }
  return grads;
}

void expect_labelled_only_changes_nothing(const spec::ModelSpec& model) {
  const auto tokens = tiny_tokens({5, 1, 9});
  LocalRunner local;
  RecomputeRunner recompute;
  const auto expected = labelled_gradients(model, tokens, false, local);
  for (BlockRunner* runner :
       {static_cast<BlockRunner*>(&local), static_cast<BlockRunner*>(&recompute)}) {
    const auto found = labelled_gradients(model, tokens, true, *runner);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i].defined(), expected[i].defined());
      if (found[i].defined()) {
        EXPECT_TRUE(at::allclose(found[i], expected[i], 1e-4, 1e-5)) << i;
      }
    }
  }
}

TEST(Decoder, LabelledRowsAloneHaveTheSameLossAndGradients) {
  using Placement = spec::NormPlacement;
  for (const auto placement :
       {Placement::pre, Placement::ffn_pre, Placement::sandwich, Placement::ffn_sandwich,
        Placement::post, Placement::post_residual, Placement::parallel, Placement::parallel_two}) {
    expect_labelled_only_changes_nothing(tiny_spec(placement));
  }
  auto model = tiny_spec();
  model.layer_inputs = spec::LayerInputs{.vocab_size = 61, .dim = 6};
  for (auto& layer : model.layers) {
    layer.input = spec::LayerInput{.dim = 6};
    layer.has_scalar = true;
  }
  expect_labelled_only_changes_nothing(model);
}

TEST(Decoder, AllTokensAreRoutedWhereOnlyLabelledOnesMeetExperts) {
  auto model = tiny_spec();
  const spec::Moe moe{.experts = 4,
                      .per_token = 2,
                      .inner = 12,
                      .shared = spec::SharedExperts{.mlp = {.inner = 8}, .gated = true},
                      .training = {.balance_loss = 0.1, .z_loss = 0.1}};
  model.layers[2].ffn = moe;
  expect_labelled_only_changes_nothing(model);
  model.layers[2].ffn = spec::MlpBesideMoe{.mlp = {.inner = 40}, .moe = moe};
  expect_labelled_only_changes_nothing(model);
}

TEST(Decoder, GivesAllRowsWhereNoneIsLabelled) {
  const auto model = tiny_spec();
  const auto parameters = tiny_parameters(model);
  const Decoder decoder(model, parameters);
  LocalRunner runner;
  Ports ports;
  auto tokens = tiny_tokens({5});
  const auto rows = [&] {
    return decoder.forward(tokens, {.labelled_only = true}, runner, ports).hidden_td.size(0);
  };
  EXPECT_EQ(rows(), 3);
  tokens.labels_t.fill_(ops::kIgnoreIndex);
  EXPECT_EQ(rows(), 5);
}

TEST(Decoder, AdaptersOutsideTheBlocksDropInTrainingOnly) {
  auto model = tiny_spec();
  model.tied_head = false;
  model.embedding_dim = 12;
  auto parameters = tiny_parameters(model);
  for (const auto& module : spec::lora_modules(spec::parameters(model), {})) {
    if (module.layer < 0) {
      parameters.add_adapter(module, at::randn(module.a_shape(3)), {at::randn(module.b_shape(3))},
                             2);
    }
  }
  parameters.set_lora({.rank = 3, .scale = 2, .dropout = 0.5});
  const Decoder decoder(model, parameters);
  LocalRunner runner;
  const auto tokens = tiny_tokens({5, 3});
  const auto with_seed = [&](bool training, std::uint64_t seed) {
    return run(decoder, tokens, runner, {.training = training, .dropout_seed = seed});
  };
  EXPECT_TRUE(at::equal(with_seed(false, 1), with_seed(false, 2)));
  EXPECT_FALSE(at::allclose(with_seed(true, 1), with_seed(true, 2)));
  EXPECT_EQ(decoder.head().adapter->dropout, 0);
  EXPECT_EQ(decoder.head({.training = true}).adapter->dropout, 0.5);
}

}  // namespace
}  // namespace automodel::nn
