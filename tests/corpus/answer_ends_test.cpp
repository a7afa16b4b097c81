#include "corpus/answer_ends.h"

#include "corpus/support.h"

namespace automodel::corpus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kOther = "{% for m in messages %}{{ m.content }}</s>{% endfor %}";

std::vector<std::int32_t> ends(const std::string& target, const Json& keys) {
  return answer_ends({.target = target, .keys = keys, .tokenizer = {}}, data::chatml_context());
}

TEST(AnswerEnds, AreThoseOfTheTemplateThatRendersTheRows) {
  EXPECT_THAT(ends("chat_dataset.ChatDataset", Json::object()), ElementsAre(data::kImEnd));
  EXPECT_THAT(ends("chat_dataset.ChatDataset", {{"chat_template", kOther}}),
              ElementsAre(data::kEos));
  EXPECT_THAT(ends("hellaswag.HellaSwag", Json::object()), IsEmpty());
  const std::string mapped =
      "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset";
  EXPECT_THAT(ends(mapped, Json::object()), IsEmpty());
  EXPECT_THAT(ends(mapped, {{"use_hf_chat_template", true}}), ElementsAre(data::kImEnd));
}

TEST(AnswerEnds, OfABlendAreThoseOfItsParts) {
  const Json chat = {{"_target_", "chat_dataset.ChatDataset"}};
  Json other = chat;
  other["chat_template"] = kOther;
  EXPECT_THAT(ends("blend.WeightedBlend",
                   {{"parts", {chat, {{"_target_", "hellaswag.HellaSwag"}}, other, chat}}}),
              ElementsAre(data::kImEnd, data::kEos));
}

}  // namespace
}  // namespace automodel::corpus
