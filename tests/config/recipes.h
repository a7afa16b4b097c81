#pragma once
// Recipes for the tests.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "config/load.h"

namespace automodel::config {

/// A recipe that fine-tunes `model` on the conversations of `rows`; `more` are its other sections.
inline std::string chat_recipe(const std::string& model, const std::string& rows,
                               const std::string& more) {
  return fmt::format(R"(
recipe: TrainFinetuneRecipeForNextTokenPrediction
distributed: {{strategy: fsdp2}}
model:
  _target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained
  pretrained_model_name_or_path: {}
loss_fn: {{_target_: nemo_automodel.components.loss.masked_ce.MaskedCrossEntropy}}
dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: {}
{}
)",
                     model, rows, more);
}

/// A line of such rows.
inline std::string chat_row(const std::string& question, const std::string& answer) {
  const Json messages = {{{"role", "user"}, {"content", question}},
                         {{"role", "assistant"}, {"content", answer}}};
  return Json{{"messages", messages}}.dump() + "\n";
}

/// The least that a fine-tuning recipe needs.
inline const std::string kLeast =
    chat_recipe("some/model", "chats.jsonl", "optimizer: {_target_: torch.optim.AdamW}");

/// A file in the test's temporary folder.
inline std::string write_recipe(const std::string& text) {
  const std::string path = ::testing::TempDir() + "recipe.yaml";
  std::ofstream(path) << text;
  return path;
}

inline LoadedRecipe check_text(const std::string& text,
                               const std::vector<std::string>& overrides = {},
                               const Environment& environment = {}) {
  return check_recipe(write_recipe(text), overrides, environment);
}

/// The error text of a recipe that must be refused; empty if it is accepted.
inline std::string complaint(const std::string& text,
                             const std::vector<std::string>& overrides = {}) {
  try {
    check_text(text, overrides);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

/// kLeast with overrides, and its error text.
inline std::string complaint_with(const std::vector<std::string>& overrides) {
  return complaint(kLeast, overrides);
}

}  // namespace automodel::config
