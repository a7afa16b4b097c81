#include "checkpoint/adapter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "checkpoint/adapter_config.h"
#include "models/classifiers.h"
#include "models/overrides.h"
#include "tensor/safetensors.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::expect_same;
using automodel::testing::TemporaryFolder;
using automodel::testing::tiny_config;
using automodel::testing::tiny_parameters;
using automodel::testing::write_text;

const std::string kQ0 = "model.layers.0.self_attn.q_proj";
const std::string kQ1 = "model.layers.1.self_attn.q_proj";

AdapterLayer random_layer(const std::string& prefix, std::int64_t out, std::int64_t in) {
  return {prefix, at::randn({2, in}), at::randn({out, 2})};
}

/// Rank 2, scale 1.5 on the q_proj of both layers.
PeftAdapter small_adapter() {
  at::manual_seed(1);
  return {.path = "adapter",
          .config = {.rank = 2, .alpha = 3, .dropout = 0.1, .base_model = "base"},
          .layers = {random_layer(kQ0, 8, 8), random_layer(kQ1, 8, 8)}};
}

std::vector<spec::LoraModule> tiny_modules() {
  return models::lora_modules(models::read_spec(tiny_config(), "tiny"));
}

nn::Parameters adapted(const PeftAdapter& adapter = small_adapter()) {
  return with_adapter(tiny_parameters(tiny_config()), adapter, tiny_modules());
}

Json read_config(const TemporaryFolder& folder) {
  return read_json(folder / "adapter_config.json");
}

TEST(ReadPeftAdapter, SaysWhereAFolderHasOne) {
  const TemporaryFolder folder;
  const auto read = [&] { read_peft_adapter(folder.path()); };
  expect_error(ErrorKind::not_found, "has no adapter_config.json; expected a PEFT adapter", read);
  std::filesystem::create_directories(folder / "LATEST/model");
  write_text(folder / "LATEST/model/adapter_config.json", "{}");
  expect_error(ErrorKind::not_found, "; give " + (folder / "LATEST/model").string(), read);
}

TEST(PeftAdapter, SurvivesARoundTrip) {
  const TemporaryFolder folder;
  write_peft_adapter(folder.path(), adapted(), tiny_modules(), "org/base", "v1");
  EXPECT_TRUE(is_adapter_folder(folder.path()));
  const auto adapter = read_peft_adapter(folder.path());
  EXPECT_EQ(adapter.config.base_model, "org/base");
  EXPECT_EQ(adapter.config.base_revision, "v1");
  EXPECT_EQ(adapter.config.rank, 2);
  EXPECT_EQ(adapter.config.scale(), 1.5);
  EXPECT_EQ(adapter.config.dropout, 0.1);
  expect_same(adapted(adapter), adapted());
}

TEST(PeftAdapter, HasPeftsNames) {
  const TemporaryFolder folder;
  write_peft_adapter(folder.path(), adapted(), tiny_modules(), "base");
  const SafetensorsFile file(folder / "adapter_model.safetensors");
  EXPECT_EQ(file.names().size(), 4);
  EXPECT_TRUE(file.contains("base_model.model." + kQ0 + ".lora_A.weight"));
  EXPECT_EQ(file.metadata().at("format"), "pt");
  const Json config = read_config(folder);
  EXPECT_EQ(config["revision"], nullptr);
  EXPECT_EQ(read_peft_adapter(folder.path()).config.base_revision, "main");
  EXPECT_EQ(config["lora_alpha"], 3);
  EXPECT_EQ(config["target_modules"], Json::array({"q_proj"}));
}

TEST(PeftAdapter, NamesLayersInFullWhereOnlySomeAreAdapted) {
  const TemporaryFolder folder;
  auto adapter = small_adapter();
  adapter.layers.pop_back();
  adapter.layers.push_back(random_layer("lm_head", 16, 8));
  write_peft_adapter(folder.path(), adapted(adapter), tiny_modules(), "base");
  EXPECT_EQ(read_config(folder)["target_modules"], Json::array({"lm_head", kQ0}));
}

