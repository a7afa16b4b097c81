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

}  // namespace
}  // namespace automodel::recipes
