#pragma once
// Conversations as data files write them, brought to the one form that chat templates read:
// messages of {"role", "content", ...} with OpenAI's tool calls.

#include <string>
#include <vector>

#include "base/json.h"
#include "text/chat_messages.h"

namespace automodel::data {

using text::kReasoningKeys;

struct Conversation {
  /// Roles system, developer, user, assistant, tool; contents are strings.
  Json messages = Json::array();
  /// OpenAI function schemas, or null.
  Json tools;
  /// What a template for retrieval shows: objects, mostly of title and text; or null.
  Json documents;
  /// Further variables of the chat template for this row: an object.
  Json template_variables = Json::object();
  /// For each message whether the row lets it be learnt (its "weight", "train" or what other
  /// trainers call this switch).
  std::vector<bool> learnable;
  bool operator==(const Conversation&) const = default;
};

/// How tool calls reach the template: `arguments` as an object, or as that object's JSON text.
enum class ArgumentForm { object, text };

/// Reads a row's conversation:
/// - "messages" or "conversations": a list of {role, content} or ShareGPT {from, value} turns, with
///   roles under any of their usual names (human, gpt, function_call, observation ...); or TRL's
///   "prompt" and "completion", two such lists, of which only the second one is learnt.
/// - "system" or "system_prompt": the system's message where the turns have none.
/// - Content: a string, a list of text parts (joined by a blank), null for an assistant or a tool.
///   What else a tool returns becomes its JSON text; so does a list unless each entry has a "type".
///   Parts of type "reasoning" and "tool_call" go where OpenAI's form has them.
/// - An assistant's "function_call" (OpenAI's older form) becomes a tool call.
/// - function_call / tool_call turns become tool_calls of the assistant's turn before them, or of a
///   turn of their own; tool turns get the ids of the calls that they answer, in order.
/// - "tools", or "functions": a list or the JSON text of one; bare function schemas are wrapped as
///   OpenAI's.
/// - "documents": a list of objects.
/// - "chat_template_kwargs": an object or the JSON text of one.
/// Nulls, empty texts and empty lists in these places are as if they were not there.
/// Throws Error(corrupt_data) that names the message and what is wrong with it; also if there are
/// images, videos or audio.
Conversation read_conversation(const Json& row, ArgumentForm arguments = ArgumentForm::object);

/// Whether the system or the developer says it.
bool is_system(const Json& message);

/// JSON as Python's json.dumps(ensure_ascii=False) writes it.
std::string python_json(const Json& value);

}  // namespace automodel::data
