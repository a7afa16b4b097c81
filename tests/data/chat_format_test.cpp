#include "data/chat_format.h"

#include "base/text.h"
#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string shown_chat(const std::string& row, const TextContext& context, MaskOptions mask = {}) {
  const ChatFormat format(std::make_shared<const TextContext>(context), std::move(mask));
  return show_sample(format.tokenize(format.read(parse_json(row, "row"))), context.tokenizer,
                     MarkStyle::brackets);
}

constexpr const char* kTwoTurns = R"({"messages": [
    {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"},
    {"role": "user", "content": "2+2"}, {"role": "assistant", "content": "4"}]})";

TEST(ChatFormat, ChatMl) {
  EXPECT_EQ(shown_chat(kTwoTurns, chatml_context()),
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n[Hello<|im_end|>]\n"
            "<|im_start|>user\n2+2<|im_end|>\n<|im_start|>assistant\n[4<|im_end|>]\n");
  EXPECT_THAT(shown_chat(kTwoTurns, chatml_context(), {.mask_history = true}),
              HasSubstr("assistant\nHello<|im_end|>\n<|im_start|>user"));
  EXPECT_EQ(shown_chat(kTwoTurns, chatml_context(), {.train_all = true}).find('['),
            std::string("<|im_start|>").size());
}

TEST(ChatFormat, NothingLearntOnlyIfThatIsAllowed) {
  const std::string question = R"({"messages": [{"role": "user", "content": "Hi"}]})";
  TextContext context = chatml_context();
  EXPECT_THAT(error_of([&] { shown_chat(question, context); }),
              HasSubstr("there is nothing to learn (the check 'no_trained_tokens')"));
  context.allows_untrained = true;
  EXPECT_EQ(shown_chat(question, context), "<|im_start|>user\nHi<|im_end|>\n");
}

TEST(ChatFormat, RolesOnDemand) {
  TextContext context = chatml_context();
  context.finds_roles = true;
  const ChatFormat format(std::make_shared<const TextContext>(context), {});
  const auto sample = format.tokenize(format.read(parse_json(kTwoTurns, "row")));
  ASSERT_EQ(sample.roles.size(), sample.ids.size());
  for (std::size_t t = 0; t < sample.ids.size(); ++t) {
    EXPECT_TRUE(sample.roles[t] == Role::assistant || sample.loss_mask[t] == 0) << t;
  }
  EXPECT_EQ(std::count(sample.roles.begin(), sample.roles.end(), Role::user),
            2 * std::int64_t{std::string_view("_user\nHi_\n").size()} + 1);
}

TEST(ChatFormat, BosComesFromTheTemplateOnly) {
  const TextContext context =
      test_context({{"default", std::string("{{ bos_token }}") + kChatMl}}, true);
  const ChatFormat format(std::make_shared<const TextContext>(context), {});
  const auto ids = format.tokenize(format.read(parse_json(kTwoTurns, "row"))).ids;
  EXPECT_EQ(ids[0], kBos);
  EXPECT_NE(ids[1], kBos);
}

