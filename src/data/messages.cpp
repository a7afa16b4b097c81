#include "data/messages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/exact_json.h"
#include "base/text.h"
#include "data/tool_calls.h"

namespace automodel::data {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kRoles = {{
    {"system", "system"},
    {"developer", "developer"},
    {"user", "user"},
    {"human", "user"},
    {"assistant", "assistant"},
    {"gpt", "assistant"},
    {"chatgpt", "assistant"},
    {"bing", "assistant"},
    {"bard", "assistant"},
    {"model", "assistant"},
    {"bot", "assistant"},
    {"tool", "tool"},
    {"observation", "tool"},
    {"tool_response", "tool"},
    {"function", "tool"},
    {"function_call", "tool_call"},
    {"tool_call", "tool_call"},
}};

std::string role_of(const Json& turn, const std::string& where) {
  const char* key = turn.contains("role") ? "role" : "from";
  check(turn.contains(key) && turn[key].is_string(), ErrorKind::corrupt_data,
        R"({} has no role; write {{"role": "user", "content": "..."}})", where);
  const auto& name = turn[key].get_ref<const std::string&>();
  std::vector<std::string> known;
  for (const auto& [alias, role] : kRoles) {
    if (alias == name) {
      return std::string(role);
    }
    known.emplace_back(alias);
  }
  fail(ErrorKind::corrupt_data,
       "{} has the unknown role '{}'{}; roles are system, developer, user, assistant and tool",
       where, name, did_you_mean(name, known));
}

/// Tables and servers write what is not there so as well.
bool is_nothing(const Json& value) { return value.empty() || value == ""; }

bool holds_media(const Json& value) {
  return value.is_structured() ? std::any_of(value.begin(), value.end(), holds_media)
                               : !is_nothing(value);
}

void check_is_text(const Json& object, const std::string& where) {
  for (const char* key : {"images", "image", "videos", "video", "audios", "audio"}) {
    check(!object.contains(key) || !holds_media(object[key]), ErrorKind::corrupt_data,
          "{} has '{}', which a text model cannot learn from; leave out such rows, or '{}' if the "
          "text does without",
          where, key, key);
  }
}

/// What trainers call the switch of a message that is not to be learnt: OpenAI, axolotl and
/// open-instruct, ms-swift, verl, slime and NeMo AutoModel.
constexpr std::array<const char*, 8> kSwitches = {"weight",    "loss_weight",   "train",
                                                  "training",  "loss",          "trainable",
                                                  "loss_mask", "step_loss_mask"};

bool is_learnable(Json& turn, const std::string& where) {
  for (const char* key : {"train_detail", "training_detail"}) {
    check(!turn.contains(key) || is_nothing(turn[key]), ErrorKind::corrupt_data,
          "{} has '{}', which marks parts of a message; a message is learnt wholly or not at all "
          "here: leave it out, or split the message",
          where, key);
  }
  bool learnable = true;
  for (const char* key : kSwitches) {
    if (!turn.contains(key) || turn[key].is_null()) {
      continue;
    }
    const Json& value = turn[key];
    const bool known = value.is_boolean() || value == 0 || value == 1;
    check(known, ErrorKind::corrupt_data,
          "{}.{} is {}; a message is learnt wholly (1) or not at all (0)", where, key,
          exact_text(value));
    learnable = learnable && value != 0 && value != false;
    turn.erase(key);
  }
  return learnable;
}

/// Collects a row's turns. Later turns may add to earlier ones.
class Reader {
 public:
  explicit Reader(ArgumentForm form) : form_(form) {}

  /// `may_learn`: whether the turn is of a part that is learnt.
  void add(Json turn, bool may_learn, const std::string& where) {
    check(turn.is_object(), ErrorKind::corrupt_data, "{} must be an object, found {}", where,
          turn.type_name());
    const std::string role = role_of(turn, where);
    check_is_text(turn, where);
    for (const char* key : {"tool_calls", "function_call"}) {
      if (!has(turn, key)) {
        turn.erase(key);  // templates take an empty list for calls
      }
    }
    const bool learnable = is_learnable(turn, where) && may_learn;
    if (role == "tool_call") {
      add_calls(turn, learnable, where);
      return;
    }
    check_has_content(turn, role, where);
    Json message = {{"role", role}, {"content", ""}};
    for (const auto& [key, value] : turn.items()) {
      if (key != "role" && key != "from" && key != "content" && key != "value") {
        message[key] = std::move(value);
      }
    }
    set_content(message, content_of(turn), where);
    finish(message, where);
    push(std::move(message), learnable);
  }

  Conversation take() { return std::move(out_); }

