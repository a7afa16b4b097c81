#include "checkpoint/model_folder.h"

#include <gtest/gtest.h>

#include "checkpoint/load.h"
#include "models/classifiers.h"
#include "models/overrides.h"
#include "tests/checkpoint/tiny_gguf.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::TemporaryFolder;
using automodel::testing::tiny_config;
using automodel::testing::tiny_gguf;
using automodel::testing::write_text;
using automodel::testing::write_tiny_model;
namespace fs = std::filesystem;

TEST(OpenModel, ReadsConfigAndHeaders) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const auto model = open_model(folder.path().string());
  EXPECT_EQ(model.name, folder.path().string());
  EXPECT_EQ(model.spec.layers.size(), 2);
  EXPECT_TRUE(model.weights->contains("model.norm.weight"));
  EXPECT_EQ(text_files(model.path),
            (std::vector<fs::path>{"tokenizer.json", "tokenizer_config.json"}));
}

TEST(OpenModel, ListsTemplatesAndLicence) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  fs::create_directories(folder / "additional_chat_templates");
  write_text(folder / "additional_chat_templates/tool_use.jinja", "{{ messages }}");
  write_text(folder / "LICENSE.txt", "free");
  write_text(folder / "README.md", "a model card");
  EXPECT_EQ(auxiliary_files(folder.path()), (std::vector<fs::path>{"LICENSE.txt"}));
  EXPECT_EQ(text_files(folder.path()),
            (std::vector<fs::path>{"additional_chat_templates/tool_use.jinja", "tokenizer.json",
                                   "tokenizer_config.json"}));
}

TEST(OpenModel, MergesOverridesIntoTheConfig) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const auto model = open_model(folder.path().string(),
                                {.config_overrides = {{"num_hidden_layers", 1}}, .weights = false});
  EXPECT_EQ(model.spec.layers.size(), 1);
  EXPECT_EQ(model.config["num_hidden_layers"], 1);
  EXPECT_EQ(model.weights, nullptr);
}

TEST(OpenModel, NeedsNoWeightsIfNotAsked) {
  const TemporaryFolder folder;
  write_text(folder / "config.json", tiny_config().dump());
  EXPECT_EQ(open_model(folder.path().string(), {.weights = false}).spec.dim, 8);
  expect_error(ErrorKind::not_found, folder.path().string(),
               [&] { open_model(folder.path().string()); });
}

TEST(OpenModel, ReadsAGgufFile) {
  const TemporaryFolder folder;
  write_text(folder / "m.gguf", tiny_gguf());
  const auto model = open_model((folder / "m.gguf").string());
  EXPECT_EQ(model.spec.architecture, "LlamaForCausalLM");
  EXPECT_EQ(stored_dtype(model), at::kFloat);
  const auto parameters = load_parameters(model, at::kFloat);
  EXPECT_EQ(parameters.at("model.layers.0.mlp.up_proj.weight").sum().item<double>(), 8);
}

TEST(OpenModel, RefusesAFileOfAnotherKind) {
  const TemporaryFolder folder;
  write_text(folder / "weights.bin", "12345678");
  expect_error(ErrorKind::corrupt_data, "not a GGUF file",
               [&] { open_model((folder / "weights.bin").string()); });
  write_text(folder / "cut.gguf", tiny_gguf().substr(0, 500));
  expect_error(ErrorKind::corrupt_data, "cut.gguf",
               [&] { open_model((folder / "cut.gguf").string()); });
}

TEST(StoredDtype, IsTheConfigsElseTheWeights) {
  const TemporaryFolder folder;
  Json config = tiny_config();
  config["dtype"] = "bfloat16";
  const auto parameters = automodel::testing::tiny_parameters(config);
  write_tiny_model(folder.path(), config, parameters);
  EXPECT_EQ(stored_dtype(open_model(folder.path().string())), at::kBFloat16);
  config.erase("dtype");
  config["torch_dtype"] = "float16";
  write_tiny_model(folder.path(), config, parameters);
  EXPECT_EQ(stored_dtype(open_model(folder.path().string())), at::kHalf);
  EXPECT_EQ(auto_dtype(open_model(folder.path().string())), at::kHalf);
  config["torch_dtype"] = "float64";
  write_tiny_model(folder.path(), config, parameters);
  EXPECT_EQ(stored_dtype(open_model(folder.path().string())), at::kDouble);
  EXPECT_EQ(auto_dtype(open_model(folder.path().string())), at::kFloat);
  config.erase("torch_dtype");
  write_tiny_model(folder.path(), config, parameters);
  EXPECT_EQ(stored_dtype(open_model(folder.path().string())), at::kFloat);
}

Json three_classes() { return models::classifier_overrides(3); }

TEST(OpenModel, ALanguageModelBecomesAClassifier) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const auto model = open_model(folder.path().string(), {.config_overrides = three_classes()});
  EXPECT_EQ(model.fresh_parameters, std::vector<std::string>{"score.weight"});
  const auto one = load_parameters(model, at::kFloat, Use::train, 1);
  EXPECT_EQ(one.at("score.weight").sizes(), (std::vector<std::int64_t>{3, 8}));
  EXPECT_FALSE(one.contains("lm_head.weight"));
  EXPECT_TRUE(
      at::equal(one.at("model.norm.weight"),
                automodel::testing::tiny_parameters(tiny_config()).at("model.norm.weight")));
  const auto again = load_parameters(model, at::kFloat, Use::freeze, 1);
  EXPECT_TRUE(at::equal(one.at("score.weight"), again.at("score.weight")));
  EXPECT_FALSE(at::equal(one.at("score.weight"),
                         load_parameters(model, at::kFloat, Use::train, 2).at("score.weight")));
}

TEST(OpenModel, AClassifierBringsItsHeadUnlessAskedOtherwise) {
  const TemporaryFolder folder;
  const auto config = models::with_overrides(tiny_config(), three_classes());
  const auto parameters = automodel::testing::tiny_parameters(config);
  write_tiny_model(folder.path(), config, parameters);
  const auto path = folder.path().string();
  const auto model = open_model(path, {.config_overrides = three_classes()});
  EXPECT_TRUE(model.fresh_parameters.empty());
  EXPECT_TRUE(at::equal(load_parameters(model, at::kFloat).at("score.weight"),
                        parameters.at("score.weight")));
  const auto fresh = open_model(path, {.config_overrides = three_classes(), .fresh_head = true});
  EXPECT_FALSE(at::equal(load_parameters(fresh, at::kFloat).at("score.weight"),
                         parameters.at("score.weight")));
  expect_error(ErrorKind::corrupt_data,
               "another shape: score.weight is [3, 8], config.json says [2, 8]", [&] {
                 load_parameters(
                     open_model(path, {.config_overrides = models::classifier_overrides(2)}),
                     at::kFloat);
               });
}

}  // namespace
}  // namespace automodel::checkpoint
