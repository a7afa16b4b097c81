#include "data/text_context.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

TEST(TextContext, LoadsAFolder) {
  const ScratchFolder folder;
  folder.write("tokenizer.json", tokenizer_json().dump());
  const Json config = {
      {"bos_token", "<s>"}, {"eos_token", "<|im_end|>"}, {"chat_template", kChatMl}};
  folder.write("tokenizer_config.json", config.dump());
  const TextContext context = load_text_context(folder.path());
  EXPECT_EQ(context.bos_id, kBos);
  EXPECT_EQ(context.eos_id, kImEnd);
  EXPECT_EQ(context.special_tokens.eos_token, "<|im_end|>");
  EXPECT_EQ(require_template(context, false).source(), kChatMl);
  EXPECT_THAT(error_of([&] { load_text_context(folder.path("none")); }),
              HasSubstr("none: no such file or folder"));
}

TEST(TextContext, AWrongTemplateIsSaidWithItsFolder) {
  const ScratchFolder folder;
  folder.write("tokenizer.json", tokenizer_json().dump());
  folder.write("chat_template.jinja", "{% if x %}");
  try {
    load_text_context(folder.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("chat template 'default':1: Unexpected end of template"));
    EXPECT_THAT(error.what(),
                HasSubstr("reading the tokenizer and chat template in " + folder.path()));
  }
}

TEST(TextContext, WhetherTheTokenizerPutsABosBeforeTexts) {
  EXPECT_FALSE(test_context().adds_bos);
  EXPECT_TRUE(test_context({}, true).adds_bos);
}

TEST(TextContext, ABosCanBePutFirstWhereTheTokenizerDoesNot) {
  TextContext context = test_context();
  EXPECT_EQ(encode(context, "x").ids, (std::vector<std::int32_t>{'x'}));
  context.prepends_bos = true;
  EXPECT_TRUE(puts_bos(context));
  const auto encoding = encode(context, "x");
  EXPECT_EQ(encoding.ids, (std::vector<std::int32_t>{kBos, 'x'}));
  EXPECT_EQ(encoding.offsets,
            (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 0}, {0, 1}}));
  EXPECT_EQ(encode(context, "<s>x").ids, (std::vector<std::int32_t>{kBos, 'x'}));
  context = test_context({}, true);
  context.prepends_bos = true;
  EXPECT_EQ(encode(context, "x").ids, (std::vector<std::int32_t>{kBos, 'x'}));
}

TEST(TextContext, TheTokenizersFileSaysWhatIsCutWhereItsConfigurationDoesNot) {
  Json json = tokenizer_json();
  json["truncation"] = {
      {"max_length", 8}, {"stride", 0}, {"strategy", "LongestFirst"}, {"direction", "Left"}};
  const auto tokenizer = text::Tokenizer::from_json(json, "test");
  text::TokenizerConfig config;
  EXPECT_TRUE(make_text_context(tokenizer, config).cuts_beginning);
  config.cuts_beginning = false;
  EXPECT_FALSE(make_text_context(tokenizer, config).cuts_beginning);
}

TEST(TextContext, TemplatesSeeTokensWithNamesOfTheModelsOwn) {
  const auto tokenizer = text::Tokenizer::from_json(tokenizer_json(), "test");
  text::TokenizerConfig config;
  config.chat_templates = {
      {"default", "{{ image_token }}|{{ boi_token }}|{{ messages[0].content }}"}};
  const auto plain = make_text_context(tokenizer, config);
  config.raw = {{"image_token", "<img>"}, {"extra_special_tokens", {{"boi_token", "<boi>"}}}};
  const auto named = make_text_context(tokenizer, config);
  const auto text = [](const TextContext& context) {
    return require_template(context, false)
        .render(Json::array({{{"role", "user"}, {"content", "hi"}}}), {}, context.special_tokens)
        .text;
  };
  EXPECT_EQ(text(plain), "||hi");
  EXPECT_EQ(text(named), "<img>|<boi>|hi");
  EXPECT_NE(content_hash(plain), content_hash(named));
}

TEST(TextContext, SpecialTokensMustBeTokens) {
  text::TokenizerConfig config;
  config.eos_token = "<|end|>";
  EXPECT_EQ(error_of([&] {
              make_text_context(text::Tokenizer::from_json(tokenizer_json(), "test"), config);
            }),
            "the tokenizer's eos_token '<|end|>' is not one of its tokens; tokenizer.json and "
            "tokenizer_config.json do not belong together");
}

TEST(TextContext, TemplatesByName) {
  const TextContext both = test_context({{"default", "a{{ 1 }}"}, {"tool_use", "b{{ 1 }}"}});
  EXPECT_EQ(require_template(both, false).source(), "a{{ 1 }}");
  EXPECT_EQ(require_template(both, true).source(), "b{{ 1 }}");
  EXPECT_EQ(require_template(chatml_context(), true).source(), kChatMl);
  EXPECT_EQ(find_template(test_context(), false), nullptr);
  EXPECT_THAT(error_of([] { require_template(test_context(), false); }),
              HasSubstr("has no chat template (a base model?); give dataset.chat_template"));
}

