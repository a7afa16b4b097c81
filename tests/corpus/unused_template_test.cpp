#include "corpus/unused_template.h"

#include "corpus/support.h"

namespace automodel::corpus {
namespace {

constexpr const char* kMapped =
    "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset";

bool is_unused(const std::string& target, const Json& keys,
               const data::TextContext& used = data::chatml_context()) {
  return unused_template({.target = target, .keys = keys, .tokenizer = {}}, used).has_value();
}

Json columns(const Json& mapping) { return {{"column_mapping", mapping}}; }

TEST(UnusedTemplate, OfQuestionsThatAreWrittenWithoutIt) {
  const Json asks = columns({{"question", "q"}, {"answer", "a"}});
  EXPECT_TRUE(is_unused(kMapped, asks));
  EXPECT_TRUE(is_unused(kMapped, columns({{"context", "q"}, {"answer", "a"}})));
  Json with_template = asks;
  with_template["use_hf_chat_template"] = true;
  EXPECT_FALSE(is_unused(kMapped, with_template));
  EXPECT_FALSE(is_unused(kMapped, columns({{"answer", "text"}}))) << "texts for pre-training";
  EXPECT_FALSE(is_unused("chat_dataset.ChatDataset", Json::object()));
  auto base = data::chatml_context();
  base.templates.clear();
  EXPECT_FALSE(is_unused(kMapped, asks, base)) << "the model has none";
}

TEST(UnusedTemplate, OfAPartOfABlend) {
  Json part = columns({{"question", "q"}, {"answer", "a"}});
  part["_target_"] = kMapped;
  const Json chat = {{"_target_", "chat_dataset.ChatDataset"}};
  EXPECT_TRUE(is_unused("blend.WeightedBlend", {{"parts", {chat, part}}}));
  EXPECT_FALSE(is_unused("blend.WeightedBlend", {{"parts", {chat, chat}}}));
}

}  // namespace
}  // namespace automodel::corpus