TEST(ChatFormat, TemplatesSeeTheDocumentsOfARow) {
  const TextContext context = with_template(
      "{% for d in documents or [] %}{{ d.title }};{% endfor %}{% for m in messages %}{{ m.content "
      "}}{% if m.role == 'assistant' %}{{ '<|im_end|>' }}{% endif %}{% endfor %}");
  EXPECT_EQ(shown_chat(R"({"documents": [{"title": "A"}, {"title": "B"}], "messages": [
      {"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]})",
                       context),
            "A;B;x[y<|im_end|>]");
}

TEST(ChatFormat, TemplatesSeeTheVariablesOfARow) {
  TextContext context = with_template(
      "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}{{ mood }}{{ depth }}"
      "{{ '<|im_end|>' }}{% endif %}{% endfor %}");
  context.template_variables = {{"mood", "!"}, {"depth", 1}};
  const auto row = [](const std::string& variables) {
    return R"({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": )"
           R"("y"}])" +
           variables + "}";
  };
  EXPECT_EQ(shown_chat(row(""), context), "x[y!1<|im_end|>]");
  EXPECT_EQ(shown_chat(row(R"(, "chat_template_kwargs": {"mood": "?"})"), context),
            "x[y?1<|im_end|>]");
  EXPECT_EQ(shown_chat(row(R"(, "chat_template_kwargs": "{\"depth\": 2}")"), context),
            "x[y!2<|im_end|>]");
}

TEST(ChatFormat, NoTemplateNoChat) {
  EXPECT_THAT(error_of([] { shown_chat(kTwoTurns, test_context()); }),
              HasSubstr("has no chat template"));
}

TEST(ChatFormat, RefusalsOfTheTemplateAreTold) {
  const TextContext context = with_template(
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('No system role') }}"
      "{% endif %}{{ m.content }}{% endfor %}");
  const auto row = R"({"messages": [{"role": "system", "content": "a"},
      {"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}]})";
  EXPECT_EQ(error_of([&] { shown_chat(row, context); }),
            "the chat template refuses the whole of the conversation: No system role");
}

TEST(ChatFormat, GemmasTemplateKnowsNoSystem) {
  const TextContext context = with_template(
      "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
      "{% endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + ':' + m.content }}"
      "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant:{% endif %}");
  const auto row = R"({"messages": [{"role": "system", "content": "a"},
      {"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}]})";
  EXPECT_EQ(shown_chat(row, context),
            "<|im_start|>user:a\nb<|im_end|><|im_start|>assistant:[c<|im_end|>]");
}

TEST(ChatFormat, GenerationBlocks) {
  const TextContext context = with_template(
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}"
      "{% generation %}{{ m.content + '<|im_end|>\n' }}{% endgeneration %}{% else %}"
      "{{ m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}");
  EXPECT_THAT(shown_chat(kTwoTurns, context),
              HasSubstr("assistant\n[Hello<|im_end|>\n]<|im_start|>"));
}

/// As GLM's: the role of the next message ends an answer.
constexpr const char* kNextRole =
    "{% for m in messages %}{{ {'user': '<|im_end|>', 'tool': '</s>'}.get(m.role, '<|im_start|>') "
    "}}"
    "{% if m.role == 'assistant' %}{% BEGIN %}{{ '\n' + m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}{% endfor %}{% END %}"
    "{% else %}{{ '\n' + m.content }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>' }}{% endif %}";

TextContext next_role_context(const std::string& begin, const std::string& end) {
  TextContext context =
      with_template(replace_all(replace_all(kNextRole, "{% BEGIN %}", begin), "{% END %}", end));
  context.stop_ids = {kEos};
  return context;
}

TEST(ChatFormat, ToolCallsAreLearntToolResultsAreNot) {
  EXPECT_EQ(shown_chat(kCall, with_template(calling_template("c.function.arguments | tojson"))),
            "<|im_start|>user\nLook<|im_end|>\n"
            "<|im_start|>assistant\n[f:{\"k\": \"é\"}<|im_end|>]\n"
            "<|im_start|>tool\nfound<|im_end|>\n<|im_start|>assistant\n[Ok<|im_end|>]\n");
}

TEST(ChatFormat, ArgumentsComeInTheTemplatesForm) {
  EXPECT_THAT(shown_chat(kCall, with_template(calling_template("'' + c.function.arguments"))),
              HasSubstr("[f:{\"k\": \"é\"}<|im_end|>]"));
}

TEST(ChatFormat, AnEmptyListOfCallsDoesNotHideTheAnswer) {
  const std::string mistral =
      either_calls_or_says("m.tool_calls is defined and m.tool_calls is not none", "m.content");
  EXPECT_THAT(shown_chat(R"({"messages": [{"role": "user", "content": "Hi", "tool_calls": []},
                        {"role": "assistant", "content": "Hello", "tool_calls": []}]})",
                         with_template(mistral)),
              HasSubstr("user\nHi<|im_end|>\n<|im_start|>assistant\n[Hello<|im_end|>]"));
}