 private:
  static bool has(const Json& turn, const char* key) {
    return turn.contains(key) && !is_nothing(turn[key]);
  }

  static bool has_reasoning(const Json& turn) {
    return std::ranges::any_of(kReasoningKeys, [&](const char* key) { return has(turn, key); });
  }

  /// A content that stands under another name must not be lost.
  static void check_has_content(const Json& turn, const std::string& role,
                                const std::string& where) {
    const bool may_have_none =
        role == "assistant" &&
        (has(turn, "tool_calls") || has(turn, "function_call") || has_reasoning(turn));
    std::vector<std::string> keys;
    for (const auto& item : turn.items()) {
      keys.push_back(item.key());
    }
    check(turn.contains("content") || turn.contains("value") || may_have_none,
          ErrorKind::corrupt_data, "{} has no content; its keys are: {}", where, join(keys, ", "));
  }

  static Json content_of(const Json& turn) {
    return turn.value(turn.contains("content") ? "content" : "value", Json());
  }

  /// Whether these are parts of a content, not a list that a tool returned.
  static bool are_typed(const Json& list) {
    const auto is_typed = [](const Json& part) {
      return part.is_object() && part.contains("type");
    };
    return list.is_array() && !list.empty() && std::ranges::all_of(list, is_typed);
  }

  void set_content(Json& message, const Json& content, const std::string& where) {
    if (content.is_string()) {
      message["content"] = content;
    } else if (message["role"] == "tool" && !content.is_null() && !are_typed(content)) {
      message["content"] = python_json(content);
    } else if (content.is_array()) {
      set_parts(message, content, where);
    } else {
      const bool may_be_empty = message["role"] == "assistant" || message["role"] == "tool";
      check(content.is_null() && may_be_empty, ErrorKind::corrupt_data,
            "{}.content must be a string or a list of text parts, found {}", where,
            content.is_null() ? "none" : content.type_name());
    }
  }

  void set_parts(Json& message, const Json& parts, const std::string& where) {
    std::vector<std::string> texts, reasoning;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      add_part(message, texts, reasoning, parts[i], fmt::format("{}.content[{}]", where, i));
    }
    message["content"] = join(texts, " ");
    if (!reasoning.empty()) {
      check(!has_reasoning(message), ErrorKind::corrupt_data,
            "{} has its reasoning twice, as a part of the content and beside it; keep one", where);
      message["reasoning_content"] = join(reasoning, " ");
    }
  }

  void add_part(Json& message, std::vector<std::string>& texts, std::vector<std::string>& reasoning,
                const Json& part, const std::string& where) const {
    if (part.is_string()) {
      texts.push_back(part.get<std::string>());
      return;
    }
    check(part.is_object(), ErrorKind::corrupt_data,
          R"({} must be {{"type": "text", "text": "..."}}, found {})", where, part.type_name());
    const std::string type = part.value("type", Json("text")).dump();
    const Json value = part.value(part.contains("text") ? "text" : "value", Json());
    if (type == "\"text\"" && value.is_string()) {
      texts.push_back(value.get<std::string>());
    } else if (type == "\"reasoning\"" && value.is_string()) {
      reasoning.push_back(value.get<std::string>());
    } else if (type == "\"tool_call\"") {
      append_calls(message, parse_function_call(value, form_, where));
    } else {
      fail(ErrorKind::corrupt_data,
           "{} is a part of type {}; a text model learns from parts of type \"text\" with a "
           "\"text\" only",
           where, type);
    }
  }

  static void append_calls(Json& message, const Json& calls) {
    if (!message.contains("tool_calls") || !message["tool_calls"].is_array()) {
      message["tool_calls"] = Json::array();
    }
    Json& all = message["tool_calls"];
    for (Json call : calls) {
      call["id"] = call_id(all.size());
      all.push_back(std::move(call));
    }
  }

  void finish(Json& message, const std::string& where) {
    if (message["role"] == "assistant") {
      finish_assistant(message, where);
    } else if (message["role"] == "tool") {
      finish_tool(message);
    } else {
      pending_ids_.clear();
    }
  }

  void finish_assistant(Json& message, const std::string& where) {
    for (const char* key : kReasoningKeys) {
      const Json reasoning = message.value(key, Json());
      check(reasoning.is_null() || reasoning.is_string(), ErrorKind::corrupt_data,
            "{}.{} must be a string, found {}", where, key, reasoning.type_name());
      if (reasoning.is_null()) {
        message.erase(key);
      }
    }
    take_older_call(message, where);
    if (message.contains("tool_calls")) {
      message["tool_calls"] = normal_tool_calls(message["tool_calls"], form_, where);
    }
    expect_answers(message);
  }

