#include "nn/router_loss.h"

#include <gtest/gtest.h>

#include "tests/nn/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::nn {
namespace {

constexpr std::int64_t kExperts = 5;
const spec::RouterTraining kAll{
    .balance_loss = 0.5, .sequence_balance_loss = 0.25, .z_loss = 0.125};

spec::ModelSpec routed_spec(const spec::RouterTraining& training) {
  auto model = tiny_spec();
  for (const std::size_t i : {1, 2}) {
    model.layers[i].ffn = spec::Moe{
        .experts = kExperts,
        .per_token = 2,
        .inner = 12,
        .router = {.score = spec::Router::Score::sigmoid, .correction = true, .renormalise = true},
        .training = training};
  }
  return model;
}

/// One forward and backward of the routers' losses alone.
struct Pass {
  Parameters parameters;
  RouterLoss loss;

  Pass(const spec::ModelSpec& model, const Tokens& tokens, bool recompute = false)
      : parameters(tiny_parameters(model)) {
    forward(model, tokens, 1.0 / static_cast<double>(tokens.ids_t.numel()), recompute);
  }
  void forward(const spec::ModelSpec& model, const Tokens& tokens, double per_token,
               bool recompute = false) {
    const Decoder decoder(model, parameters);
    Ports ports;
    LocalRunner keep;
    RecomputeRunner again;
    BlockRunner& runner = recompute ? static_cast<BlockRunner&>(again) : keep;
    const auto output = decoder.forward(tokens, {.training = true}, runner, ports);
    loss = router_loss(model, output.routers, per_token);
    if (loss.loss.defined()) {
      (loss.loss + output.hidden_td.sum()).backward();
    }
  }
  Tensor gradient(const std::string& name) const { return parameters.at(name).grad().to_dense(); }
};

Tokens part_of(const Tokens& tokens, std::size_t document) {
  const auto begin = tokens.cu_seqlens[document], end = tokens.cu_seqlens[document + 1];
  return {.ids_t = tokens.ids_t.slice(0, begin, end),
          .labels_t = tokens.labels_t.slice(0, begin, end),
          .positions_t = tokens.positions_t.slice(0, begin, end),
          .cu_seqlens = {0, end - begin}};
}

TEST(RouterLoss, TheReportAddsUpToTheLoss) {
  const Pass pass(routed_spec(kAll), tiny_tokens({7, 12}));
  const auto& report = pass.loss.report;
  ASSERT_EQ(report.layers.size(), 2U);
  EXPECT_EQ(report.layers[0].layer, 1U);
  double expected = 0.5 * report.balance_loss;
  for (const auto& load : report.layers) {
    std::int64_t tokens = 0;
    for (const auto count : load.counts_e) {
      tokens += count;
    }
    EXPECT_EQ(tokens, 2 * 19);
    EXPECT_GT(load.z_loss, 0);
    expected += 0.25 * load.sequence_balance_loss + 0.125 * load.z_loss;
  }
  EXPECT_NEAR(report.loss, expected, 1e-5);
  EXPECT_NEAR(pass.loss.loss.item<double>(), report.loss, 1e-6);
}

TEST(RouterLoss, WithoutCoefficientsOnlyLoadsAreReported) {
  const Pass pass(routed_spec({}), tiny_tokens({7}));
  EXPECT_FALSE(pass.loss.loss.defined());
  EXPECT_EQ(pass.loss.report.loss, 0);
  EXPECT_EQ(pass.loss.report.layers[1].counts_e.size(), 5U);
}

TEST(RouterLoss, EachLossReachesTheRouterOnly) {
  for (const auto& training :
       {spec::RouterTraining{.balance_loss = 1}, spec::RouterTraining{.sequence_balance_loss = 1},
        spec::RouterTraining{.z_loss = 1}}) {
    auto model = routed_spec(training);
    model.layers.resize(2);  // behind the router of the last layer nothing follows
    const auto parameters = tiny_parameters(model);
    const Decoder decoder(model, parameters);
    Ports ports;
    LocalRunner runner;
    const auto output = decoder.forward(tiny_tokens({7, 12}), {.training = true}, runner, ports);
    router_loss(model, output.routers, 0.1).loss.backward();
    const auto grad = [&](const char* name) {
      return parameters.at("model.layers.1.mlp." + std::string(name)).grad();
    };
    EXPECT_GT(grad("gate.weight").abs().max().item<double>(), 0);
    EXPECT_FALSE(grad("experts.up_proj.weight").defined());
    EXPECT_TRUE(parameters.at("model.embed_tokens.weight").grad().defined());
  }
}

/// Also where a choice that is not that of the highest logits is replayed.
TEST(RouterLoss, RecomputeIsBitEqual) {
  const auto tokens = tiny_tokens({7, 12});
  const Pass plain(routed_spec(kAll), tokens), again(routed_spec(kAll), tokens, true);
  EXPECT_EQ(plain.loss.report, again.loss.report);
  for (const auto& parameter : plain.parameters.all()) {
    const Tensor expected = parameter.value.grad().to_dense(),
                 found = again.gradient(parameter.spec.name);
    ASSERT_EQ(expected.defined(), found.defined()) << parameter.spec.name;
    EXPECT_TRUE(!expected.defined() || at::equal(expected, found)) << parameter.spec.name;
  }
}

TEST(RouterLoss, LossesOfTokensAndDocumentsDoNotDependOnTheCut) {
  const auto model = routed_spec({.sequence_balance_loss = 0.25, .z_loss = 0.125});
  const auto tokens = tiny_tokens({7, 12});
  const Pass whole(model, tokens);
  Pass cut(model, part_of(tokens, 0));
  for (auto& parameter : cut.parameters.all()) {
    parameter.value.mutable_grad().reset();
  }
  RouterReport sum;
  for (const std::size_t document : {0, 1}) {
    cut.forward(model, part_of(tokens, document), 1.0 / 19);
    sum.add(cut.loss.report);
  }
  EXPECT_NEAR(sum.loss, whole.loss.report.loss, 1e-5);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(sum.layers[i].counts_e, whole.loss.report.layers[i].counts_e);
    EXPECT_NEAR(sum.layers[i].z_loss, whole.loss.report.layers[i].z_loss, 1e-5);
  }
  const std::string gate = "model.layers.1.mlp.gate.weight";
  EXPECT_TRUE(at::allclose(whole.gradient(gate), cut.gradient(gate), 1e-4, 1e-5));
}

