#include "recipes/smoke/mock_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/registry.h"
#include "recipes/smoke/mock_model.h"
#include "tensor/temporary_folder.h"

namespace automodel::recipes {
namespace {

using testing::TemporaryFolder;

const std::vector<std::pair<std::string, Json>> kSections = {
    {"chat_dataset.ChatDataset", {{"path_or_dataset_id", "org/data"}, {"split", "train[64:]"}}},
    {"agent_chat.make_agent_chat_dataset", {{"dataset_name", "org/data"}, {"split", "train"}}},
    {"squad.make_squad_dataset", {{"dataset_name", "rajpurkar/squad"}, {"seq_length", 4096}}},
    {"hellaswag.HellaSwag", {{"path_or_dataset", "rowan/hellaswag"}, {"split", "validation"}}},
    {"xlam.make_xlam_dataset", {{"dataset_name", "Salesforce/xlam"}}},
    {"column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset",
     {{"path_or_dataset_id", "org/data"},
      {"column_mapping", {{"question", "q"}, {"answer", "a"}}}}},
    {"column_mapped_text_instruction_iterable_dataset.ColumnMappedTextInstructionIterableDataset",
     {{"path_or_dataset_id", "org/data"}, {"column_mapping", {{"answer", "a"}}}}},
    {"blend.WeightedBlend",
     {{"parts",
       {{{"_target_", "squad.make_squad_dataset"}, {"dataset_name", "squad"}, {"weight", 0.5}},
        {{"_target_", "nemo_automodel.components.datasets.llm.hellaswag.HellaSwag"},
         {"path_or_dataset", "rowan/hellaswag"}}}}}},
    {"nanogpt_dataset.NanogptDataset", {{"file_pattern", "*.bin"}, {"seq_len", 1024}}},
    {"megatron_dataset.MegatronPretraining",
     {{"paths", "/data"},
      {"seq_length", 8192},
      {"splits_to_build", "train"},
      {"num_train_samples", 8}}}};

TEST(MockDataset, EveryKindReadsItsRows) {
  const TemporaryFolder folder;
  write_mock_model({.pretrained_model_name_or_path = "org/llama"}, folder / "model");
  const auto text = data::load_text_context(folder / "model");
  for (const auto& [target, keys] : kSections) {
    const auto section =
        mock_dataset({.target = target, .keys = keys}, folder.path(), "train", 512);
    const auto rows = data::make_dataset(section.target, section.keys, text);
    ASSERT_GT(rows->size(), 4) << target;
    const auto sample = rows->sample(1);
    EXPECT_LE(sample.ids.size(), 400U) << target;  // bytes; xlam writes its tools out
    EXPECT_THAT(sample.loss_mask, ::testing::Contains(1)) << target;
  }
}

TEST(MockDataset, MockDataStayButForTheirSizes) {
  const auto section = mock_dataset({.target = "mock_iterable_dataset.MockIterableDataset",
                                     .keys = {{"seq_len", 4096}, {"vocab_size", 151936}}},
                                    "/nowhere", "train", 512);
  EXPECT_EQ(section.keys, Json({{"seq_len", kMockTokens}, {"vocab_size", 512}}));
  const auto rollouts = mock_dataset({.target = "mock_prefix_tree.build_mock_rollout_dataset",
                                      .keys = {{"prompt_len", 9000}, {"completion_len", 400}}},
                                     "/nowhere", "train", 512);
  EXPECT_EQ(rollouts.keys, Json({{"prompt_len", 64}, {"completion_len", 64}}));
}

}  // namespace
}  // namespace automodel::recipes
