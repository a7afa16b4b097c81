#include "checkpoint/model_state.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "models/classifiers.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::expect_same;
using automodel::testing::strip_prefix;
using automodel::testing::TemporaryFolder;
using automodel::testing::tiny_config;
using automodel::testing::tiny_parameters;
using automodel::testing::write_tiny_model;
namespace fs = std::filesystem;

const std::string kPrefix = "model.layers.1.mlp.up_proj";

/// Every parameter is trained, from other values at each seed.
nn::Parameters whole_model(std::uint64_t seed, at::ScalarType dtype = at::kFloat) {
  auto parameters = tiny_parameters(tiny_config(), dtype, seed);
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(true);
  }
  return parameters;
}

/// One adapter beside a frozen model.
nn::Parameters adapted_model(std::uint64_t seed, std::int64_t rank = 2) {
  at::manual_seed(seed);
  auto parameters =
      with_adapter(tiny_parameters(tiny_config()),
                   {.path = "",
                    .config = {.rank = rank, .alpha = 10},
                    .layers = {{kPrefix, at::randn({rank, 8}), at::randn({12, rank})}}},
                   models::lora_modules(models::read_spec(tiny_config(), "tiny")));
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(is_adapter_name(parameter.spec.name));
  }
  return parameters;
}

/// A tiny source model and an empty model/.
class ModelState : public ::testing::Test {
 protected:
  ModelState() {
    write_tiny_model(folder_ / "source");
    source_ = open_model((folder_ / "source").string());
    fs::create_directory(model_);
  }
  void write(const nn::Parameters& parameters, Consolidated consolidated) {
    write_model_state(model_, source_, parameters, consolidated);
  }
  void expect_refused(const std::string& text, nn::Parameters parameters) {
    expect_error(ErrorKind::corrupt_data, text,
                 [&] { restore_model_state(model_, source_, parameters); });
  }

  TemporaryFolder folder_;
  fs::path model_ = folder_ / "model";
  ModelFolder source_;
};

TEST_F(ModelState, OfAWholeModelComesBack) {
  write(whole_model(1), Consolidated::no);
  auto restored = whole_model(2);
  const Tensor memory = restored.at("model.norm.weight");
  restore_model_state(model_, source_, restored);
  expect_same(restored, whole_model(1));
  EXPECT_TRUE(memory.is_same(restored.at("model.norm.weight")));
}

TEST_F(ModelState, TrainingBeginsWithAnAdapterInItsOwnType) {
  write(adapted_model(1), Consolidated::no);
  auto begun = adapted_model(2);
  for (auto& parameter : begun.all()) {
    parameter.value = parameter.value.detach()
                          .to(at::kBFloat16)
                          .requires_grad_(is_adapter_name(parameter.spec.name));
  }
  begin_with_adapter(model_, source_, begun);
  const auto first = adapted_model(1);
  ASSERT_FALSE(begun.trained().empty());
  for (const auto& parameter : begun.trained()) {
    EXPECT_TRUE(parameter.value.equal(first.at(parameter.spec.name).to(at::kBFloat16)));
  }
}

TEST_F(ModelState, TrainingBeginsOnlyWithTheAdapterThatTheRunTrains) {
  const auto refused = [&](ErrorKind kind, const std::string& text, nn::Parameters parameters) {
    expect_error(kind, text, [&] { begin_with_adapter(model_, source_, parameters); });
  };
  refused(ErrorKind::not_found, "has no adapter_config.json; expected a PEFT adapter",
          adapted_model(1));
  write(adapted_model(1), Consolidated::no);
  refused(ErrorKind::invalid_argument,
          "has adapters of rank 2 and scale 5, this run trains rank 3 and scale "
          "3.3333333333333335; write dim: 2 and alpha: 10 in the section peft",
          adapted_model(1, 3));
  auto more = adapted_model(1);
  more.all().front().value.requires_grad_(true);
  refused(ErrorKind::invalid_argument,
          "which the section peft chooses; for the adapter's modules write target_modules: "
          "[up_proj]",
          more);
  auto fewer = adapted_model(1);
  for (auto& parameter : fewer.all()) {
    parameter.value.requires_grad_(false);
  }
  refused(ErrorKind::invalid_argument, "which the section peft does not choose; for", fewer);
}

TEST_F(ModelState, OfAConsolidatedModelComesBackAndLoadsAlone) {
  write(whole_model(1, at::kBFloat16), Consolidated::yes);
  auto restored = whole_model(2, at::kBFloat16);
  restore_model_state(model_, source_, restored);
  expect_same(restored, whole_model(1, at::kBFloat16));
  const auto alone = open_model((model_ / "consolidated").string());
  EXPECT_EQ(stored_dtype(alone), at::kBFloat16);
  expect_same(load_parameters(alone, at::kBFloat16), restored);
  EXPECT_TRUE(fs::exists(model_ / "consolidated/tokenizer.json"));
}

/// Earlier versions wrote a classifier without the prefix where the base was a body alone.
TEST_F(ModelState, OfAConsolidatedClassifierComesBackWithAndWithoutPrefix) {
  const auto trained = [](const ModelFolder& model, std::uint64_t seed) {
    auto parameters = nn::initialise(model.spec, at::kFloat, seed);
    for (auto& parameter : parameters.all()) {
      parameter.value.requires_grad_(true);
    }
    return parameters;
  };
  strip_prefix(folder_ / "source");
  source_ = open_model((folder_ / "source").string(),
                       {.config_overrides = models::classifier_overrides(2)});
  write(trained(source_, 1), Consolidated::yes);
  for (int i = 0; i < 2; ++i) {
    auto restored = trained(source_, 2);
    restore_model_state(model_, source_, restored);
    expect_same(restored, trained(source_, 1));
    strip_prefix(model_ / "consolidated");
  }
}

