#include "text/mistral_split.h"

#include <gmock/gmock.h>

#include "tests/text/mistral_tokenizer.h"
#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

Json tekken() { return class_steps::split({{"Regex", split_patterns::kTekken}}, "Isolated"); }

Json split_of(const Json& pre_tokenizer) {
  return with_mistral_split(Json{{"pre_tokenizer", pre_tokenizer}})["pre_tokenizer"];
}

TEST(MistralSplit, TakesTheFirstStepsPlaceOrGoesBeforeTheOnlyOne) {
  const Json bytes = class_steps::byte_level(false, false);
  const Json both = class_steps::pre_tokenizers({tekken(), bytes});
  EXPECT_EQ(split_of(class_steps::pre_tokenizers({{{"type", "Whitespace"}}, bytes})), both);
  EXPECT_EQ(split_of(bytes), both);
  EXPECT_EQ(split_of(class_steps::metaspace("first", false)), both);
  EXPECT_TRUE(split_of(nullptr).is_null());
}

TEST(MistralSplit, HeedsTheFixWhereTransformersDoes) {
  const Tokenizer old = make(as_old_mistral(byte_tokenizer()));
  const auto heeds = [&](const char* type, const char* version) {
    return heeds_mistral_fix(old, {{"model_type", type}, {"transformers_version", version}});
  };
  for (const char* type : {"mistral", "mistral3", "voxtral", "ministral", "pixtral"}) {
    EXPECT_TRUE(heeds(type, "4.57.1")) << type;
  }
  EXPECT_FALSE(heeds("llama", "4.57.1"));
  for (const char* version : {"5.0.0.dev0", "5.0.0rc1", "4", ""}) {
    EXPECT_TRUE(heeds("mistral", version)) << version;
  }
  for (const char* version : {"5.0.0", "5.0.0.post1", "5.1.0.dev0", "10.0"}) {
    EXPECT_FALSE(heeds("mistral", version)) << version;
  }
  EXPECT_TRUE(heeds_mistral_fix(old, Json::object()));
  EXPECT_FALSE(heeds_mistral_fix(old, nullptr));
}

TEST(MistralSplit, ThereIsNothingToFixInOtherTokenizers) {
  const Json config = {{"model_type", "mistral"}};
  EXPECT_FALSE(heeds_mistral_fix(make(byte_tokenizer()), config));
  EXPECT_FALSE(
      heeds_mistral_fix(with_mistral_split(make(as_old_mistral(byte_tokenizer()))), config));
  Json whole = as_old_mistral(byte_tokenizer());
  whole["pre_tokenizer"] = nullptr;
  EXPECT_FALSE(heeds_mistral_fix(make(whole), config));
}

}  // namespace
}  // namespace automodel::text
