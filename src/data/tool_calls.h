#pragma once
// The tool calls of assistant messages, in OpenAI's form.

#include <cstddef>
#include <string>

#include "base/json.h"
#include "data/messages.h"

namespace automodel::data {

/// The id of a message's call that has none, by its number: of the form that Mistral's templates
/// want, nine letters and digits.
std::string call_id(std::size_t number);

/// A checked copy of an assistant's "tool_calls": each {"id", "type": "function", "function":
/// {"name", "arguments"}} with missing ids filled in and arguments in the form asked for.
/// Throws Error(corrupt_data) starting with `where`.
Json normal_tool_calls(const Json& tool_calls, ArgumentForm form, const std::string& where);

/// The calls in the text of a ShareGPT function_call turn: {"name", "arguments"} or a list of such,
/// as JSON value or text. Throws Error(corrupt_data) starting with `where`.
Json parse_function_call(const Json& content, ArgumentForm form, const std::string& where);

/// A list of tools, or its JSON text, as OpenAI schemas; null if there are none.
/// Throws Error(corrupt_data) starting with `where`.
Json normal_tools(const Json& tools, const std::string& where);

/// `tools`, which are normal, or `others` where there are none.
/// Throws Error(corrupt_data) starting with `where`, which is where the others are, if they differ.
Json one_of_tools(const Json& tools, const Json& others, const std::string& where);

/// A row's "chat_template_kwargs" as an object, empty if there are none.
/// Throws Error(corrupt_data).
Json normal_template_variables(const Json& variables);

/// A tool without parameters, and a call of it, by which chat templates are tried.
Json example_tool();
Json example_call(const Json& arguments);

}  // namespace automodel::data