  void take_older_call(Json& message, const std::string& where) const {
    if (has(message, "function_call")) {
      check(!has(message, "tool_calls"), ErrorKind::corrupt_data,
            "{} has tool_calls and the older function_call; keep one of them", where);
      append_calls(message,
                   parse_function_call(message["function_call"], form_, where + ".function_call"));
    }
    message.erase("function_call");
  }

  void expect_answers(const Json& message) {
    pending_ids_.clear();
    if (message.contains("tool_calls")) {
      for (const Json& call : message["tool_calls"]) {
        pending_ids_.push_back(call["id"].get<std::string>());
      }
    }
  }

  void finish_tool(Json& message) {
    const Json id = message.value("tool_call_id", Json());
    if (id.is_string() && !id.get_ref<const std::string&>().empty()) {
      std::erase(pending_ids_, id.get_ref<const std::string&>());
    } else if (!pending_ids_.empty()) {
      message["tool_call_id"] = pending_ids_.front();
      pending_ids_.erase(pending_ids_.begin());
    } else {
      message.erase("tool_call_id");
    }
  }

  void add_calls(const Json& turn, bool learnable, const std::string& where) {
    const Json calls = parse_function_call(content_of(turn), form_, where);
    const bool joins = !out_.messages.empty() && out_.messages.back()["role"] == "assistant" &&
                       out_.learnable.back() == learnable && !has_reasoning(turn);
    if (!joins) {
      push({{"role", "assistant"}, {"content", ""}}, learnable);
    }
    for (const char* key : kReasoningKeys) {
      if (has(turn, key)) {
        out_.messages.back()[key] = turn[key];
      }
    }
    append_calls(out_.messages.back(), calls);
    expect_answers(out_.messages.back());
  }

  void push(Json message, bool learnable) {
    out_.messages.push_back(std::move(message));
    out_.learnable.push_back(learnable);
  }

  ArgumentForm form_;
  Conversation out_;
  std::vector<std::string> pending_ids_;  // calls that no tool message has answered yet
};

std::string python_object(const Json& value) {
  std::vector<std::string> items;
  for (const auto& [key, item] : value.items()) {
    items.push_back(fmt::format("{}: {}", Json(key).dump(), python_json(item)));
  }
  return fmt::format("{{{}}}", join(items, ", "));
}

Json read_documents(Json documents) {
  const bool fits = documents.is_null() ||
                    (documents.is_array() &&
                     std::all_of(documents.begin(), documents.end(),
                                 [](const Json& document) { return document.is_object(); }));
  check(fits, ErrorKind::corrupt_data,
        R"(documents must be a list of objects (such as {{"title": ..., "text": ...}}), found {})",
        documents.is_array() ? "a list with other things" : documents.type_name());
  return documents;
}

/// Columns of rows without turns; a kind may have no context, nor a question.
struct ColumnKind {
  std::string_view context, question, answer;
};

/// What reads a row without turns that has the columns of a question and an answer, or a text.
std::string other_kind(const Json& row) {
  constexpr std::array<ColumnKind, 12> kKinds = {{{"instruction", "input", "output"},
                                                  {"", "instruction", "output"},
                                                  {"context", "instruction", "response"},
                                                  {"", "instruction", "response"},
                                                  {"", "query", "response"},
                                                  {"", "problem", "solution"},
                                                  {"", "input", "output"},
                                                  {"", "prompt", "completion"},
                                                  {"", "prompt", "response"},
                                                  {"", "prompt", "chosen"},
                                                  {"", "question", "answer"},
                                                  {"", "", "text"}}};
  const auto has = [&](std::string_view name) { return name.empty() || row.contains(name); };
  const auto* const kind = std::ranges::find_if(kKinds, [&](const ColumnKind& k) {
    return has(k.context) && has(k.question) && has(k.answer) &&
           !(k.question.empty() && row[k.answer].is_array());
  });
  if (kind == kKinds.end()) {
    return "";
  }
  if (row[kind->answer].is_array()) {
    return fmt::format("; join the turns of '{}' and '{}' to one list 'messages'", kind->question,
                       kind->answer);
  }
  return fmt::format(
      "; read such rows by _target_: nemo_automodel.components.datasets.llm."
      "ColumnMappedTextInstructionDataset with column_mapping: {{{}{}answer: {}}}{}",
      kind->context.empty() ? "" : fmt::format("context: {}, ", kind->context),
      kind->question.empty() ? "" : fmt::format("question: {}, ", kind->question), kind->answer,
      kind->question.empty() ? "" : " and use_hf_chat_template: true");
}

