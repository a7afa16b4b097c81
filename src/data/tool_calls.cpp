#include "data/tool_calls.h"

#include "base/error.h"
#include "base/exact_json.h"
#include "base/text.h"

namespace automodel::data {
namespace {

Json parse_text(const std::string& text, const std::string& where) {
  try {
    return parse_json_exact(text, "");
  } catch (const Error& error) {
    fail(ErrorKind::corrupt_data, "{} is text that is not valid JSON ({}): {}", where,
         error.message(), text);
  }
}

Json normal_arguments(const Json& arguments, ArgumentForm form, const std::string& where) {
  Json value = arguments;
  if (arguments.is_string()) {
    std::string text = arguments.get<std::string>();
    value = trim(text).empty() ? Json::object() : parse_text(text, where);
    if (form == ArgumentForm::text && !trim(text).empty()) {
      return text;  // as the row writes it
    }
  }
  check(value.is_object(), ErrorKind::corrupt_data, "{} must be a JSON object, found {}", where,
        value.type_name());
  return form == ArgumentForm::object ? value : Json(python_json(value));
}

Json normal_call(const Json& call, std::size_t number, ArgumentForm form,
                 const std::string& where) {
  check(call.is_object() && call.contains("function") && call["function"].is_object(),
        ErrorKind::corrupt_data,
        R"({} must be an object like {{"type": "function", "function": {{"name", "arguments"}}}})",
        where);
  const Json& function = call["function"];
  const Json name = function.value("name", Json());
  check(name.is_string() && !name.get_ref<const std::string&>().empty(), ErrorKind::corrupt_data,
        "{}.function.name must be a name", where);
  check(function.contains("arguments"), ErrorKind::corrupt_data,
        "{}.function.arguments is missing; write {{}} for a call without arguments", where);
  Json out = call;
  const Json id = call.value("id", Json());
  if (!id.is_string() || id.get_ref<const std::string&>().empty()) {
    out["id"] = call_id(number);
  }
  out["type"] = "function";
  out["function"]["arguments"] =
      normal_arguments(function["arguments"], form, where + ".function.arguments");
  return out;
}

/// Llama's templates call them parameters.
Json arguments_of(const Json& call, const std::string& where) {
  for (const char* key : {"arguments", "parameters"}) {
    if (call.contains(key)) {
      return call[key];
    }
  }
  check(call.size() == 1, ErrorKind::corrupt_data,
        "{}: the call {} has no arguments; write {{}} for a call without any", where, call.dump());
  return Json::object();
}

}  // namespace

std::string call_id(std::size_t number) { return fmt::format("call{:05}", number); }

Json normal_tool_calls(const Json& tool_calls, ArgumentForm form, const std::string& where) {
  check(tool_calls.is_array(), ErrorKind::corrupt_data, "{}.tool_calls must be a list, found {}",
        where, tool_calls.type_name());
  Json out = Json::array();
  for (std::size_t i = 0; i < tool_calls.size(); ++i) {
    out.push_back(normal_call(tool_calls[i], i, form, fmt::format("{}.tool_calls[{}]", where, i)));
  }
  return out;
}

Json parse_function_call(const Json& content, ArgumentForm form, const std::string& where) {
  Json calls = content;
  if (content.is_string()) {
    calls = parse_text(content.get<std::string>(), where);
  }
  if (!calls.is_array()) {
    calls = Json::array({std::move(calls)});
  }
  Json wrapped = Json::array();
  for (const Json& call : calls) {
    check(call.is_object(), ErrorKind::corrupt_data,
          R"({}: a call must be {{"name": ..., "arguments": {{...}}}}, found {})", where,
          call.dump());
    wrapped.push_back(
        {{"function",
          {{"name", call.value("name", Json())}, {"arguments", arguments_of(call, where)}}}});
  }
  return normal_tool_calls(wrapped, form, where);
}

Json normal_tools(const Json& tools, const std::string& where) {
  Json list = tools;
  if (tools.is_string()) {
    const std::string text = tools.get<std::string>();
    list = trim(text).empty() ? Json() : parse_text(text, where);
  }
  if (list.is_null() || (list.is_array() && list.empty())) {
    return nullptr;
  }
  check(list.is_array(), ErrorKind::corrupt_data,
        "{} must be a list of function schemas or the JSON text of one, found {}", where,
        list.type_name());
  for (Json& tool : list) {
    check(tool.is_object(), ErrorKind::corrupt_data, "{} must hold objects, found {}", where,
          tool.type_name());
    if (!tool.contains("function") && tool.contains("name")) {
      tool = {{"type", "function"}, {"function", std::move(tool)}};
    }
  }
  return list;
}

Json one_of_tools(const Json& tools, const Json& others, const std::string& where) {
  const Json normal = normal_tools(others, where);
  check(tools.is_null() || normal.is_null() || tools == normal, ErrorKind::corrupt_data,
        "{} and the tools that the row has elsewhere differ; keep one list of them, as the column "
        "'tools'",
        where);
  return tools.is_null() ? normal : tools;
}

Json normal_template_variables(const Json& variables) {
  Json object = variables;
  if (variables.is_string()) {
    const std::string text = variables.get<std::string>();
    object = trim(text).empty() ? Json() : parse_text(text, "chat_template_kwargs");
  }
  if (object.is_null()) {
    return Json::object();
  }
  check(
      object.is_object(), ErrorKind::corrupt_data,
      "chat_template_kwargs must be an object such as {{\"enable_thinking\": false}}, or the JSON "
      "text of one; found {}",
      object.is_array() ? "an array" : exact_text(object));
  for (const char* name : {"messages", "tools", "documents", "add_generation_prompt"}) {
    check(!object.contains(name), ErrorKind::corrupt_data,
          "chat_template_kwargs has the name '{}', which the row's own columns give to the chat "
          "template; leave it out",
          name);
  }
  return object;
}

Json example_tool() {
  return {{"type", "function"},
          {"function",
           {{"name", "look"},
            {"description", "Looks."},
            {"parameters", {{"type", "object"}, {"properties", Json::object()}}}}}};
}

Json example_call(const Json& arguments) {
  return {{"id", call_id(0)},
          {"type", "function"},
          {"function", {{"name", "look"}, {"arguments", arguments}}}};
}

}  // namespace automodel::data
