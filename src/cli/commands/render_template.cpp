#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "base/command_line.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "text/chat_template.h"

namespace automodel::cli {
namespace {

constexpr const char* kDescription =
    "Renders conversations with a chat template, as Transformers would. Each line of the input is "
    "a JSON object: messages, template (its source, if no file is given), and by choice tools, "
    "documents, variables (an object), add_generation_prompt, continue_final_message, and now "
    "(seconds since 1970, for strftime_now). Each line of the output is {\"text\", \"spans\"} "
    "(spans: byte ranges of generation blocks) or {\"error\", \"where\"}.";

struct RenderOptions {
  static constexpr const char* kName = "render-template";
  static constexpr const char* kSummary =
      "Show the text that a chat template makes of conversations";

  std::string path;
  bool text = false;

  void declare(CLI::App& app) {
    app.description(kDescription);
    app.add_option("template", path, "a Jinja file, e.g. chat_template.jinja");
    app.add_flag("--text", text, "print the bare text instead of JSON");
    app.footer("Example: automodel render-template chat_template.jinja --text <chats.jsonl");
  }
};

// The value of an optional key, with the type of `otherwise`.
template <typename T>
T value_of(const Json& row, const char* key, T otherwise) {
  const auto at = row.find(key);
  if (at == row.end() || at->is_null()) {
    return otherwise;
  }
  const bool right_type = Json(otherwise).is_boolean() ? at->is_boolean() : at->is_number_integer();
  check(right_type, ErrorKind::invalid_argument, "'{}' has the wrong type: {}", key,
        at->type_name());
  return at->get<T>();
}

void check_keys(const Json& row, bool with_template) {
  std::vector<std::string> keys = {"messages",
                                   "tools",
                                   "documents",
                                   "variables",
                                   "now",
                                   "add_generation_prompt",
                                   "continue_final_message"};
  if (with_template) {
    keys.emplace_back("template");
  }
  check(row.is_object() && row.contains("messages"), ErrorKind::invalid_argument,
        "a line must be a JSON object with the key 'messages'");
  for (const auto& [key, value] : row.items()) {
    const bool known = std::find(keys.begin(), keys.end(), key) != keys.end();
    check(known, ErrorKind::invalid_argument, "unknown key '{}'{}", key, did_you_mean(key, keys));
  }
  check(!with_template || (row.contains("template") && row["template"].is_string()),
        ErrorKind::invalid_argument, "no template file was given, nor the key 'template'");
}

text::RenderOptions render_options(const Json& row) {
  text::RenderOptions options;
  options.add_generation_prompt = value_of(row, "add_generation_prompt", false);
  options.continue_final_message = value_of(row, "continue_final_message", false);
  options.tools = row.value("tools", Json());
  options.documents = row.value("documents", Json());
  options.extra = row.value("variables", Json::object());
  if (row.contains("now")) {
    options.now = value_of<std::int64_t>(row, "now", 0);
  }
  return options;
}

Json rendered_json(const text::Rendered& rendered) {
  Json spans = Json::array();
  for (const text::Span& span : rendered.generation_spans) {
    spans.push_back({span.begin, span.end});
  }
  return {{"text", rendered.text}, {"spans", spans}};
}

text::ChatTemplate template_of(const std::optional<text::ChatTemplate>& given, const Json& row) {
  return given ? *given : text::ChatTemplate::parse(row["template"].get<std::string>(), "template");
}

bool render_line(const std::optional<text::ChatTemplate>& given, const Json& row,
                 const RenderOptions& options) {
  check_keys(row, !given.has_value());
  const text::RenderOptions render = render_options(row);
  Json out;
  bool ok = true;
  try {
    const text::Rendered rendered = template_of(given, row).render(row["messages"], render);
    if (options.text) {
      fmt::print("{}", rendered.text);
      return true;
    }
    out = rendered_json(rendered);
  } catch (const Error& error) {
    if (options.text) {
      throw;
    }
    out = {{"error", error.message()}, {"where", error.what()}};
    ok = false;
  }
  fmt::print("{}\n", out.dump());
  return ok;
}

ExitCode render_lines(const RenderOptions& options, Arguments) {
  std::optional<text::ChatTemplate> given;
  if (!options.path.empty()) {
    given = text::ChatTemplate::parse(read_file(options.path), options.path);
  }
  ask_for_input("conversations as JSON objects, one a line");
  bool ok = true;
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    const ErrorContext context("reading line {} of the standard input", number);
    ok = render_line(given, parse_json(line, "conversation"), options) && ok;
  }
  return ok ? ExitCode::ok : ExitCode::bad_input;
}

}  // namespace

Command render_template_command() { return make_command<RenderOptions>(render_lines); }

}  // namespace automodel::cli