TEST(ChatFormat, TheNextRoleIsLearntWhereItEndsAnswers) {
  const TextContext context = next_role_context("", "");
  EXPECT_EQ(shown_chat(kTwoTurns, context),
            "<|im_end|>\nHi<|im_start|>[\nHello<|im_end|>]\n2+2<|im_start|>[\n4<|im_end|>]");
  EXPECT_EQ(shown_chat(kCall, context),
            "<|im_end|>\nLook<|im_start|>[\nf</s>]\nfound<|im_start|>[\nOk<|im_end|>]");
  EXPECT_EQ(shown_chat(kTwoTurns, context, {.train_roles = {"user"}}),
            "<|im_end|>[\nHi]<|im_start|>\nHello<|im_end|>[\n2+2]<|im_start|>\n4<|im_end|>");
  EXPECT_TRUE(shown_chat(kTwoTurns, context, {.train_all = true}).ends_with("\n4<|im_end|>]"));
  EXPECT_TRUE(shown_chat(kTwoTurns, next_role_context("{% generation %}", "{% endgeneration %}"))
                  .ends_with("[\n4<|im_end|>]"));
  TextContext other = context;
  other.eos_id = kImStart;
  EXPECT_TRUE(shown_chat(kTwoTurns, other).ends_with("[\n4]")) << "the model does not stop there";
  other = chatml_context();
  other.stop_ids = {kImStart};
  EXPECT_EQ(shown_chat(kTwoTurns, other), shown_chat(kTwoTurns, chatml_context()))
      << "has ends of its own";
  EXPECT_NE(content_hash(context),
            content_hash(with_template(context.templates.at("default").source())));
}

TEST(ChatFormat, AConversationThatGoesOnBehindTheAnswerEndsWithIt) {
  const TextContext context = first_only_context();
  constexpr const char* kRow = R"({"messages": [{"role": "user", "content": "a"},
      {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]})";
  EXPECT_EQ(shown_chat(kRow, context),
            "<|im_start|>user\na<|im_end|><|im_start|>assistant\n[b</s>]");
  EXPECT_EQ(shown_chat(kTwoTurns, context),
            "<|im_start|>user\nHi<|im_end|><|im_start|>assistant\n[Hello]<|im_end|>"
            "<|im_start|>user\n2+2<|im_end|><|im_start|>assistant\n[4</s>]")
      << "the last answer has its end";
}

TEST(ChatFormat, AnswersThatAlsoEndInAnotherSpecialTokenStayWhereTheyAre) {
  const TextContext context = with_template(
      "{% for m in messages %}{{ m.role + ':' + m.content + '</s>' }}{% endfor %}"
      "{{ 'assistant:' if add_generation_prompt else eos_token }}");
  EXPECT_EQ(shown_chat(R"({"messages": [{"role": "user", "content": "a"},
      {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]})",
                       context),
            "user:a</s>assistant:[b</s>]user:c</s><|im_end|>");
}

TEST(ChatFormat, AConversationMayBeginWithAnAnswer) {
  const TextContext context = with_template("{{ messages[0].role[:0] }}<s>" + std::string(kChatMl));
  EXPECT_EQ(shown_chat(R"({"conversations": [{"from": "gpt", "value": "Hello"},
      {"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Well?"}]})",
                       context),
            "<s><|im_start|>assistant\n[Hello<|im_end|>]\n<|im_start|>user\nHi<|im_end|>\n"
            "<|im_start|>assistant\n[Well?<|im_end|>]\n");
}