/// A column of turns, and whether they may be learnt.
struct TurnList {
  std::string key;
  bool learnable = true;
};

std::vector<TurnList> lists_of(const Json& row) {
  for (const char* key : {"messages", "conversations"}) {
    if (row.contains(key) && !row[key].is_null()) {
      return {{key}};
    }
  }
  if (row.contains("prompt") && row.contains("completion") && row["completion"].is_array()) {
    return {{"prompt", false}, {"completion"}};
  }
  for (const char* key : {"messages", "conversations"}) {
    check(!row.contains(key), ErrorKind::corrupt_data,
          "the row's '{}' is null, expected a list of messages", key);
  }
  std::vector<std::string> keys;
  for (const auto& item : row.items()) {
    keys.push_back(item.key());
  }
  fail(ErrorKind::corrupt_data,
       "the row has neither 'messages' nor 'conversations'{}; its columns are: {}{}",
       did_you_mean("messages", keys), join(keys, ", "), other_kind(row));
}

/// Files without lists, such as CSV, hold the turns as JSON text.
Json turns_in(const Json& column, const std::string& key) {
  try {
    return column.is_string() ? parse_json_exact(column.get_ref<const std::string&>(), key)
                              : column;
  } catch (const Error&) {
    fail(ErrorKind::corrupt_data,
         "'{}' must be a list of turns, found a text that is not the JSON of one, as json.dumps "
         "writes it",
         key);
  }
}

struct SystemColumn {
  std::string key;
  std::string text;
};

std::optional<SystemColumn> system_column(const Json& row) {
  std::optional<SystemColumn> found;
  for (const char* key : {"system", "system_prompt"}) {
    const Json value = row.value(key, Json());
    if (is_nothing(value)) {
      continue;
    }
    check(value.is_string(), ErrorKind::corrupt_data,
          "the column '{}' must be a text, the system prompt, found {}", key, value.type_name());
    check(!found || value == Json(found->text), ErrorKind::corrupt_data,
          "the row has two system prompts, 'system' and 'system_prompt', which differ; keep one");
    found = {key, value.get<std::string>()};
  }
  return found;
}

/// Puts what a column says as the system's turn where the turns have none.
void add_system(Conversation& conversation, const SystemColumn& column, bool learnable) {
  Json& messages = conversation.messages;
  if (std::ranges::none_of(messages, is_system)) {
    messages.insert(messages.begin(), Json{{"role", "system"}, {"content", column.text}});
    conversation.learnable.insert(conversation.learnable.begin(), learnable);
    return;
  }
  const auto is_same = [&](const Json& message) {
    return is_system(message) &&
           trim(message["content"].get_ref<const std::string&>()) == trim(column.text);
  };
  check(std::ranges::any_of(messages, is_same), ErrorKind::corrupt_data,
        "the row's column '{}' and its system turn are two system prompts that differ; keep one",
        column.key);
}

}  // namespace

bool is_system(const Json& message) {
  return message["role"] == "system" || message["role"] == "developer";
}

std::string python_json(const Json& value) {
  if (value.is_object()) {
    return python_object(value);
  }
  if (!value.is_array()) {
    return exact_text(value);
  }
  std::vector<std::string> items;
  for (const Json& item : value) {
    items.push_back(python_json(item));
  }
  return fmt::format("[{}]", join(items, ", "));
}

Conversation read_conversation(const Json& row, ArgumentForm arguments) {
  check_is_text(row, "the row");
  Reader reader(arguments);
  const std::vector<TurnList> lists = lists_of(row);
  for (const TurnList& list : lists) {
    const Json turns = turns_in(row[list.key], list.key);
    check(turns.is_array(), ErrorKind::corrupt_data, "'{}' must be a list of turns, found {}",
          list.key, turns.type_name());
    check(!turns.empty(), ErrorKind::corrupt_data, "'{}' is empty: there is nothing to learn",
          list.key);
    for (std::size_t i = 0; i < turns.size(); ++i) {
      reader.add(turns[i], list.learnable, fmt::format("{}[{}]", list.key, i));
    }
  }
  Conversation conversation = reader.take();
  if (const auto system = system_column(row)) {
    add_system(conversation, *system, lists.front().learnable);
  }
  conversation.tools = one_of_tools(normal_tools(row.value("tools", Json()), "tools"),
                                    row.value("functions", Json()), "functions");
  conversation.documents = read_documents(row.value("documents", Json()));
  conversation.template_variables =
      normal_template_variables(row.value("chat_template_kwargs", Json()));
  return conversation;
}

}  // namespace automodel::data
