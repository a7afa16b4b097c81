#include "data/xlam.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/exact_json.h"
#include "base/text.h"
#include "data/chat_format.h"
#include "data/columns.h"
#include "data/split.h"
#include "data/tool_calls.h"

namespace automodel::data {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes = {{
    {"str", "string"},
    {"string", "string"},
    {"int", "integer"},
    {"integer", "integer"},
    {"float", "number"},
    {"double", "number"},
    {"number", "number"},
    {"bool", "boolean"},
    {"boolean", "boolean"},
    {"list", "array"},
    {"array", "array"},
    {"object", "object"},
}};

std::string json_type(const Json& type) {
  const std::string name = type.is_string() ? to_lower_ascii(type.get<std::string>()) : "string";
  for (const auto& [python, json] : kTypes) {
    if (python == name) {
      return std::string(json);
    }
  }
  return "string";
}

Json property(const Json& parameter) {
  Json out = {{"type", json_type(parameter.value("type", Json()))},
              {"description", parameter.value("description", Json(""))}};
  for (const char* key : {"enum", "default"}) {
    if (parameter.contains(key)) {
      out[key] = parameter[key];
    }
  }
  return out;
}

/// xLAM's own form has a description of each parameter by name.
Json object_of(const Json& parameters, const std::string& tool) {
  const bool is_schema = parameters.is_object() && parameters.value("type", Json()) == "object" &&
                         parameters.value("properties", Json()).is_object();
  if (is_schema) {
    return parameters;
  }
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& [name, parameter] : parameters.items()) {
    check(parameter.is_object() || parameter.is_null(), ErrorKind::corrupt_data,
          R"(the parameter '{}' of tool {} must be an object such as {{"type": "int"}}, found {})",
          name, tool, exact_text(parameter));
    if (parameter.is_object()) {
      properties[name] = property(parameter);
      if (!parameter.contains("default")) {
        required.push_back(name);
      }
    }
  }
  Json object = {{"type", "object"}, {"properties", properties}};
  if (!required.empty()) {
    object["required"] = required;
  }
  return object;
}

Json schema(const Json& tool) {
  check(tool.is_object() && tool.contains("name") && tool["name"].is_string(),
        ErrorKind::corrupt_data, "column 'tools' must hold objects with a name, found {}",
        tool.dump());
  const Json parameters = tool.value("parameters", Json::object());
  check(parameters.is_object() || parameters.is_null(), ErrorKind::corrupt_data,
        "the parameters of tool {} must be an object, found {}", tool["name"].dump(),
        parameters.type_name());
  return {{"type", "function"},
          {"function",
           {{"name", tool["name"]},
            {"description", tool.value("description", Json(""))},
            {"parameters", object_of(parameters, tool["name"].dump())}}}};
}

/// A row in the form that read_conversation takes.
Json as_chat_row(const Json& row) {
  const Json calls = parse_function_call(column(row, "answers"), ArgumentForm::object, "answers");
  check(!calls.empty(), ErrorKind::corrupt_data, "column 'answers' has no call to learn");
  Json messages = Json::array();
  messages.push_back({{"role", "user"}, {"content", text_column(row, "query")}});
  messages.push_back({{"role", "assistant"}, {"content", ""}, {"tool_calls", calls}});
  return {{"messages", messages}, {"tools", xlam_tools(column(row, "tools"))}};
}

}  // namespace

Json xlam_tools(const Json& tools) {
  const Json list = tools.is_string() ? parse_json_exact(tools.get<std::string>(), "tools") : tools;
  check(list.is_array(), ErrorKind::corrupt_data, "column 'tools' must be a list, found {}",
        list.type_name());
  Json out = Json::array();
  for (const Json& tool : list) {
    out.push_back(schema(tool));
  }
  return out;
}

std::unique_ptr<const Dataset> make_xlam_dataset(const XlamOptions& options, TextContext context) {
  context = with_chat_template(std::move(context), options.chat_template);
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  const ChatFormat format(shared, {});
  return make_limited_dataset(
      open_split(options.paths, options.split, options.rows),
      [format](const Json& row) { return format.tokenize(format.read(as_chat_row(row))); },
      options.limit, shared);
}

XlamOptions read_xlam_options(Keys& keys) {
  XlamOptions options;
  options.paths = keys.paths("dataset_name");
  options.split = keys.text("split", "train");
  options.limit = read_limit(keys);
  options.rows.max_rows = read_row_limit(keys, options.split);
  options.chat_template = keys.maybe_text("chat_template");
  options.rows.source = read_source_options(keys);
  keys.flag("fp8", false);  // upstream reads it and uses it nowhere
  return options;
}

}  // namespace automodel::data