/// As exact float32 parameters of a bfloat16 model are stored.
TEST_F(ModelState, AConsolidatedValueIsWidened) {
  write(whole_model(1, at::kBFloat16), Consolidated::yes);
  auto restored = whole_model(2, at::kFloat);
  restore_model_state(model_, source_, restored);
  const auto stored = whole_model(1, at::kBFloat16);
  for (const auto& parameter : stored.all()) {
    EXPECT_TRUE(restored.at(parameter.spec.name).equal(parameter.value.to(at::kFloat)));
  }
  write(whole_model(1, at::kFloat), Consolidated::yes);
  auto narrow = whole_model(2, at::kBFloat16);
  EXPECT_THROW(restore_model_state(model_, source_, narrow), Error);
}

TEST_F(ModelState, HoldsOnlyWhatIsTrained) {
  auto parameters = whole_model(1);
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(parameter.spec.name == "model.norm.weight");
  }
  write(parameters, Consolidated::no);
  EXPECT_EQ(open_folder_weights(model_)->names(), std::vector<std::string>{"model.norm.weight"});
  restore_model_state(model_, source_, parameters);
  expect_refused("has no model.embed_tokens.weight, which this run trains", whole_model(1));
}

/// The norm as a buffer that steps may move; nothing else is trained.
nn::Parameters with_buffer(std::uint64_t seed, at::ScalarType dtype = at::kFloat) {
  auto parameters = whole_model(seed, dtype);
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(false);
    parameter.spec.is_stepped = parameter.spec.name == "model.norm.weight";
  }
  return parameters;
}

TEST_F(ModelState, HoldsBuffersThatTrainingMoves) {
  write(with_buffer(1), Consolidated::no);
  EXPECT_EQ(open_folder_weights(model_)->names(), std::vector<std::string>{"model.norm.weight"});
  auto restored = with_buffer(2);
  restore_model_state(model_, source_, restored);
  EXPECT_TRUE(at::equal(restored.at("model.norm.weight"), whole_model(1).at("model.norm.weight")));
}

/// Stored by a run that moved it not.
TEST_F(ModelState, ABufferIsWidened) {
  write(with_buffer(1, at::kBFloat16), Consolidated::no);
  auto restored = with_buffer(2);
  restore_model_state(model_, source_, restored);
  EXPECT_TRUE(at::equal(restored.at("model.norm.weight"),
                        whole_model(1, at::kBFloat16).at("model.norm.weight").to(at::kFloat)));
}

/// Earlier versions stored only buffers that the run moved.
TEST_F(ModelState, ABufferThatIsNotStoredStaysAsItIs) {
  const auto trained = [](std::uint64_t seed, bool has_buffer) {
    auto parameters = whole_model(seed);
    auto& last = parameters.all().back();
    last.value.requires_grad_(false);
    last.spec.is_stepped = has_buffer;
    return parameters;
  };
  write(trained(1, false), Consolidated::no);
  auto restored = trained(2, true);
  restore_model_state(model_, source_, restored);
  EXPECT_TRUE(at::equal(restored.all().back().value, whole_model(2).all().back().value));
  EXPECT_TRUE(at::equal(restored.all().front().value, whole_model(1).all().front().value));
}

TEST_F(ModelState, OfAdaptersComesBackAndIsPefts) {
  write(adapted_model(1), Consolidated::yes);
  auto restored = adapted_model(2);
  restore_model_state(model_, source_, restored);
  expect_same(restored, adapted_model(1));
  EXPECT_EQ(read_peft_adapter(model_).config.base_model, source_.name);
  EXPECT_TRUE(fs::exists(model_ / "tokenizer.json"));
}

TEST_F(ModelState, RefusesAnotherWayOfTraining) {
  write(adapted_model(1), Consolidated::no);
  EXPECT_FALSE(fs::exists(model_ / "tokenizer.json"));
  expect_refused("holds adapters, this run trains a whole model", whole_model(1));
  expect_refused("adapters of rank 2 and scale 5, this run trains rank 4", adapted_model(1, 4));
  auto fewer = adapted_model(1);
  fewer.all().back().value.requires_grad_(false);
  expect_refused("which this run does not train", fewer);
}

TEST_F(ModelState, RefusesAnotherElementType) {
  write(whole_model(1, at::kBFloat16), Consolidated::no);
  expect_refused("as bfloat16 [16, 8], this run trains it as float32 [16, 8]", whole_model(1));
}

TEST_F(ModelState, MixedTypesCannotBeConsolidated) {
  auto parameters = whole_model(1);
  parameters.all().back().value = at::zeros({16, 8}, at::kDouble);
  expect_error(ErrorKind::internal, "cannot be consolidated",
               [&] { write(parameters, Consolidated::yes); });
}

TEST_F(ModelState, WhatStaysFloat32IsConsolidatedSo) {
  auto parameters = whole_model(1, at::kBFloat16);
  auto& last = parameters.all().back();
  last.value = at::ones(last.value.sizes());
  last.spec.rounding = spec::Rounding::none;
  EXPECT_NO_THROW(write(parameters, Consolidated::yes));
}

}  // namespace
}  // namespace automodel::checkpoint