/// PEFT stores the weight of an adapted head beside its matrices.
class BaseValue : public ::testing::Test {
 protected:
  BaseValue() { write_peft_adapter(folder_.path(), adapted(), tiny_modules(), "base"); }

  /// The adapter, with this value of its base in the file.
  PeftAdapter with(const std::string& name, const Tensor& value) {
    const auto path = folder_ / "adapter_model.safetensors";
    const SafetensorsFile file(path);
    std::vector<NamedTensor> tensors = {{"base_model.model." + name, value}};
    for (const std::string& other : file.names()) {
      tensors.push_back({other, file.tensor(other).clone()});
    }
    write_safetensors(path, tensors);
    return read_peft_adapter(folder_.path());
  }

  TemporaryFolder folder_;
  const Tensor weight_ = adapted().at(kQ0 + ".weight").detach();
};

TEST_F(BaseValue, IsTheModels) {
  expect_same(adapted(with(kQ0 + ".base_layer.weight", weight_)), adapted());
}

TEST_F(BaseValue, MayBeRoundedOrTheModels) {
  const auto adapter = with(kQ0 + ".base_layer.weight", weight_.to(at::kBFloat16));
  expect_same(adapted(adapter), adapted());
  const auto narrow = tiny_parameters(tiny_config(), at::kBFloat16);
  with_adapter(narrow, adapter, tiny_modules());
}

TEST_F(BaseValue, OfAnotherModelIsRefused) {
  const auto other = with(kQ0 + ".base_layer.weight", weight_ + 1);
  expect_error(ErrorKind::corrupt_data, "holds another weight of " + kQ0, [&] { adapted(other); });
}

TEST_F(BaseValue, ThatTheModelLacksIsRefused) {
  const auto other = with(kQ0 + ".base_layer.bias", at::zeros({8}));
  expect_error(ErrorKind::corrupt_data, "holds another bias of " + kQ0, [&] { adapted(other); });
}

TEST_F(BaseValue, OfALayerWithoutMatricesIsRefused) {
  expect_error(ErrorKind::unsupported, "embed_tokens.base_layer.weight' is no LoRA matrix",
               [&] { with("model.embed_tokens.base_layer.weight", weight_); });
}

TEST_F(BaseValue, IsOfFloatingPointNumbers) {
  expect_error(ErrorKind::corrupt_data, "expected floating point numbers",
               [&] { with(kQ0 + ".base_layer.weight", weight_.to(at::kInt)); });
}

TEST(PeftAdapter, MergesInFloat32) {
  const auto parameters = adapted();
  const auto layer = small_adapter().layers[0];
  const Tensor weight = parameters.at(kQ0 + ".weight");
  const Tensor expected =
      weight.to(at::kDouble) + 1.5 * at::mm(layer.b_or.to(at::kDouble), layer.a_ri.to(at::kDouble));
  const Tensor merged = merged_value(parameters, kQ0 + ".weight", at::kFloat);
  EXPECT_TRUE(at::allclose(merged.to(at::kDouble), expected, 1e-6, 1e-6));
  EXPECT_TRUE(at::equal(merged_value(parameters, kQ0 + ".weight", at::kBFloat16),
                        merged.to(at::kBFloat16)));
  parameters.at("model.norm.weight").detach()[0].fill_(1e5);
  expect_error(ErrorKind::invalid_argument, "'model.norm.weight' is too large for float16",
               [&] { merged_value(parameters, "model.norm.weight", at::kHalf); });
  EXPECT_TRUE(at::equal(merged_value(parameters, "model.norm.weight", at::kFloat),
                        parameters.at("model.norm.weight")));
}

/// Whatever type the base has.
TEST(PeftAdapter, NothingMergedIsWrittenAsInfinity) {
  auto adapter = small_adapter();
  adapter.layers[0].b_or.fill_(1e5);
  for (const auto type : {at::kFloat, at::kHalf}) {
    const auto parameters =
        with_adapter(tiny_parameters(tiny_config(), type), adapter, tiny_modules());
    expect_error(ErrorKind::invalid_argument, "'" + kQ0 + ".weight' is too large for float16",
                 [&] { merged_value(parameters, kQ0 + ".weight", at::kHalf); });
    EXPECT_TRUE(
        merged_value(parameters, kQ0 + ".weight", at::kFloat).isfinite().all().item<bool>());
  }
}

