#include "recipes/finetune/checkpoint_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "recipes/finetune.h"
#include "recipes/tiny_recipe.h"
#include "tensor/safetensors.h"

namespace automodel::recipes {
namespace {

const std::string kName = "model.layers.0.mlp.up_proj.weight";

TEST(CheckpointModel, HasWhatWasTrained) {
  const TinyRecipe tiny;
  run_finetune(tiny.load({"--checkpoint.save_consolidated=false"}));
  const auto checkpoint = tiny.path("out") / "LATEST";
  const auto run = load_checkpoint_model(checkpoint);
  const Tensor value = run.model.parameters().at(kName);
  EXPECT_TRUE(
      at::equal(value, SafetensorsFile(checkpoint / "model/model.safetensors").tensor(kName)));
  EXPECT_FALSE(
      at::equal(value, SafetensorsFile(tiny.path("model") / "model.safetensors").tensor(kName)));
  EXPECT_EQ(run.storage, at::kFloat);
}

TEST(CheckpointModel, IsNotOfADamagedCheckpoint) {
  const TinyRecipe tiny;
  run_finetune(tiny.load({"--checkpoint.save_consolidated=false"}));
  const auto checkpoint = tiny.path("out") / "LATEST";
  write_text(checkpoint / "model/model.safetensors", "12345678");
  EXPECT_THROW(load_checkpoint_model(checkpoint), Error);
}

/// A run whose data name the classes; the data are gone then. Returns its last checkpoint.
std::filesystem::path classify_and_lose_data(const TinyRecipe& tiny,
                                             const std::string& more_keys = "") {
  std::string rows;
  for (int i = 0; i < 6; ++i) {
    rows += fmt::format("{{\"text\": \"w{}\", \"label\": {}}}\n", i, i % 2);
  }
  write_text(tiny.path("rows/train.jsonl"), rows);
  write_text(tiny.path("rows/dataset_info.json"),
             R"({"features": {"label": {"names": ["even", "odd"], "_type": "ClassLabel"}}})");
  const std::string dataset = fmt::format(
      "{{'_target_': 'nemo_automodel.components.datasets.llm.seq_cls.TextClassificationDataset', "
      "'path_or_dataset_id': '{}'{}}}",
      tiny.path("rows").string(), more_keys);
  run_finetune(tiny.load(
      {"--recipe=TrainFinetuneRecipeForSequenceClassification",
       "--model._target_=nemo_automodel.NeMoAutoModelForSequenceClassification.from_pretrained",
       "--dataset=" + dataset, "--validation_dataset=" + dataset}));
  std::filesystem::remove_all(tiny.path("rows"));
  return std::filesystem::canonical(tiny.path("out") / "LATEST");
}

TEST(CheckpointModel, KeepsWhatTheDataCallTheClasses) {
  const TinyRecipe tiny;
  const auto checkpoint = classify_and_lose_data(tiny);
  const Json names = {{"0", "even"}, {"1", "odd"}};
  EXPECT_EQ(load_checkpoint_model(checkpoint).source.config.at("id2label"), names);
  EXPECT_EQ(class_names_beside(checkpoint / "model"), Json({{"id2label", names}}));
  EXPECT_EQ(class_names_beside(tiny.path("model")), Json::object()) << "no checkpoint";
}

TEST(CheckpointModel, KeepsThemWhateverTheTokenizer) {
  const TinyRecipe tiny;
  const auto checkpoint = classify_and_lose_data(tiny, ", 'tokenizer': {'eos_token': 'w1'}");
  EXPECT_EQ(load_checkpoint_model(checkpoint).source.config.at("id2label").at("1"), "odd");
}

}  // namespace
}  // namespace automodel::recipes
