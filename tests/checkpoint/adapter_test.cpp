#include "checkpoint/adapter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "checkpoint/adapter_config.h"
#include "nn/decoder.h"
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
          .base_model = "base",
          .options = {.rank = 2, .scale = 1.5, .dropout = 0.1},
          .layers = {random_layer(kQ0, 8, 8), random_layer(kQ1, 8, 8)}};
}

nn::Parameters adapted() { return with_adapter(tiny_parameters(tiny_config()), small_adapter()); }

Json read_config(const TemporaryFolder& folder) {
  return read_json(folder / "adapter_config.json");
}

TEST(PeftAdapter, SurvivesARoundTrip) {
  const TemporaryFolder folder;
  write_peft_adapter(folder.path(), adapted(), "org/base");
  EXPECT_TRUE(is_adapter_folder(folder.path()));
  const auto adapter = read_peft_adapter(folder.path());
  EXPECT_EQ(adapter.base_model, "org/base");
  EXPECT_EQ(adapter.options, small_adapter().options);
  expect_same(with_adapter(tiny_parameters(tiny_config()), adapter), adapted());
}

TEST(PeftAdapter, HasPeftsNames) {
  const TemporaryFolder folder;
  write_peft_adapter(folder.path(), adapted(), "base");
  const SafetensorsFile file(folder / "adapter_model.safetensors");
  EXPECT_EQ(file.names().size(), 4);
  EXPECT_TRUE(file.contains("base_model.model." + kQ0 + ".lora_A.weight"));
  EXPECT_EQ(file.metadata().at("format"), "pt");
  const Json config = read_config(folder);
  EXPECT_EQ(config["lora_alpha"], 3);
  EXPECT_EQ(config["target_modules"], Json::array({"q_proj"}));
}

TEST(PeftAdapter, NamesLayersInFullWhereOnlySomeAreAdapted) {
  const TemporaryFolder folder;
  auto adapter = small_adapter();
  adapter.layers.pop_back();
  adapter.layers.push_back(random_layer("lm_head", 16, 8));
  write_peft_adapter(folder.path(), with_adapter(tiny_parameters(tiny_config()), adapter), "base");
  EXPECT_EQ(read_config(folder)["target_modules"], Json::array({"lm_head", kQ0}));
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
  EXPECT_TRUE(at::equal(merged_value(parameters, "model.norm.weight", at::kFloat),
                        parameters.at("model.norm.weight")));
}

TEST(PeftAdapter, RefusesAnotherModel) {
  const auto attach = [](const AdapterLayer& layer) {
    auto adapter = small_adapter();
    adapter.layers = {layer};
    with_adapter(tiny_parameters(tiny_config()), adapter);
  };
  expect_error(ErrorKind::corrupt_data, "no linear layer 'model.layers.0.self_attn.q_pro'; did",
               [&] { attach(random_layer("model.layers.0.self_attn.q_pro", 8, 8)); });
  expect_error(ErrorKind::corrupt_data, "has lora_A [2, 9] and lora_B [8, 2], its weight is [8, 8]",
               [&] { attach(random_layer(kQ0, 8, 9)); });
  expect_error(ErrorKind::invalid_argument, "has an adapter already",
               [] { with_adapter(adapted(), small_adapter()); });
}

TEST(PeftAdapter, OfTheHeadCannotRun) {
  auto adapter = small_adapter();
  adapter.layers = {random_layer("lm_head", 16, 8)};
  const auto parameters = with_adapter(tiny_parameters(tiny_config()), adapter);
  expect_error(ErrorKind::unsupported, "merge it into its base first", [&] {
    const nn::Decoder decoder(models::read_spec(tiny_config(), "tiny"), parameters);
  });
}

TEST(PeftAdapter, WriteNeedsAnAdapter) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::internal, "has no adapter to write",
               [&] { write_peft_adapter(folder.path(), tiny_parameters(tiny_config()), "base"); });
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
  expect_error(ErrorKind::unsupported, "'base_model.model.x.lora_embedding_A' is no LoRA matrix",
               [&] { read_tensors({{"base_model.model.x.lora_embedding_A", good_a}}); });
  expect_error(ErrorKind::corrupt_data, "are [3, 8] and [8, 2], but adapter_config.json says r = 2",
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

}  // namespace
}  // namespace automodel::checkpoint