TEST(PeftAdapter, RefusesAnotherModel) {
  const auto attach = [](const AdapterLayer& layer) {
    auto adapter = small_adapter();
    adapter.layers = {layer};
    adapted(adapter);
  };
  expect_error(ErrorKind::corrupt_data, "no linear layer 'model.layers.0.self_attn.q_pro'; did",
               [&] { attach(random_layer("model.layers.0.self_attn.q_pro", 8, 8)); });
  expect_error(ErrorKind::corrupt_data, "adapters of single experts, as PEFT wrote them over",
               [&] { attach(random_layer("model.layers.0.mlp.experts.3.up_proj", 8, 8)); });
  expect_error(
      ErrorKind::corrupt_data,
      "has lora_A [2, 9] and lora_B [8, 2], expected [2, 8] and [8, 2] for rank 2 and the weight " +
          kQ0 + ".weight of [8, 8]",
      [&] { attach(random_layer(kQ0, 8, 9)); });
  expect_error(ErrorKind::invalid_argument, "has an adapter already",
               [] { with_adapter(adapted(), small_adapter(), tiny_modules()); });
}

/// PEFT passes over them without a word.
TEST(PeftAdapter, RefusesMatricesThatItsConfigurationLeavesOut) {
  auto adapter = small_adapter();
  auto& config = adapter.config;
  config.target_modules = {"k_proj", "self_attn.q_proj"};
  expect_same(adapted(adapter), adapted());
  config.target_modules = {kQ0};
  expect_error(ErrorKind::corrupt_data, "has matrices of " + kQ1 + ", but target_modules and",
               [&] { adapted(adapter); });
  config.target_parameters = {kQ1 + ".weight"};
  expect_same(adapted(adapter), adapted());
}

TEST(PeftAdapter, LayersMayHaveARankAndScaleOfTheirOwn) {
  auto adapter = small_adapter();
  adapter.config.rank_pattern = {{"layers.1.*", 3}};
  adapter.config.alpha_pattern = {{"q_pro.", 6}};
  adapter.layers[1] = {kQ1, at::randn({3, 8}), at::randn({8, 3})};
  const auto parameters = adapted(adapter);
  EXPECT_EQ(parameters.adapter(kQ0)->scale, 3);
  EXPECT_EQ(parameters.adapter(kQ1)->scale, 2);
  const TemporaryFolder folder;
  expect_error(ErrorKind::unsupported, "has rank 2 and scale 3, the adapter otherwise 2 and 1.5",
               [&] { write_peft_adapter(folder.path(), parameters, tiny_modules(), "base"); });
}

TEST(PeftAdapter, WriteNeedsAnAdapter) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::internal, "has no adapter to write", [&] {
    write_peft_adapter(folder.path(), tiny_parameters(tiny_config()), tiny_modules(), "base");
  });
}

/// Reads an adapter whose file holds these tensors.
void read_tensors(const std::vector<NamedTensor>& tensors) {
  const TemporaryFolder folder;
  const AdapterConfig config{.rank = 2, .alpha = 4};
  write_text(folder / "adapter_config.json", render_adapter_config(config).dump());
  write_safetensors(folder / "adapter_model.safetensors", tensors);
  read_peft_adapter(folder.path());
}