TEST(ChatFormat, TheSystemIsWhereTheModelSeesIt) {
  const TextContext context = with_template(
      "{% set rest = messages %}{% if messages[0].role == 'system' %}{% set system = "
      "messages[0].content %}{% set rest = messages[1:] %}{% endif %}{% for m in rest %}"
      "{% if m.role == 'user' %}{{ '<|im_start|>' + (system + '\n\n' if loop.last and system is "
      "defined else '') + m.content + '</s>' }}{% else %}{{ m.content + '<|im_end|>' }}{% endif %}"
      "{% endfor %}");
  EXPECT_EQ(shown_chat(R"({"messages": [{"role": "system", "content": "S"},
      {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})",
                       context),
            "<|im_start|>S\n\na</s>[b<|im_end|>]");
}

TEST(ChatFormat, ToolsOfMessagesAreTheRows) {
  const auto text = [](const std::string& source, const std::string& key, const Json& tools,
                       const Json& of_row) {
    const Json row = {{"messages",
                       {{{"role", "system"}, {"content", "S"}, {key, tools}},
                        {{"role", "user"}, {"content", "Hi"}},
                        {{"role", "assistant"}, {"content", "Hello"}}}},
                      {"tools", of_row}};
    const auto context = std::make_shared<const TextContext>(with_template(source));
    const ChatFormat format(context, {});
    const auto sample = format.tokenize(format.read(row));
    EXPECT_FALSE(sample.notes.not_shown);
    return show_sample(sample, context->tokenizer, MarkStyle::brackets);
  };
  const Json f = Json::array({{{"name", "f"}}});
  const std::string lists =
      "{% for t in tools or [] %}{{ t.function.name + ';' }}{% endfor %}" + std::string(kChatMl);
  for (const char* key : {"tools", "functions"}) {
    EXPECT_THAT(text(lists, key, f, nullptr), StartsWith("f;<|im_start|>system\nS<"));
    EXPECT_THAT(text(lists, key, f.dump(), f), StartsWith("f;<|im_start|>"));
    EXPECT_THAT(text(lists, key, Json::array(), f), StartsWith("f;<|im_start|>"));
    EXPECT_EQ(error_of([&] { text(lists, key, Json::array({{{"name", "g"}}}), f); }),
              fmt::format("'{}' of a system message and the tools that the row has elsewhere "
                          "differ; keep one list of them, as the column 'tools'",
                          key));
  }
  // GLM-4's and OLMo 3's look for them in the message.
  EXPECT_THAT(text("{% for m in messages %}{% for t in m.tools or [] %}{{ t | tojson }}"
                   "{% endfor %}{% endfor %}" +
                       std::string(kChatMl),
                   "tools", f, nullptr),
              StartsWith("{\"name\": \"f\"}<|im_start|>"));
  EXPECT_THAT(
      text("{% for m in messages %}{{ m.functions or '' }}{% endfor %}" + std::string(kChatMl),
           "functions", "text", nullptr),
      StartsWith("text<|im_start|>"));
}

/// Thinking as Qwen3 shows it: that of answers before the last user's message is dropped.
constexpr const char* kThinking =
    "{% set ns = namespace(last=0) %}{% for m in messages %}{% if m.role == 'user' %}"
    "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' and loop.index0 > ns.last %}"
    "{{ '<think>\n' + (m.reasoning_content or '') + '\n</think>\n\n' }}{% endif %}"
    "{{ m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

constexpr const char* kTwoThoughts = R"({"messages": [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": "b", "reasoning_content": "one"},
    {"role": "user", "content": "c"},
    {"role": "assistant", "content": "d", "reasoning_content": "two"}]})";

TEST(ChatFormat, DroppedThinkingIsLearntWhereTheModelSeesIt) {
  EXPECT_EQ(shown_chat(kTwoThoughts, with_template(kThinking)),
            "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n"
            "[<think>\none\n</think>\n\nb<|im_end|>]\n"
            "\n--------\n"
            "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n"
            "<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n"
            "[<think>\ntwo\n</think>\n\nd<|im_end|>]\n");
}

