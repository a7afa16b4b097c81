#include "text/tokenizer/post_processor.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;
using Offsets = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Json template_node() {
  return Json::parse(R"({"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "B", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [], "special_tokens": {"B": {"id": "B", "ids": [65, 66], "tokens": ["A", "B"]}}})");
}

TEST(PostProcessor, TemplatesPutTokensAround) {
  const Tokenizer tokenizer = make(byte_tokenizer({{"post_processor", template_node()}}));
  const Encoding encoding = tokenizer.encode("xy");
  EXPECT_THAT(encoding.ids, ElementsAre(65, 66, 'x', 'y'));
  EXPECT_EQ(encoding.offsets, (Offsets{{0, 0}, {0, 0}, {0, 1}, {1, 2}}));
  EXPECT_THAT(tokenizer.encode("xy", {.add_special_tokens = false}).ids, ElementsAre('x', 'y'));
  EXPECT_THAT(tokenizer.encode("").ids, ElementsAre(65, 66));
}

TEST(PostProcessor, BertAndRobertaPutTokensAtBothEnds) {
  for (const char* type : {"BertProcessing", "RobertaProcessing"}) {
    const Json node = {{"type", type}, {"cls", {"A", 65}}, {"sep", {"B", 66}}};
    EXPECT_THAT(make(byte_tokenizer({{"post_processor", node}})).encode("x").ids,
                ElementsAre(65, 'x', 66));
  }
}

TEST(PostProcessor, SequencesNest) {
  const Json node = {
      {"type", "Sequence"},
      {"processors",
       Json::array({template_node(),
                    {{"type", "BertProcessing"}, {"cls", {"C", 67}}, {"sep", {"D", 68}}}})}};
  EXPECT_THAT(make(byte_tokenizer({{"post_processor", node}})).encode("x").ids,
              ElementsAre(67, 65, 66, 'x', 68));
}

TEST(PostProcessor, TrimsSpacesFromOffsets) {
  Json json = byte_tokenizer(
      {{"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
       {"post_processor",
        {{"type", "ByteLevel"}, {"trim_offsets", true}, {"add_prefix_space", false}}}});
  json["model"]["vocab"]["\u0120a"] = 300;
  json["model"]["merges"].push_back("\u0120 a");
  EXPECT_EQ(make(json).encode(" a a").offsets, (Offsets{{1, 2}, {3, 4}}));
  json["post_processor"]["add_prefix_space"] = true;  // the first space counts as put there
  EXPECT_EQ(make(json).encode(" a a").offsets, (Offsets{{0, 2}, {3, 4}}));
  json["post_processor"]["trim_offsets"] = false;
  EXPECT_EQ(make(json).encode(" a a").offsets, (Offsets{{0, 2}, {2, 4}}));
}

TEST(PostProcessor, BadOnesAreRefused) {
  const auto corrupt = [](const Json& node) {
    return load_error(ErrorKind::corrupt_data, byte_tokenizer({{"post_processor", node}}));
  };
  Json node = template_node();
  node["single"][0]["SpecialToken"]["id"] = "X";
  EXPECT_EQ(corrupt(node), "test.json.post_processor.special_tokens: member 'X' is missing");
  node = template_node();
  node["single"][1]["Sequence"]["id"] = "B";
  EXPECT_EQ(corrupt(node),
            "test.json.post_processor.single[1].Sequence.id: the template of single texts needs a "
            "second text 'B'");
  EXPECT_EQ(corrupt({{"type", "BertProcessing"}, {"cls", {"A"}}, {"sep", {"B", 66}}}),
            "test.json.post_processor.cls: expected a token and its id, found array");
  Json twice = template_node();
  twice["single"].push_back(twice["single"][1]);
  Json many = {{"type", "Sequence"}, {"processors", Json::array()}};
  for (int i = 0; i < 40; ++i) {
    many["processors"].push_back(twice);
  }
  EXPECT_EQ(corrupt(many), "the post-processor adds too many tokens");
  EXPECT_THAT(
      load_error(ErrorKind::unsupported, byte_tokenizer({{"post_processor", {{"type", "Magic"}}}})),
      ::testing::HasSubstr("a post-processor of type 'Magic' is not supported"));
}

}  // namespace
}  // namespace automodel::text
