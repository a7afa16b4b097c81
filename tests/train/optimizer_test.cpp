#include "train/optimizer.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "tensor/expect_error.h"
#include "tensor/temporary_folder.h"
#include "train/tiny_model.h"

namespace automodel::train {
namespace {

using ::testing::HasSubstr;

nn::Parameter one(const std::string& name, at::ScalarType dtype = at::kFloat) {
  return {.spec = {.name = name, .shape = {2}},
          .layout = nn::ShardLayout::whole({2}),
          .value = at::ones({2}, dtype).requires_grad_(true)};
}

void set_grad(const nn::Parameter& parameter, double value) {
  Tensor handle = parameter.value;
  handle.mutable_grad() = at::full_like(parameter.value, value).detach();
}

double first(const Tensor& tensor) { return tensor.detach()[0].item<double>(); }

struct Tensors final : StateVisitor {
  void tensor(const std::string& name, const Tensor& value) override { found[name] = value; }
  void integer(const std::string& /*name*/, std::int64_t& /*value*/) override {}
  void number(const std::string& /*name*/, double& /*value*/) override {}
  void text(const std::string& /*name*/, std::string& /*value*/) override {}
  std::map<std::string, Tensor> found;
};

TEST(Optimizer, Float32StorageIsItsOwnMaster) {
  const auto weight = one("w");
  Optimizer optimizer({weight}, {.weight_decay = 0});
  EXPECT_EQ(optimizer.state_bytes(), 2 * 2 * 4);
  set_grad(weight, 3);
  optimizer.step({.lr = 0.1});
  EXPECT_NEAR(first(weight.value), 0.9, 1e-6);
  EXPECT_EQ(optimizer.num_steps(), 1);
}

TEST(Optimizer, AnUpdateThatFailsWasBegun) {
  const auto weight = one("w");
  Optimizer optimizer({weight}, {});
  Tensor handle = weight.value;
  handle.mutable_grad() = at::ones({3});
  EXPECT_THROW(optimizer.step({.lr = 0.1}), Error);
  EXPECT_EQ(optimizer.num_steps(), 1);
}

TEST(Optimizer, Bfloat16StorageKeepsMoreThanItHolds) {
  for (const std::int64_t bits : {24, 32}) {
    const auto weight = one("w", at::kBFloat16);
    Optimizer optimizer({weight}, {.master_weight_bits = bits});
    EXPECT_EQ(optimizer.state_bytes(), 2 * (2 * 4 + bits / 8 - 2));
    for (int i = 0; i < 10; ++i) {  // each step alone is lost in bfloat16's 8 bits
      set_grad(weight, 1);
      optimizer.step({.lr = 1e-3});
    }
    EXPECT_NEAR(first(weight.value), 0.99, 0.002);
  }
  automodel::testing::expect_error(ErrorKind::unsupported, "optimizer.master_weight_bits: 28", [] {
    Optimizer({one("w", at::kBFloat16)}, {.master_weight_bits = 28});
  });
}

TEST(Optimizer, SmallStepsCountInTheMeanWithoutMasters) {
  nn::Parameter weight = one("w", at::kBFloat16);
  weight.value = at::ones({10000}, at::kBFloat16).requires_grad_(true);
  Optimizer optimizer(
      {weight},
      {.master_weights = false, .exp_avg_dtype = "bfloat16", .exp_avg_sq_dtype = "bfloat16"});
  EXPECT_EQ(optimizer.state_bytes(), 10000 * 4);
  for (int i = 0; i < 10; ++i) {  // each step alone is lost when rounded to the nearest
    set_grad(weight, 1);
    optimizer.step({.lr = 1e-3});
  }
  EXPECT_NEAR(weight.value.detach().to(at::kFloat).mean().item<double>(), 0.99, 5e-4);
}

/// To the nearest, 0.999 of a bfloat16 number is that number.
TEST(Optimizer, ANarrowSecondMomentFades) {
  nn::Parameter weight = one("w");
  weight.value = at::ones({10000}).requires_grad_(true);
  Optimizer optimizer({weight}, {.exp_avg_sq_dtype = "bfloat16"});
  set_grad(weight, 1);
  optimizer.step({});
  set_grad(weight, 0);
  for (int i = 0; i < 200; ++i) {
    optimizer.step({});
  }
  Tensors state;
  optimizer.visit(state);
  const Tensor second = state.found.at("optimizer.exp_avg_sq.w").to(at::kFloat);
  EXPECT_NEAR(second.mean().item<double>(), 1e-3 * std::pow(0.999, 200), 1e-5);
}

TEST(Optimizer, AMissingGradientStillDecays) {
  const auto weight = one("w");
  Optimizer optimizer({weight}, {});
  optimizer.step({.lr = 0.1, .weight_decay = 0.5});
  EXPECT_NEAR(first(weight.value), 0.95, 1e-6);
}

TEST(Optimizer, AdamAddsTheDecayToTheGradient) {
  const auto weight = one("w");
  Optimizer optimizer({weight},
                      {.kind = config::OptimizerKind::adam, .decoupled_weight_decay = false});
  set_grad(weight, 0);
  optimizer.step({.lr = 0.1, .weight_decay = 0.5});
  EXPECT_NEAR(first(weight.value), 0.9, 1e-6);  // the sign of the decay, like any gradient
}

TEST(Optimizer, Amsgrad) {
  Optimizer optimizer({one("w")}, {.amsgrad = true});
  EXPECT_EQ(optimizer.state_bytes(), 3 * 2 * 4);
  optimizer.step({.lr = 0.1});
}

TEST(Optimizer, GroupsScaleTheRates) {
  const auto a = one("layers.0.q_proj.weight"), b = one("layers.0.norm.weight");
  const config::Optimizer options{
      .param_group_overrides = {{.pattern = "norm", .lr_mult = 0.5, .wd_mult = 0},
                                {.pattern = "layers\\.\\d", .lr_mult = 2}}};
  Optimizer optimizer({a, b}, options);
  optimizer.step({.lr = 0.1, .weight_decay = 0.5});
  EXPECT_NEAR(first(a.value), 0.9, 1e-6);
  EXPECT_NEAR(first(b.value), 1.0, 1e-6);
}

TEST(Optimizer, GroupsGoByTheNamesOfTransformers) {
  const auto norm = one("input_layernorm.weight"), split = one("experts.up.weight");
  const ParameterNames names = {{"input_layernorm.weight", "h.0.ln_1.weight"},
                                {"experts.up.weight", "up.0"},
                                {"experts.up.weight", "up.1"}};
  const auto make = [&](const std::string& pattern) {
    return Optimizer({norm, split}, {.param_group_overrides = {{.pattern = pattern, .lr_mult = 0}}},
                     names);
  };
  Optimizer optimizer = make("(?i)LN_");
  optimizer.step({.lr = 0.1, .weight_decay = 0.5});
  EXPECT_EQ(first(norm.value), 1);
  EXPECT_NEAR(first(split.value), 0.95, 1e-6);
  make("up");
  automodel::testing::expect_error(ErrorKind::invalid_argument,
                                   "'input_layernorm' matches no trained parameter; the first one "
                                   "is h.0.ln_1.weight",
                                   [&] { make("input_layernorm"); });
  automodel::testing::expect_error(
      ErrorKind::unsupported, "'up.1' matches a part of what is one parameter here: up.0, up.1",
      [&] { make("up.1"); });
}

struct Twin {
  nn::Parameter weight;
  Optimizer optimizer;