TEST(TextContext, AnotherTemplate) {
  const ScratchFolder folder;
  const auto source = [](const std::string& chat_template) {
    return require_template(with_chat_template(chatml_context(), chat_template), true).source();
  };
  EXPECT_EQ(source("x{{ 1 }}"), "x{{ 1 }}");
  EXPECT_EQ(source(folder.write("t.jinja", "y{{ 1 }}")), "y{{ 1 }}");
  EXPECT_EQ(source(folder.write("t.json", R"({"chat_template": "z{{ 1 }}"})")), "z{{ 1 }}");
  EXPECT_EQ(error_of([&] { source("nowhere.jinja"); }),
            "chat_template 'nowhere.jinja' is neither a Jinja template (no {% or {{), nor an "
            "existing file, nor one of the tokenizer's templates (default)");
}

TEST(TextContext, AFileMayHoldTemplatesByName) {
  const ScratchFolder folder;
  const auto given = [&](const std::string& text) {
    return with_chat_template(chatml_context(), folder.write("t.json", text));
  };
  const auto both = given(R"({"chat_template": [{"name": "default", "template": "a{{ 1 }}"},
                                                {"name": "tool_use", "template": "b{{ 1 }}"}]})");
  EXPECT_EQ(require_template(both, false).source(), "a{{ 1 }}");
  EXPECT_EQ(require_template(both, true).source(), "b{{ 1 }}");
  const auto error = [&](const std::string& text) { return error_of([&] { given(text); }); };
  const std::string expected =
      "; expected \"chat_template\": a text, or a list of {\"name\": ..., \"template\": ...} of "
      "which one has the name 'default'";
  const std::string is_json = "chat_template '" + folder.path("t.json") + "' is a JSON file with ";
  EXPECT_EQ(error(R"({"template": "a{{ 1 }}", "bos_token": "<s>"})"),
            is_json + "the keys bos_token, template" + expected);
  EXPECT_EQ(error(R"({"chat_template": [{"name": "rag", "template": "r{{ 1 }}"}]})"),
            is_json + "the templates rag" + expected);
  EXPECT_EQ(error(R"({"chat_template": 5})"),
            folder.path("t.json") + ".chat_template: expected a list, found 5");
  EXPECT_THAT(error(R"({"chat_template": [{"name": "default", "template": "a"},
                                          {"name": "rag", "template": "{% if x %}"}]})"),
              HasSubstr("t.json: 'rag':1: Unexpected end of template"));
}

TEST(TextContext, OneOfTheTokenizersTemplatesByName) {
  const TextContext three =
      test_context({{"default", "a{{ 1 }}"}, {"rag", "r{{ 1 }}"}, {"tool_use", "b{{ 1 }}"}});
  EXPECT_EQ(require_template(with_chat_template(three, "rag"), true).source(), "r{{ 1 }}");
  EXPECT_EQ(require_template(with_chat_template(three, "default"), true).source(), "a{{ 1 }}");
}

TEST(TextContext, TheHashSeesWhatChangesTokens) {
  const std::uint64_t hash = content_hash(chatml_context());
  EXPECT_EQ(content_hash(chatml_context()), hash);
  EXPECT_NE(content_hash(with_chat_template(chatml_context(), "x{{ 1 }}")), hash);
  EXPECT_NE(content_hash(test_context({{"default", kChatMl}}, true)), hash);
  TextContext other = chatml_context();
  other.template_variables["enable_thinking"] = false;
  EXPECT_NE(content_hash(other), hash);
  for (bool TextContext::* flag : {&TextContext::prepends_bos, &TextContext::cuts_beginning,
                                   &TextContext::allows_too_long, &TextContext::allows_untrained}) {
    TextContext flagged = chatml_context();
    flagged.*flag = true;
    EXPECT_NE(content_hash(flagged), hash);
  }
  for (std::int64_t TextContext::* number : {&TextContext::max_tokens, &TextContext::num_labels}) {
    TextContext numbered = chatml_context();
    numbered.*number = 3;
    EXPECT_NE(content_hash(numbered), hash);
  }
  for (std::optional<std::int32_t> TextContext::* id :
       {&TextContext::bos_id, &TextContext::eos_id}) {
    TextContext without = chatml_context();
    (without.*id).reset();
    EXPECT_NE(content_hash(without), hash);
  }
}

TEST(TextContext, TheHashSeesWhetherSpecialTokensAreLookedFor) {
  const ScratchFolder folder;
  folder.write("tokenizer.json", tokenizer_json().dump());
  const auto hash = [&](bool splits) {
    folder.write("tokenizer_config.json", Json({{"split_special_tokens", splits}}).dump());
    return content_hash(load_text_context(folder.path()));
  };
  EXPECT_EQ(hash(false), hash(false));
  EXPECT_NE(hash(true), hash(false));
}

}  // namespace
}  // namespace automodel::data