TEST(ChatFormat, ThinkingCanBeLeftOut) {
  const std::string text = shown_chat(kTwoThoughts, with_template(kThinking),
                                      {.mask_history = true, .mask_reasoning_content = true});
  EXPECT_THAT(text, HasSubstr("assistant\n[<think>\n]two[\n</think>\n\nd<|im_end|>]\n"));
  EXPECT_THAT(text, StartsWith("<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<"));
}

TEST(ChatFormat, ThinkingInsideTheContentCanBeLeftOut) {
  constexpr const char* kRow = R"({"messages": [{"role": "user", "content": "a"},
      {"role": "assistant", "content": "<think>\none\n</think>\n\nb"}]})";
  const MaskOptions mask{.mask_reasoning_content = true};
  EXPECT_THAT(shown_chat(kRow, with_template(kCutsThinking), mask),
              HasSubstr("assistant\n[<think>\n]one[\n</think>\n\nb<|im_end|>]\n"));
  EXPECT_THAT(shown_chat(kRow, chatml_context(), mask),
              HasSubstr("assistant\n[<think>]\none\n[</think>\n\nb<|im_end|>]\n"));
}

TEST(ChatFormat, OtherRolesAreLearntWhereTheyAreAskedFor) {
  const auto context = std::make_shared<const TextContext>(chatml_context());
  const ChatFormat format(context, {.train_roles = {"user", "assistant"}});
  const auto sample = format.tokenize(format.read(parse_json(kTwoTurns, "row")));
  EXPECT_TRUE(sample.notes.all_learnt) << "no fault of the prompt's that it is learnt";
  EXPECT_THAT(show_sample(sample, context->tokenizer, MarkStyle::brackets),
              StartsWith("<|im_start|>[user\nHi<|im_end|>]\n<|im_start|>assistant\n[Hello"));
}

TEST(ChatFormat, EmptyAnswersAndSpecialTokensInText) {
  const auto context = std::make_shared<const TextContext>(chatml_context());
  const ChatFormat format(context, {});
  const auto notes = [&](const std::string& question, const std::string& answer) {
    const Json row = {{"messages",
                       {{{"role", "user"}, {"content", question}},
                        {{"role", "assistant"}, {"content", answer}}}}};
    return format.tokenize(format.read(row)).notes;
  };
  EXPECT_EQ(notes("a", "b"), SampleNotes{});
  EXPECT_TRUE(notes("a", "").empty_answer);
  EXPECT_TRUE(notes("a<|im_end|>", "b").special_in_content);
}

TEST(ChatFormat, SpecialTokensInTextAreFoundWhereverTemplatesPrintIt) {
  const auto context = std::make_shared<const TextContext>(chatml_context());
  const ChatFormat format(context, {});
  const auto warns = [&](const std::string& answer, const std::string& columns = "") {
    const Json row = parse_json(R"({"messages": [{"role": "user", "content": "x"},
        {"role": "assistant", "content": "y")" +
                                    answer + "}]" + columns + "}",
                                "row");
    return format.tokenize(format.read(row)).notes.special_in_content;
  };
  EXPECT_FALSE(warns(R"(, "reasoning_content": "r")", R"(, "id": "</s>")"));
  EXPECT_TRUE(warns(R"(, "reasoning_content": "a</s>")"));
  const auto call = [](const std::string& arguments) {
    return R"(, "tool_calls": [{"function": {"name": "f", "arguments": )" + arguments + "}}]";
  };
  EXPECT_FALSE(warns(call(R"({"a": ["b", 1]})")));
  EXPECT_TRUE(warns(call(R"({"a": ["b", "</s>"]})")));
  EXPECT_TRUE(warns(call(R"({"</s>": 1})")));
  EXPECT_TRUE(warns(call(R"("{\"a\": \"</s>\"}")")));
  EXPECT_TRUE(warns("", R"(, "tools": [{"name": "f", "description": "ends </s>"}])"));
  EXPECT_TRUE(warns("", R"(, "documents": [{"text": "ends </s>"}])"));
}

}  // namespace
}  // namespace automodel::data
