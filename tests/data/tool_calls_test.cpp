#include "data/tool_calls.h"

#include "base/exact_json.h"
#include "data/support.h"

namespace automodel::data {
namespace {

Json call(const Json& arguments) {
  return {{"type", "function"}, {"function", {{"name", "look"}, {"arguments", arguments}}}};
}

Json list_of(const Json& item) { return Json::array({item}); }

TEST(ToolCalls, ArgumentsComeInTheFormAskedFor) {
  const Json object = {{"a", 1}, {"b", "é"}};
  const Json as_object = normal_tool_calls(list_of(call(object)), ArgumentForm::object, "m");
  EXPECT_EQ(as_object[0]["function"]["arguments"], object);
  EXPECT_EQ(as_object[0]["id"], call_id(0));
  const Json from_text =
      normal_tool_calls(list_of(call(R"({"a":1,"b":"é"})")), ArgumentForm::object, "m");
  EXPECT_EQ(from_text, as_object);
  const Json as_text = normal_tool_calls(list_of(call(object)), ArgumentForm::text, "m");
  EXPECT_EQ(as_text[0]["function"]["arguments"], R"({"a": 1, "b": "é"})");
  const Json kept = normal_tool_calls(list_of(call(R"({"a":1})")), ArgumentForm::text, "m");
  EXPECT_EQ(kept[0]["function"]["arguments"], R"({"a":1})");
  const Json empty = normal_tool_calls(list_of(call(" ")), ArgumentForm::object, "m");
  EXPECT_EQ(empty[0]["function"]["arguments"], Json::object());
}

TEST(ToolCalls, IdsOfOursAreOfTheFormThatMistralWants) {
  EXPECT_EQ(call_id(0), "call00000");
  EXPECT_EQ(call_id(12), "call00012");
}

TEST(ToolCalls, IdsAreKept) {
  Json with_id = call(Json::object());
  with_id["id"] = "abc";
  EXPECT_EQ(normal_tool_calls(list_of(with_id), ArgumentForm::object, "m")[0]["id"], "abc");
}

TEST(ToolCalls, MalformedCallsAreNamed) {
  const auto error = [](const Json& calls) {
    return error_of([&] { normal_tool_calls(calls, ArgumentForm::object, "messages[1]"); });
  };
  EXPECT_EQ(error("x"), "messages[1].tool_calls must be a list, found string");
  EXPECT_THAT(error(list_of("x")),
              ::testing::StartsWith("messages[1].tool_calls[0] must be an object like"));
  EXPECT_THAT(error(list_of({{"function", {{"arguments", {}}}}})),
              ::testing::HasSubstr("tool_calls[0].function.name must be a name"));
  EXPECT_THAT(error(list_of({{"function", {{"name", "f"}}}})),
              ::testing::HasSubstr("function.arguments is missing"));
  EXPECT_THAT(error(list_of(call("{oops"))),
              ::testing::StartsWith(
                  "messages[1].tool_calls[0].function.arguments is text that is not valid JSON ("));
  EXPECT_THAT(error(list_of(call(R"({"a": 1e400})"))), ::testing::HasSubstr("1e400"));
  EXPECT_EQ(error(list_of(call("5"))),
            "messages[1].tool_calls[0].function.arguments must be a JSON object, found number");
}

TEST(ToolCalls, WideIntegersInArgumentsKeepTheirDigits) {
  for (const Json& arguments : {Json(R"({"a": 18446744073709551616})"),
                                parse_json_exact(R"({"a": 18446744073709551616})", "x")}) {
    const auto with = [&](ArgumentForm form) {
      return normal_tool_calls(list_of(call(arguments)), form, "m")[0]["function"]["arguments"];
    };
    EXPECT_EQ(wide_integer(with(ArgumentForm::object)["a"]), "18446744073709551616");
    EXPECT_EQ(with(ArgumentForm::text), R"({"a": 18446744073709551616})");
  }
}

TEST(ToolCalls, TemplateVariablesAreAnObject) {
  const Json object = {{"enable_thinking", false}};
  EXPECT_EQ(normal_template_variables(object), object);
  EXPECT_EQ(normal_template_variables(object.dump()), object);
  for (const Json& none : {Json(), Json(" "), Json::object(), Json("{}")}) {
    EXPECT_EQ(normal_template_variables(none), Json::object());
  }
  const auto error = [](const Json& value) {
    return error_of([&] { normal_template_variables(value); });
  };
  EXPECT_EQ(error(5),
            "chat_template_kwargs must be an object such as {\"enable_thinking\": false}, or the "
            "JSON text of one; found 5");
  EXPECT_THAT(error(Json::array()), ::testing::HasSubstr("found an array"));
  EXPECT_THAT(error("{oops"),
              ::testing::StartsWith("chat_template_kwargs is text that is not valid JSON ("));
  EXPECT_EQ(error({{"tools", 1}}),
            "chat_template_kwargs has the name 'tools', which the row's own columns give to the "
            "chat template; leave it out");
}

TEST(ToolCalls, FunctionCallTurns) {
  const Json one =
      parse_function_call(R"({"name": "f", "arguments": {"x": 1}})", ArgumentForm::object, "turn");
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0]["function"]["name"], "f");
  EXPECT_EQ(one[0]["function"]["arguments"]["x"], 1);
  const Json two = parse_function_call(R"([{"name": "f", "arguments": "{}"}, {"name": "g"}])",
                                       ArgumentForm::object, "turn");
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[1]["function"]["arguments"], Json::object());
  EXPECT_THAT(error_of([] { parse_function_call("call f", ArgumentForm::object, "turn"); }),
              ::testing::StartsWith("turn is text that is not valid JSON ("));
  EXPECT_THAT(error_of([] { parse_function_call("[5]", ArgumentForm::object, "turn"); }),
              ::testing::StartsWith("turn: a call must be {\"name\""));
}

TEST(ToolCalls, ToolSchemas) {
  const Json bare = {{"name", "f"}, {"parameters", Json::object()}};
  const Json wrapped = {{"type", "function"}, {"function", bare}};
  const auto normal = [](const Json& tools) { return normal_tools(tools, "tools"); };
  EXPECT_EQ(normal(list_of(bare)), list_of(wrapped));
  EXPECT_EQ(normal(list_of(wrapped)), list_of(wrapped));
  EXPECT_EQ(normal(list_of(bare).dump()), list_of(wrapped));
  for (const Json& none : {Json(), Json::array(), Json(""), Json("[]")}) {
    EXPECT_TRUE(normal(none).is_null());
  }
  EXPECT_THAT(error_of([&] { normal("{oops"); }),
              ::testing::StartsWith("tools is text that is not valid JSON ("));
  EXPECT_THAT(error_of([&] { normal(5); }), ::testing::StartsWith("tools must be a list"));
  EXPECT_THAT(error_of([&] { normal(Json::array({5})); }),
              ::testing::StartsWith("tools must hold objects"));
}

TEST(ToolCalls, OneListOfToolsUnderSeveralNames) {
  const Json f = list_of({{"name", "f"}});
  const Json g = list_of({{"name", "g"}});
  const Json normal = normal_tools(f, "tools");
  EXPECT_EQ(one_of_tools(nullptr, f, "functions"), normal);
  EXPECT_EQ(one_of_tools(normal, Json::array(), "functions"), normal);
  EXPECT_EQ(one_of_tools(normal, f.dump(), "functions"), normal);
  EXPECT_EQ(error_of([&] { one_of_tools(normal, g, "functions"); }),
            "functions and the tools that the row has elsewhere differ; keep one list of them, as "
            "the column 'tools'");
}

}  // namespace
}  // namespace automodel::data
