#include "text/class_steps.h"

#include <gtest/gtest.h>

namespace automodel::text::class_steps {
namespace {

TEST(ClassSteps, AreTokenizerJsons) {
  EXPECT_EQ(special("<s>", 1), parse_json(R"({"SpecialToken": {"id": "<s>", "type_id": 1}})", ""));
  EXPECT_EQ(around({text("A"), special("</s>")}, {text("A"), text("B", 1)})["single"],
            parse_json(R"([{"Sequence": {"id": "A", "type_id": 0}},
                           {"SpecialToken": {"id": "</s>", "type_id": 0}}])",
                       ""));
  EXPECT_EQ(llama_decoder(true)["decoders"].size(), 4);
  EXPECT_EQ(llama_decoder(false)["decoders"].size(), 3);
  EXPECT_EQ(replace(" ", "_"),
            parse_json(R"({"type": "Replace", "pattern": {"String": " "}, "content": "_"})", ""));
}

}  // namespace
}  // namespace automodel::text::class_steps