/// The balance loss is that of each micro-batch; they count by their tokens.
TEST(RouterLoss, BalanceLossesOfMicroBatchesAreAveragedOverTokens) {
  const auto model = routed_spec({.balance_loss = 2});
  const auto tokens = tiny_tokens({7, 12});
  const Pass one(model, part_of(tokens, 0)), two(model, part_of(tokens, 1));
  RouterReport sum;
  for (const std::size_t document : {0, 1}) {
    Pass part(model, part_of(tokens, document));
    part.forward(model, part_of(tokens, document), 1.0 / 19);
    sum.add(part.loss.report);
  }
  const double mean = (7 * one.loss.report.balance_loss + 12 * two.loss.report.balance_loss) / 19;
  EXPECT_NEAR(sum.balance_loss, mean, 1e-5);
  EXPECT_NEAR(sum.loss, 2 * mean, 1e-5);
}

TEST(RouterLoss, ExpertsWithoutTokensAreNormal) {
  const auto model = routed_spec(kAll);
  auto parameters = tiny_parameters(model);
  for (const int layer : {1, 2}) {
    parameters.at(spec::layer_prefix(layer) + "mlp.gate.e_score_correction_bias")
        .detach()
        .copy_(at::tensor({9.F, 9.F, 0.F, 0.F, 0.F}));
  }
  const Decoder decoder(model, parameters);
  Ports ports;
  LocalRunner runner;
  const auto output = decoder.forward(tiny_tokens({7}), {.training = true}, runner, ports);
  const auto loss = router_loss(model, output.routers, 1.0 / 7);
  loss.loss.backward();
  EXPECT_EQ(loss.report.layers[0].counts_e, (std::vector<std::int64_t>{7, 7, 0, 0, 0}));
  EXPECT_TRUE(parameters.at("model.layers.1.mlp.gate.weight").grad().isfinite().all().item<bool>());
}

TEST(RouterLoss, ABalanceLossOverUnequalLayersIsRefused) {
  auto model = routed_spec({.balance_loss = 1});
  std::get<spec::Moe>(model.layers[2].ffn).experts = 4;
  testing::expect_error(ErrorKind::unsupported,
                        "layer 2 has 4 experts where others have 5; leave output_router_logits off",
                        [&] { Pass(model, tiny_tokens({7})); });
}

}  // namespace
}  // namespace automodel::nn