  Twin(at::ScalarType dtype, const config::Optimizer& options)
      : weight(one("w", dtype)), optimizer({weight}, options) {}
  void step(double grad) {
    set_grad(weight, grad);
    optimizer.step({.lr = 0.01, .weight_decay = 0.1});
  }
};

std::map<std::string, Tensor> state_of(Optimizer& optimizer) {
  Tensors state;
  optimizer.visit(state);
  return state.found;
}

void expect_continues(const config::Optimizer& options, at::ScalarType dtype = at::kBFloat16) {
  const testing::TemporaryFolder folder;
  Twin first(dtype, options), second(dtype, options);
  first.step(1);
  StateSaver saver;
  first.optimizer.visit(saver);
  saver.finish(folder.path());
  StateRestorer restorer(folder.path());
  second.optimizer.visit(restorer);
  restorer.finish();
  second.weight.value.detach().copy_(first.weight.value);  // restored with the model
  for (const double grad : {-0.5, 0.25, 1.0, 2.0, -0.5, 0.125, 0.5, 1.0}) {
    first.step(grad);
    second.step(grad);
    EXPECT_TRUE(at::equal(first.weight.value, second.weight.value));
  }
  const auto state = state_of(second.optimizer);
  for (const auto& [name, tensor] : state_of(first.optimizer)) {
    EXPECT_TRUE(at::equal(tensor, state.at(name))) << name;
  }
  EXPECT_EQ(second.optimizer.num_steps(), 9);
}

TEST(Optimizer, ContinuesBitForBitFromItsState) {
  expect_continues({.amsgrad = true});
  expect_continues({.exp_avg_dtype = "bfloat16", .exp_avg_sq_dtype = "bfloat16"});
  expect_continues({.master_weights = false, .exp_avg_dtype = "bfloat16"});
  expect_continues({.master_weight_bits = 32});
  expect_continues({}, at::kHalf);
}

TEST(Optimizer, KeepsTheTypesThatItsOptionsName) {
  const auto types = [](const config::Optimizer& options, at::ScalarType dtype) {
    Optimizer optimizer({one("w", dtype)}, options);
    std::map<std::string, at::ScalarType> found;
    for (const auto& [name, tensor] : state_of(optimizer)) {
      found[name] = tensor.scalar_type();
    }
    return found;
  };
  const std::string mean = "optimizer.exp_avg.w", square = "optimizer.exp_avg_sq.w";
  const std::string remainder = "optimizer.master_remainder.w";
  using Types = std::map<std::string, at::ScalarType>;
  EXPECT_EQ(types({}, at::kFloat), (Types{{mean, at::kFloat}, {square, at::kFloat}}));
  EXPECT_EQ(types({}, at::kBFloat16),
            (Types{{mean, at::kFloat}, {square, at::kFloat}, {remainder, at::kChar}}));
  EXPECT_EQ(types({.master_weight_bits = 32, .exp_avg_dtype = "bfloat16"}, at::kBFloat16),
            (Types{{mean, at::kBFloat16}, {square, at::kFloat}, {remainder, at::kShort}}));
  EXPECT_EQ(types({.master_weights = false, .exp_avg_sq_dtype = "bfloat16"}, at::kBFloat16),
            (Types{{mean, at::kFloat}, {square, at::kBFloat16}}));
  EXPECT_EQ(types({}, at::kHalf),
            (Types{{mean, at::kFloat}, {square, at::kFloat}, {"optimizer.master.w", at::kFloat}}));
}

std::string message(const config::Optimizer& options) {
  try {
    Optimizer({one("w")}, options);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(Optimizer, RefusesWhatItCannotDo) {
  EXPECT_THAT(message({.kind = config::OptimizerKind::muon}), HasSubstr("not supported yet"));
  EXPECT_THAT(message({.exp_avg_dtype = "float16"}),
              HasSubstr("exp_avg_dtype: float16 is not supported yet; use float32 or bfloat16"));
  EXPECT_THAT(message({.master_weight_dtype = "bfloat16"}),
              HasSubstr("master_weight_dtype: bfloat16 is not supported yet"));
  EXPECT_THAT(message({.param_group_overrides = {{.pattern = "("}}}),
              HasSubstr("regular expression '(': expected ')'"));
  EXPECT_THAT(message({.param_group_overrides = {{.pattern = "bias"}}}),
              HasSubstr("'bias' matches no trained parameter; the first one is w"));
}

}  // namespace
}  // namespace automodel::train
