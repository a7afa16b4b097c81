#include "text/chat_template.h"

#include <algorithm>

#include "base/error.h"
#include "text/chat_messages.h"
#include "text/jinja/from_json.h"
#include "text/jinja/parser.h"
#include "text/jinja/renderer.h"

namespace automodel::text {
namespace {

using jinja::from_json;
using jinja::Value;
using jinja::Variables;

void check_list(const Json& json, std::string_view name) {
  check(json.is_null() || json.is_array(), ErrorKind::invalid_argument,
        "{} for a chat template must be a JSON array or null, found {}", name, json.type_name());
  for (const Json& item : json) {
    check(item.is_object(), ErrorKind::invalid_argument,
          "each of the {} for a chat template must be a JSON object, found {}", name,
          item.type_name());
  }
}

void add_tokens(Variables& variables, const SpecialTokens& tokens) {
  const auto add = [&](const char* name, const std::optional<std::string>& token) {
    if (token) {
      variables[name] = Value(*token);
    }
  };
  for (const auto& [name, token] : tokens.named) {
    variables[name] = Value(token);
  }
  add("bos_token", tokens.bos_token);
  add("eos_token", tokens.eos_token);
  add("unk_token", tokens.unk_token);
  add("sep_token", tokens.sep_token);
  add("pad_token", tokens.pad_token);
  add("cls_token", tokens.cls_token);
  add("mask_token", tokens.mask_token);
}

Variables make_variables(const Json& messages, const RenderOptions& options,
                         const SpecialTokens& tokens) {
  check_list(options.tools, "tools");
  check_list(options.documents, "documents");
  Variables variables;
  add_tokens(variables, tokens);
  check(options.extra.is_object(), ErrorKind::invalid_argument,
        "the further variables of a chat template must be a JSON object, found {}",
        options.extra.type_name());
  for (const auto& [name, value] : options.extra.items()) {
    const bool reserved = name == "messages" || name == "tools" || name == "documents" ||
                          name == "add_generation_prompt";
    check(!reserved, ErrorKind::invalid_argument,
          "'{}' cannot be a further variable of a chat template; it has an option of its own",
          name);
    variables[name] = from_json(value);
  }
  variables["messages"] = from_json(messages);
  variables["tools"] = from_json(options.tools);
  variables["documents"] = from_json(options.documents);
  variables["add_generation_prompt"] = options.add_generation_prompt;
  return variables;
}

}  // namespace

struct ChatTemplate::Program {
  std::string source;
  jinja::Template tree;
};

ChatTemplate::ChatTemplate(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

ChatTemplate ChatTemplate::parse(std::string source, std::string name) {
  jinja::Template tree = jinja::parse_template(source, std::move(name));
  return ChatTemplate(std::make_shared<const Program>(Program{std::move(source), std::move(tree)}));
}

Rendered ChatTemplate::render(const Json& messages, const RenderOptions& options,
                              const SpecialTokens& tokens) const {
  check(!options.continue_final_message || !options.add_generation_prompt,
        ErrorKind::invalid_argument,
        "continue_final_message and add_generation_prompt are not compatible; set one of them");
  Json chat = normal_messages(messages);
  std::string final_text;
  if (options.continue_final_message) {
    MarkedMessages marked = mark_final_message(std::move(chat), program_->source);
    chat = std::move(marked.messages);
    final_text = std::move(marked.final_text);
  }
  jinja::Runtime runtime(options.limits, options.now);
  const Variables variables = make_variables(chat, options, tokens);
  jinja::RenderedTemplate rendered = jinja::render(program_->tree, variables, runtime);
  Rendered out;
  out.text = options.continue_final_message ? cut_at_mark(std::move(rendered.text), final_text)
                                            : std::move(rendered.text);
  for (const auto& [begin, end] : rendered.generations) {
    out.generation_spans.push_back(
        {std::min(begin, out.text.size()), std::min(end, out.text.size())});
  }
  out.has_generation_blocks = program_->tree.has_generation_blocks;
  return out;
}

const std::string& ChatTemplate::source() const { return program_->source; }

const std::string& ChatTemplate::name() const { return program_->tree.name; }

bool ChatTemplate::uses(std::string_view variable) const {
  return program_->tree.variables.contains(variable);
}

}  // namespace automodel::text
