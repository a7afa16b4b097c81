#include "data/template_traits.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "data/answer_end.h"
#include "data/thinking.h"
#include "data/tool_calls.h"

namespace automodel::data {
namespace {

constexpr const char* kProbed = R"({"probed": "yes"})";

/// A call of example_tool() whose arguments, in this form, are kProbed.
Json probed_call(ArgumentForm form) {
  return example_call(form == ArgumentForm::text ? Json(kProbed) : Json::parse(kProbed));
}

constexpr const char* kMark = "Probed.";

Json probed_question() { return {{"role", "user"}, {"content", "Look."}}; }

/// A short conversation whose answer has kMark as this part.
Json conversation_with(const std::string& part, ArgumentForm form) {
  Json answer = {{"role", "assistant"}, {"content", "Fine."}};
  if (part == kTextBesideCalls) {
    answer["tool_calls"] = Json::array({probed_call(form)});
  }
  if (part == kThinkBlock) {
    answer["content"] = fmt::format("<think>\n{}\n</think>\n\nFine.", kMark);
  } else {
    answer[part] = kMark;
  }
  return Json::array({probed_question(), answer});
}

/// False also if the template refuses the conversation, with tools or without.
bool is_hidden(const text::ChatTemplate& chat_template, const TextContext& context,
               const Json& messages) {
  for (const Json& tools : {Json(), Json::array({example_tool()})}) {
    try {
      const auto text =
          chat_template.render(messages, render_options(context, tools), context.special_tokens);
      if (text.text.find(kMark) != std::string::npos) {
        return false;
      }
    } catch (const Error&) {
      return false;
    }
  }
  return true;
}

/// Whether tools under this key of a message, as a list or as text, are not written.
bool are_tools_hidden(const text::ChatTemplate& chat_template, const TextContext& context,
                      const char* key) {
  Json tools = Json::array({example_tool()});
  tools[0]["function"]["description"] = kMark;
  Json messages = Json::array({{{"role", "system"}, {"content", "Help."}},
                               probed_question(),
                               {{"role", "assistant"}, {"content", "Fine."}}});
  return std::ranges::all_of(std::array{tools, Json(tools.dump())}, [&](const Json& value) {
    messages[0][key] = value;
    return is_hidden(chat_template, context, messages);
  });
}

std::vector<std::string> hidden_parts(const text::ChatTemplate& chat_template,
                                      const TextContext& context, ArgumentForm form) {
  std::vector<std::string> parts = {kTextBesideCalls, kThinkBlock};
  parts.insert(parts.end(), kReasoningKeys.begin(), kReasoningKeys.end());
  std::erase_if(parts, [&](const std::string& part) {
    return !is_hidden(chat_template, context, conversation_with(part, form));
  });
  std::ranges::copy_if(kToolKeys, std::back_inserter(parts), [&](const char* key) {
    return are_tools_hidden(chat_template, context, key);
  });
  return parts;
}

/// A question and this answer to it; nothing if the template refuses them.
std::optional<std::string> try_answer(const text::ChatTemplate& chat_template,
                                      const TextContext& context, const Json& answer) {
  try {
    const auto options = render_options(context, Json::array({example_tool()}));
    return chat_template
        .render(Json::array({probed_question(), answer}), options, context.special_tokens)
        .text;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// An answer that says `content` and calls a tool with arguments in this form.
std::optional<std::string> probe(const text::ChatTemplate& chat_template,
                                 const TextContext& context, std::optional<ArgumentForm> call,
                                 const char* content = "") {
  Json answer = {{"role", "assistant"}, {"content", content}};
  if (call) {
    answer["tool_calls"] = Json::array({probed_call(*call)});
  }
  return try_answer(chat_template, context, answer);
}

bool writes_arguments(const std::optional<std::string>& text) {
  return text && text->find(kProbed) != std::string::npos;
}

/// Arguments in a syntax of the template's own; not as Python shows a mapping.
bool spells_arguments(const std::optional<std::string>& text) {
  const auto has = [&](std::string_view part) { return text->find(part) != std::string::npos; };
  return text && has("probed") && has("yes") && !has("'probed'");
}

/// Whether an answer with this text shows that it calls a tool. True also if the template refuses
/// it.
bool writes_calls(const text::ChatTemplate& chat_template, const TextContext& context,
                  ArgumentForm form, const char* content) {
  const auto calls = probe(chat_template, context, form, content);
  return !calls || calls != probe(chat_template, context, std::nullopt, content);
}

/// Whether all calls of a message show. True also if the template refuses more than one.
bool writes_every_call(const text::ChatTemplate& chat_template, const TextContext& context,
                       ArgumentForm form) {
  const std::array<std::string, 2> names = {"probed_first", "probed_second"};
  Json answer = {{"role", "assistant"}, {"content", ""}, {"tool_calls", Json::array()}};
  for (const std::string& name : names) {
    Json call = probed_call(form);
    call["id"] = call_id(answer["tool_calls"].size());
    call["function"]["name"] = name;
    answer["tool_calls"].push_back(call);
  }
  const auto calls = try_answer(chat_template, context, answer);
  return !calls || std::ranges::all_of(names, [&](const std::string& name) {
    return calls->find(name) != std::string::npos;
  });
}

/// What ends the answer to a question where only the next message, a tool's behind a call, has it.
std::string end_in_next(const text::ChatTemplate& chat_template, const TextContext& context,
                        std::optional<ArgumentForm> call) {
  Json answer = {{"role", "assistant"}, {"content", call ? "" : kMark}};
  Json next = {{"role", call ? "tool" : "user"}, {"content", "More."}};
  if (call) {
    answer["tool_calls"] = Json::array({probed_call(*call)});
    next["tool_call_id"] = answer["tool_calls"][0]["id"];
  }
  Json messages = Json::array({probed_question(), answer});
  const auto render = [&] {
    const auto options = render_options(context, call ? Json::array({example_tool()}) : Json());
    return chat_template.render(messages, options, context.special_tokens).text;
  };
  try {
    const std::string answered = render();
    const bool has_end = !call && !trim(answered).ends_with(kMark);
    messages.push_back(next);
    return has_end ? "" : next_begin(answered, render(), context);
  } catch (const Error&) {
    return "";
  }
}

std::string_view said_beside_calls(const Json& message) {
  return calls_tools(message) ? without_thinking(message["content"].get_ref<const std::string&>())
                              : std::string_view();
}

std::string_view said_in_think_block(const Json& message) {
  const std::string_view content = message["content"].get_ref<const std::string&>();
  const auto thinking = message["role"] == "assistant" ? thinking_in(content) : std::nullopt;
  return thinking ? trim(content.substr(thinking->begin, thinking->end - thinking->begin))
                  : std::string_view();
}

/// What the message says as this part, one of those that templates hide.
std::string_view said_as(const std::string& part, const Json& message) {
  if (part == kTextBesideCalls) {
    return said_beside_calls(message);
  }
  if (part == kThinkBlock) {
    return said_in_think_block(message);
  }
  const auto found = message.find(part);
  const bool says = std::ranges::find(kReasoningKeys, part) != kReasoningKeys.end() &&
                    found != message.end() && found->is_string();
  return says ? trim(found->get_ref<const std::string&>()) : std::string_view();
}

/// Whether one of the texts shows this.
bool shows(std::span<const MarkedText> texts, std::string_view said) {
  return std::ranges::any_of(
      texts, [&](const MarkedText& text) { return text.text.find(said) != std::string::npos; });
}

/// Messages whose content some templates write of the first one of a role only, or not at all.
bool may_be_lost(const Json& message) { return is_system(message) || message["role"] == "tool"; }

/// As it is, or as the filter tojson writes it.
bool shows_content(std::span<const MarkedText> texts, std::string_view said) {
  const auto shows_inside = [&](std::string_view quoted) {
    return shows(texts, quoted.substr(1, quoted.size() - 2));
  };
  return shows(texts, said) || shows_inside(python_json(said)) ||
         shows_inside(Json(said).dump(-1, ' ', /*ensure_ascii=*/true));
}

/// A content that no text has may be written otherwise, such as in XML: then a mark in its place
/// is.
bool are_messages_shown(const Conversation& conversation, std::span<const MarkedText> texts,
                        const MarkAll& mark_all) {
  std::vector<std::size_t> not_found;
  for (std::size_t k = 0; k < conversation.messages.size(); ++k) {
    const Json& message = conversation.messages[k];
    if (may_be_lost(message) &&
        !shows_content(texts, trim(message["content"].get_ref<const std::string&>()))) {
      not_found.push_back(k);
    }
  }
  if (not_found.empty()) {
    return true;
  }
  Conversation probed = conversation;
  std::vector<std::string> marks;
  for (const std::size_t k : not_found) {
    marks.push_back(fmt::format("Probed {}.", marks.size()));
    probed.messages[k]["content"] = marks.back();
  }
  try {
    const auto others = mark_all(probed);
    return std::ranges::all_of(marks, [&](const auto& said) { return shows(others, said); });
  } catch (const Error&) {
    return true;  // the template wants these contents
  }
}

}  // namespace

text::RenderOptions render_options(const TextContext& context, const Json& tools) {
  text::RenderOptions options;
  options.tools = tools;
  options.extra = context.template_variables;
  options.now = kTemplateTime;
  return options;
}

bool calls_tools(const Json& message) {
  const auto found = message.find("tool_calls");
  return found != message.end() && !found->empty();
}

TemplateTraits traits_of(const text::ChatTemplate& chat_template, const TextContext& context) {
  const auto of_object = probe(chat_template, context, ArgumentForm::object);
  const auto of_text = probe(chat_template, context, ArgumentForm::text);
  const bool takes_object = writes_arguments(of_object) || spells_arguments(of_object);
  const bool as_text = !takes_object && writes_arguments(of_text);
  const ArgumentForm form = as_text ? ArgumentForm::text : ArgumentForm::object;
  const std::string ends_answers = end_in_next(chat_template, context, std::nullopt);
  return {.arguments = form,
          .writes_tools = chat_template.uses("tools"),
          .writes_calls = writes_calls(chat_template, context, form, ""),
          .writes_every_call = writes_every_call(chat_template, context, form),
          .writes_calls_beside_text = writes_calls(chat_template, context, form, kMark),
          .writes_documents = chat_template.uses("documents"),
          .hides = hidden_parts(chat_template, context, form),
          .ends_calls = ends_answers.empty() ? "" : end_in_next(chat_template, context, form),
          .ends_answers = ends_answers};
}

/// What the template hides of short conversations may show in this one, by its own variables.
bool is_all_shown(const Conversation& conversation, const std::vector<bool>& wanted,
                  std::span<const MarkedText> texts, const TemplateTraits& traits,
                  const MarkAll& mark_all) {
  const auto none_of = [&](const auto& test) {
    return std::ranges::none_of(conversation.messages, test);
  };
  const auto has_part = [&](const std::string& part) {
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      const bool may_be_gone = part == kThinkBlock && !wanted[k];
      if (!may_be_gone && !shows(texts, said_as(part, conversation.messages[k]))) {
        return false;
      }
    }
    return true;
  };
  const bool has_parts = std::ranges::all_of(traits.hides, has_part);
  return has_parts && (traits.writes_tools || conversation.tools.empty()) &&
         (traits.writes_documents || conversation.documents.empty()) &&
         (traits.writes_calls || none_of(calls_tools)) &&
         (traits.writes_every_call ||
          none_of([](const Json& m) { return calls_tools(m) && m["tool_calls"].size() > 1; })) &&
         (traits.writes_calls_beside_text ||
          none_of([](const Json& m) { return !said_beside_calls(m).empty(); })) &&
         are_messages_shown(conversation, texts, mark_all);
}

}  // namespace automodel::data
