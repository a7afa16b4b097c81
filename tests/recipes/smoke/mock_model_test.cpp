#include "recipes/smoke/mock_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/text_context.h"
#include "tensor/temporary_folder.h"
#include "tests/checkpoint/tiny_gguf.h"

namespace automodel::recipes {
namespace {

using testing::TemporaryFolder;

TEST(MockModel, ByItsNameIfItIsNotHere) {
  const TemporaryFolder folder;
  const auto model =
      write_mock_model({.pretrained_model_name_or_path = "Qwen/Qwen3-30B-A3B-not-here",
                        .config_overrides = {{"num_hidden_layers", 3}}},
                       folder.path());
  EXPECT_EQ(model.model_type, "qwen3_moe");
  EXPECT_FALSE(model.is_from_config);
  EXPECT_EQ(model.vocab_size, 512);
  EXPECT_EQ(read_json(folder / "config.json")["num_hidden_layers"], 3);
}

TEST(MockModel, OfAGgufFile) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "untold.gguf", testing::tiny_gguf());
  const auto model = write_mock_model(
      {.pretrained_model_name_or_path = (folder / "untold.gguf").string()}, folder / "model");
  EXPECT_EQ(model.model_type, "llama");
  EXPECT_TRUE(model.is_from_config);
  EXPECT_EQ(read_json(folder / "model/config.json")["num_hidden_layers"], 1);
}

TEST(MockModel, AVocabularySmallerThanTheTokenizersGrows) {
  const TemporaryFolder folder;
  const auto model = write_mock_model(
      {.pretrained_model_name_or_path = "org/llama", .config_overrides = {{"vocab_size", 100}}},
      folder.path());
  EXPECT_EQ(model.vocab_size, 512);
  EXPECT_EQ(read_json(folder / "config.json")["vocab_size"], 512);
}

TEST(MockModel, ItsTokenizerKeepsEveryByte) {
  const TemporaryFolder folder;
  write_mock_model({.pretrained_model_name_or_path = "org/llama"}, folder.path());
  const auto text = data::load_text_context(folder.path());
  const std::string all = "one \xc3\xa9\n<|im_end|>";
  const auto ids = text.tokenizer.encode(all).ids;
  EXPECT_EQ(text.tokenizer.decode(ids), all);
  EXPECT_EQ(ids.back(), *text.eos_id);
}

TEST(MockModel, AnUnknownOne) {
  const TemporaryFolder folder;
  try {
    write_mock_model({.pretrained_model_name_or_path = "org/unknown"}, folder.path());
    FAIL() << "a type without a name";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("its name does not say what type"));
  }
}

}  // namespace
}  // namespace automodel::recipes