TEST(ReadPeftAdapter, RefusesStrangeTensors) {
  const std::string a = "base_model.model.x.lora_A.weight";
  const std::string b = "base_model.model.x.lora_B.weight";
  const Tensor good_a = at::zeros({2, 8});
  const Tensor good_b = at::zeros({8, 2});
  read_tensors({{a, good_a}, {b, good_b}});
  expect_error(ErrorKind::not_found, b, [&] { read_tensors({{a, good_a}}); });
  expect_error(ErrorKind::corrupt_data, "holds no tensors", [&] { read_tensors({}); });
  expect_error(ErrorKind::unsupported, "merge such an adapter with PEFT (merge_and_unload)", [&] {
    read_tensors({{a, good_a}, {b, good_b}, {"base_model.model.lm_head.weight", good_a}});
  });
  expect_error(ErrorKind::unsupported, "'base_model.model.x.lora_embedding_A' is no LoRA matrix",
               [&] { read_tensors({{"base_model.model.x.lora_embedding_A", good_a}}); });
  expect_error(ErrorKind::corrupt_data, "are [3, 8] and [8, 2], which have no rank in common",
               [&] { read_tensors({{a, at::zeros({3, 8})}, {b, good_b}}); });
  expect_error(ErrorKind::corrupt_data, "expected a matrix",
               [&] { read_tensors({{a, at::zeros({2})}, {b, good_b}}); });
  expect_error(ErrorKind::corrupt_data, "holds inf at index [0, 0]",
               [&] { read_tensors({{a, 1 / good_a}, {b, good_b}}); });
}

TEST(ReadPeftAdapter, RefusesPickledWeights) {
  const TemporaryFolder folder;
  write_text(folder / "adapter_config.json", render_adapter_config({.rank = 2, .alpha = 4}).dump());
  write_text(folder / "adapter_model.bin", "pickle");
  expect_error(ErrorKind::unsupported, "pickled weights",
               [&] { read_peft_adapter(folder.path()); });
}

Json tiny_classifier() {
  return models::with_overrides(tiny_config(), models::classifier_overrides(3));
}

/// small_adapter() beside a classifier, with a head.
PeftAdapter classifier_adapter() {
  auto adapter = small_adapter();
  adapter.head_vd = at::randn({3, 8});
  return adapter;
}

TEST(PeftAdapter, OfAClassifierHoldsItsHead) {
  const auto spec = models::read_spec(tiny_classifier(), "tiny");
  const auto modules = models::lora_modules(spec);
  const auto parameters =
      with_adapter(nn::initialise(spec, at::kFloat, 1), classifier_adapter(), modules);
  EXPECT_TRUE(at::equal(parameters.at("score.weight"), classifier_adapter().head_vd));
  const TemporaryFolder folder;
  write_peft_adapter(folder.path(), parameters, modules, "base");
  const Json config = read_config(folder);
  EXPECT_EQ(config["task_type"], "SEQ_CLS");
  EXPECT_EQ(config["modules_to_save"], Json::array({"classifier", "score"}));
  const auto back = read_peft_adapter(folder.path());
  EXPECT_TRUE(at::equal(back.head_vd, parameters.at("score.weight")));
  EXPECT_EQ(base_overrides(back), models::classifier_overrides(3));
  EXPECT_EQ(base_overrides(small_adapter()), Json::object());
  expect_same(with_adapter(nn::initialise(spec, at::kFloat, 1), back, modules), parameters);
}

TEST(PeftAdapter, AHeadMustFit) {
  expect_error(ErrorKind::corrupt_data,
               "is a classifier's, with a head of 3 classes; the model predicts tokens",
               [] { adapted(classifier_adapter()); });
  const auto spec = models::read_spec(
      models::with_overrides(tiny_config(), models::classifier_overrides(2)), "tiny");
  expect_error(ErrorKind::corrupt_data,
               "does not fit the model: its head is [3, 8], the model's [2, 8]", [&] {
                 with_adapter(nn::initialise(spec, at::kFloat, 1), classifier_adapter(),
                              models::lora_modules(spec));
               });
  const TemporaryFolder folder;
  write_peft_adapter(folder.path(), adapted(), tiny_modules(), "base");
  Json config = read_config(folder);
  config["modules_to_save"] = Json::array({"score"});
  write_text(folder / "adapter_config.json", config.dump());
  expect_error(ErrorKind::corrupt_data, "there is no tensor 'base_model.model.score.weight'",
               [&] { read_peft_adapter(folder.path()); });
}

}  // namespace
}  // namespace automodel::checkpoint
