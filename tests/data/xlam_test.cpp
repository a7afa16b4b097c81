#include "data/xlam.h"

#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

constexpr const char* kTools =
    R"([{"name": "f", "description": "Does.", "parameters": {
          "a": {"type": "int", "description": "A"}, "b": {"type": "str", "default": "x"},
          "c": {"type": "List", "enum": [1]}, "d": {"type": "odd"}, "e": null}}, {"name": "g"}])";

TEST(Xlam, ToolSchemas) {
  const Json tools = xlam_tools(kTools);
  EXPECT_EQ(tools[0], parse_json(R"({"type": "function", "function": {
      "name": "f", "description": "Does.", "parameters": {"type": "object", "properties": {
        "a": {"type": "integer", "description": "A"},
        "b": {"type": "string", "description": "", "default": "x"},
        "c": {"type": "array", "description": "", "enum": [1]},
        "d": {"type": "string", "description": ""}}, "required": ["a", "c", "d"]}}})",
                                 ""));
  EXPECT_EQ(tools[1]["function"]["parameters"],
            parse_json(R"({"type": "object", "properties": {}})", ""));
  EXPECT_EQ(error_of([] { xlam_tools(Json(5)); }), "column 'tools' must be a list, found number");
  EXPECT_EQ(error_of([] { xlam_tools(Json::array({1})); }),
            "column 'tools' must hold objects with a name, found 1");
  EXPECT_THAT(error_of([] { xlam_tools("[{\"name\": \"f\", \"parameters\": 1}]"); }),
              ::testing::HasSubstr("the parameters of tool \"f\" must be an object"));
}

TEST(Xlam, AJsonSchemaStaysAsItIs) {
  const Json schema = {
      {"type", "object"}, {"properties", {{"city", {{"type", "string"}}}}}, {"required", {"city"}}};
  const Json tools = xlam_tools(Json::array({{{"name", "w"}, {"parameters", schema}}}));
  EXPECT_EQ(tools[0]["function"]["parameters"], schema);
  EXPECT_EQ(error_of([] { xlam_tools(R"([{"name": "w", "parameters": {"city": "str"}}])"); }),
            "the parameter 'city' of tool \"w\" must be an object such as {\"type\": \"int\"}, "
            "found \"str\"");
}

TEST(Xlam, CallsAreLearnt) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.json",
                                 R"([{"query": "q", "tools": "[{\"name\": \"f\"}]",
           "answers": "[{\"name\": \"f\", \"arguments\": {\"a\": 1}}]"},
          {"query": "q", "tools": [], "answers": []}])");
  const TextContext context = test_context(
      {{"default",
        "{% for m in messages %}{{ m.role + ':' + m.content }}{% for c in m.tool_calls or [] %}"
        "{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}{{ '</s>' }}"
        "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"}});
  const auto dataset = make_xlam_dataset({.paths = {path}}, context);
  EXPECT_EQ(show_sample(dataset->sample(0), context.tokenizer, MarkStyle::brackets),
            "user:q</s>assistant:[f{\"a\": 1}</s>]");
  EXPECT_THAT(error_of([&] { dataset->sample(1); }),
              ::testing::HasSubstr("column 'answers' has no call to learn"));
}

TEST(Xlam, Keys) {
  Keys keys({{"dataset_name", "a.json"},
             {"split", "train"},
             {"seq_length", nullptr},
             {"limit_dataset_samples", 4},
             {"fp8", false},
             {"padding", false},
             {"truncation", false}},
            "dataset X");
  EXPECT_EQ(read_xlam_options(keys).rows.max_rows, 4);
  keys.finish();
  Keys sliced({{"dataset_name", "a"}, {"split", "train[:9]"}, {"limit_dataset_samples", 4}}, "X");
  EXPECT_EQ(read_xlam_options(sliced).rows.max_rows, std::nullopt) << "as upstream";
}

}  // namespace
}  // namespace automodel::data
