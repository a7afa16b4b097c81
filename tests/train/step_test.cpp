#include "train/step.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/random.h"
#include "base/stopwatch.h"
#include "ops/cpu/dispatch.h"
#include "train/lora.h"
#include "train/non_finite.h"
#include "train/tiny_model.h"

namespace automodel::train {
namespace {

using ::testing::HasSubstr;

bool cpu_kernels_compute() { return ops::cpu::kernels() != nullptr; }

const std::string kWeight = "model.layers.1.mlp.down_proj.weight";

struct TinyRun {
  parallel::ShardedModel model = tiny_model();
  Optimizer optimizer{model.parameters().trained(), {}};

  StepResult step(const std::vector<nn::Tokens>& micro_batches, const StepOptions& options = {}) {
    return train_step(model, optimizer, micro_batches, optimizer.num_steps(), {.lr = 1e-2},
                      options);
  }
};

nn::Tokens joined(const nn::Tokens& a, const nn::Tokens& b) {
  return {.ids_t = at::cat({a.ids_t, b.ids_t}),
          .labels_t = at::cat({a.labels_t, b.labels_t}),
          .positions_t = at::cat({a.positions_t, b.positions_t}),
          .cu_seqlens = {0, 3, 5, 8, 10}};
}

TEST(TrainStep, CountsAndLearns) {
  TinyRun run;
  const auto first = run.step({tiny_tokens()});
  EXPECT_EQ(first.num_tokens, 5);
  EXPECT_EQ(first.num_label_tokens, 3);
  EXPECT_GT(first.grad_norm, 0);
  for (int i = 0; i < 5; ++i) {
    run.step({tiny_tokens()});
  }
  EXPECT_LT(run.step({tiny_tokens()}).loss, first.loss);
}

TEST(TrainStep, DoesNotDependOnHowTheStepIsCut) {
  TinyRun whole, cut;
  const auto a = tiny_tokens(1), b = tiny_tokens(9);
  const auto one = whole.step({joined(a, b)});
  const auto two = cut.step({a, b});
  EXPECT_NEAR(one.loss, two.loss, 1e-6);
  EXPECT_NEAR(one.grad_norm, two.grad_norm, 1e-5);
  EXPECT_TRUE(at::allclose(weight(whole.model, kWeight), weight(cut.model, kWeight), 1e-4, 1e-6));
}

/// Few tokens reach an expert: where there is one micro-batch, its gradient is computed for the
/// update alone.
TEST(TrainStep, GradientsOfExpertsAreDeferredAndStepsTheSame) {
  auto spec = tiny_spec();
  spec.layers[1].ffn = spec::Moe{.experts = 4, .per_token = 2, .inner = 12};
  auto plain = tiny_model(at::kFloat, spec), deferring = tiny_model(at::kFloat, spec);
  Optimizer of_plain(plain.parameters().trained(), {});
  Optimizer of_deferring(deferring.parameters().trained(), {});
  const std::string name = "model.layers.1.mlp.experts.down_proj.weight";
  const nn::Tokens tokens = tiny_tokens();
  for (std::int64_t step = 0; step < 3; ++step) {
    plain.zero_grad();
    const double loss = plain.forward_backward(tokens, {.per_label = 1.0 / 3}, 0).loss;
    const double norm = plain.grad_norm();
    of_plain.step({.lr = 1e-2}, clip_factor(norm, 1));
    const auto result = train_step(deferring, of_deferring, {&tokens, 1}, step, {.lr = 1e-2}, {});
    EXPECT_NEAR(result.loss, loss, 1e-6);
    EXPECT_NEAR(result.grad_norm, norm, 1e-5 * norm);
    if (cpu_kernels_compute()) {
      EXPECT_FALSE(deferring.parameters().at(name).grad().defined());
    }
    for (const auto& parameter : plain.parameters().all()) {
      EXPECT_TRUE(at::allclose(parameter.value, weight(deferring, parameter.spec.name), 1e-4, 1e-6))
          << parameter.spec.name << ", step " << step;
    }
    for (const auto& parameter : deferring.parameters().all()) {
      const Tensor expected = plain.parameters().at(parameter.spec.name).grad();
      EXPECT_TRUE(at::allclose(deferring.gradient_of(parameter), expected.to_dense(), 1e-3, 1e-5))
          << parameter.spec.name << ", step " << step;
    }
  }
}

/// Sums over micro-batches in bfloat16 would stop at 256 times a micro-batch's gradient.
TEST(TrainStep, NarrowGradientsOfManyMicroBatchesAreNotLost) {
  const auto norm_of = [](at::ScalarType dtype) {
    auto model = tiny_model(dtype);
    Optimizer optimizer(model.parameters().trained(), {});
    const std::vector<nn::Tokens> micro_batches(600, tiny_tokens());
    return train_step(model, optimizer, micro_batches, 0, {.lr = 0}, {}).grad_norm;
  };
  const double exact = norm_of(at::kFloat);
  EXPECT_NEAR(norm_of(at::kBFloat16), exact, 0.03 * exact);
}

/// A final norm of small gains makes all other gradients small: in float16 they would be zero.
TEST(TrainStep, SmallGradientsOfFloat16WeightsAreNotLost) {
  const auto moved = [](at::ScalarType dtype, int micro_batches) {
    auto model = tiny_model(dtype);
    weight(model, "model.norm.weight").fill_(std::ldexp(1.0, -18));
    const Tensor before = weight(model, kWeight).to(at::kFloat, /*non_blocking=*/false, true);
    Optimizer optimizer(model.parameters().trained(), {});
    const std::vector<nn::Tokens> batch(static_cast<std::size_t>(micro_batches), tiny_tokens());
    const auto result =
        train_step(model, optimizer, batch, 0, {.lr = 0.125}, {.max_grad_norm = 1e9});
    return std::pair{weight(model, kWeight).to(at::kFloat) - before, result.grad_norm};
  };
  for (const int micro_batches : {1, 3}) {
    const auto [exact, exact_norm] = moved(at::kFloat, micro_batches);
    const auto [narrow, norm] = moved(at::kHalf, micro_batches);
    EXPECT_NEAR(norm, exact_norm, 0.01 * exact_norm);
    const auto agree = exact.sign().eq(narrow.sign()).to(at::kFloat).mean().item<double>();
    EXPECT_GT(agree, 0.95);
  }
}

/// A final norm of large gains makes the head's gradients large: 1,024 times as large they would be
/// more than float16 holds.
TEST(TrainStep, LargeGradientsOfFloat16WeightsAreKeptAsTheyAre) {
  const auto stepped = [](at::ScalarType dtype, std::size_t num_micro_batches) {
    auto model = tiny_model(dtype);
    weight(model, "model.norm.weight").fill_(1024);
    Optimizer optimizer(model.parameters().trained(), {});
    const std::vector<nn::Tokens> micro_batches(num_micro_batches, tiny_tokens());
    const auto result = train_step(model, optimizer, micro_batches, 0, {.lr = 1e-3}, {});
    EXPECT_EQ(optimizer.num_steps(), 1);
    return result;
  };
  for (const std::size_t micro_batches : {1, 3}) {
    const auto exact = stepped(at::kFloat, micro_batches);
    const auto narrow = stepped(at::kHalf, micro_batches);
    EXPECT_GT(exact.grad_norm, 64);
    EXPECT_NEAR(narrow.grad_norm, exact.grad_norm, 0.01 * exact.grad_norm);
    EXPECT_NEAR(narrow.loss, exact.loss, 0.01 * exact.loss);
  }
}

/// What the first computation took is part of the step's time.
TEST(TrainStep, GradientsTakenAgainAreToldAndTimed) {
  auto model = tiny_model(at::kHalf);
  Optimizer optimizer(model.parameters().trained(), {});
  const std::vector<nn::Tokens> micro_batches(50, tiny_tokens());
  EXPECT_FALSE(train_step(model, optimizer, micro_batches, 0, {.lr = 0}, {}).computed_twice);
  weight(model, "model.norm.weight").fill_(1024);
  const Stopwatch watch;
  const auto result = train_step(model, optimizer, micro_batches, 1, {.lr = 0}, {});
  EXPECT_TRUE(result.computed_twice);
  EXPECT_GT(result.seconds.forward + result.seconds.backward, 0.7 * watch.seconds());
}

/// Fresh adapters whose B is not zero.
parallel::ShardedModel adapted_model(const config::Peft& peft) {
  const auto spec = tiny_spec();
  auto parameters = nn::initialise(spec, at::kFloat, 1);
  attach_lora(parameters, spec::lora_modules(spec::parameters(spec), {}), peft, 1);
  for (auto& parameter : parameters.trained()) {
    if (parameter.spec.name.ends_with("lora_B.weight")) {
      parameter.value.detach().fill_(1);
    }
  }
  return {spec, std::move(parameters), {}};
}

TEST(TrainStep, GradientsTakenAgainAreOfTheSameDropout) {
  const auto make = [] {
    auto model = adapted_model({.dim = 4, .dropout = 0.5, .lora_dtype = "float16"});
    weight(model, "model.norm.weight").fill_(1024);
    return model;
  };
  auto expected = make(), model = make();
  const auto seed = RandomStream(0, StreamPurpose::dropout, 0).next_u64();
  const auto loss = expected.forward_backward(tiny_tokens(), {.per_label = 1.0 / 3}, seed).loss;
  Optimizer optimizer(model.parameters().trained(), {});
  const auto result = train_step(model, optimizer, std::vector{tiny_tokens()}, 0, {.lr = 0}, {});
  EXPECT_GT(result.grad_norm, 64);
  EXPECT_EQ(result.grad_norm, expected.grad_norm());
  EXPECT_EQ(result.loss, loss);
}

/// What float16 does not hold as it is either.
TEST(TrainStep, GradientsBeyondFloat16NameAnotherType) {
  auto model = tiny_model(at::kHalf);
  weight(model, "model.norm.weight").fill_(60000);
  Optimizer optimizer(model.parameters().trained(), {});
  auto tokens = tiny_tokens();
  tokens.labels_t.slice(0, 1).fill_(ops::kIgnoreIndex);
  std::string message;
  try {
    train_step(model, optimizer, std::vector{tokens}, 0, {.lr = 1e-3}, {});
  } catch (const Error& error) {
    message = error.message();
  }
  EXPECT_THAT(message, HasSubstr("another type than float16, which ends at 65,504, of the weights "
                                 "(model.torch_dtype)"));
  EXPECT_EQ(optimizer.num_steps(), 0);
}

TEST(CheckFiniteWeights, NamesTheWeight) {
  auto model = tiny_model();
  check_finite_weights(model.parameters(), 7);
  weight(model, kWeight)[0][1].fill_(std::nan(""));
  try {
    check_finite_weights(model.parameters(), 7);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(),
                HasSubstr("after step 7 the weight " + kWeight + " is not finite"));
  }
}

TEST(TrainStep, TheNormIsReportedBeforeClipping) {
  TinyRun plain, clipped;
  const auto loose = plain.step({tiny_tokens()}, {.max_grad_norm = 1e9});
  const auto tight = clipped.step({tiny_tokens()}, {.max_grad_norm = 1e-3});
  EXPECT_EQ(loose.grad_norm, tight.grad_norm);
  EXPECT_EQ(clipped.model.grad_norm(), tight.grad_norm);  // gradients stay as they are
}

struct Moments : StateVisitor {
  std::map<std::string, Tensor> found;
  void tensor(const std::string& name, const Tensor& value) override { found[name] = value; }
  void integer(const std::string& /*name*/, std::int64_t& /*value*/) override {}
  void number(const std::string& /*name*/, double& /*value*/) override {}
  void text(const std::string& /*name*/, std::string& /*value*/) override {}
};

TEST(TrainStep, ClippedGradientsArriveInTheMoments) {
  TinyRun run;
  const auto result = run.step({tiny_tokens()}, {.max_grad_norm = 1e-3});
  double squares = 0;
  Moments moments;
  run.optimizer.visit(moments);
  for (const auto& [name, value] : moments.found) {
    squares += name.starts_with("optimizer.exp_avg.") ? value.square().sum().item<double>() : 0;
  }
  EXPECT_GT(result.grad_norm, 1e-2);
  EXPECT_NEAR(std::sqrt(squares), 0.1 * 1e-3, 1e-7);  // 1 - beta1 of the clipped gradient
}

std::string message(TinyRun& run, const nn::Tokens& tokens) {
  try {
    run.step({tokens});
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(TrainStep, NothingLabelledIsAGradientOfZero) {
  TinyRun run;
  const Tensor before = weight(run.model, kWeight).clone();
  auto tokens = tiny_tokens();
  tokens.labels_t.fill_(-100);
  const auto result = run.step({tokens, tokens});
  EXPECT_EQ(result.num_label_tokens, 0);
  EXPECT_EQ(result.loss, 0);
  EXPECT_EQ(result.grad_norm, 0);
  EXPECT_TRUE(at::allclose(weight(run.model, kWeight), before, 1e-3));  // weight decay goes on
}

TEST(TrainStep, ANonFiniteLossStopsBeforeTheUpdate) {
  TinyRun run;
  weight(run.model, kWeight)[0][0] = NAN;
  const Tensor other = weight(run.model, "model.norm.weight").clone();
  EXPECT_THAT(message(run, tiny_tokens()),
              HasSubstr("the first tensor that is not is the weight " + kWeight));
  EXPECT_TRUE(at::equal(weight(run.model, "model.norm.weight"), other));
  EXPECT_EQ(run.optimizer.num_steps(), 0);
}

TEST(TrainStep, TellsTheAccuracyOfAClassifier) {
  const auto spec = spec::as_classifier(tiny_spec(), 2);
  auto parameters = nn::initialise(spec, at::kFloat, 1);
  train_all(parameters);
  parallel::ShardedModel model(spec, std::move(parameters), {});
  Optimizer optimizer(model.parameters().trained(), {});
  auto tokens = tiny_tokens();
  tokens.labels_t.fill_(ops::kIgnoreIndex);
  tokens.labels_t[2] = 0;
  tokens.labels_t[4] = 1;
  StepResult result;
  for (int step = 0; step < 20; ++step) {
    result = train_step(model, optimizer, std::vector{tokens}, step, {.lr = 1e-2}, {});
  }
  EXPECT_EQ(result.num_label_tokens, 2);
  EXPECT_EQ(result.accuracy, 1);
  EXPECT_FALSE(TinyRun().step({tiny_tokens()}).accuracy.has_value());
}

/// On the same tokens in every micro-batch.
double loss_with_dropout(double dropout, std::int64_t step, std::size_t num_micro_batches) {
  auto model = adapted_model({.dim = 4, .dropout = dropout});
  Optimizer optimizer(model.parameters().trained(), {});
  const std::vector<nn::Tokens> micro_batches(num_micro_batches, tiny_tokens());
  return train_step(model, optimizer, micro_batches, step, {.lr = 0}, {}).loss;
}

TEST(TrainStep, EveryStepAndMicroBatchDropsOtherEntries) {
  const double whole = loss_with_dropout(0, 0, 1), first = loss_with_dropout(0.5, 0, 1);
  EXPECT_EQ(loss_with_dropout(0, 1, 1), whole);
  EXPECT_NEAR(loss_with_dropout(0, 0, 2), whole, 1e-5);
  EXPECT_EQ(loss_with_dropout(0.5, 0, 1), first);
  EXPECT_GT(std::abs(first - whole), 1e-2);
  EXPECT_GT(std::abs(loss_with_dropout(0.5, 1, 1) - first), 1e-2);
  // The mean of that of the first one and of another.
  EXPECT_GT(std::abs(loss_with_dropout(0.5, 0, 2) - first), 1e-2);
}

}  // namespace
}  // namespace automodel::train
