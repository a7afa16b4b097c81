#include "data/squad.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/chat_format.h"
#include "data/columns.h"
#include "data/completion.h"
#include "data/split.h"

namespace automodel::data {
namespace {

std::string prompt(const Json& row) {
  return fmt::format("Context: {} Question: {} Answer: ", text_column(row, "context"),
                     text_column(row, "question"));
}

Conversation as_conversation(const Json& row) {
  Conversation conversation;
  conversation.messages.push_back({{"role", "user"}, {"content", prompt(row)}});
  conversation.messages.push_back(
      {{"role", "assistant"}, {"content", first_answer(row, "answers")}});
  conversation.learnable = {true, true};
  return conversation;
}

RowFormat make_format(const std::shared_ptr<const TextContext>& context) {
  if (find_template(*context, /*has_tools=*/false) != nullptr) {
    const ChatFormat format(context, {});
    return [format](const Json& row) { return format.tokenize(as_conversation(row)); };
  }
  return [context](const Json& row) {
    return tokenize_completion({.prompt = prompt(row), .answer = first_answer(row, "answers")},
                               *context);
  };
}

}  // namespace

std::string first_answer(const Json& row, const std::string& name) {
  const Json& answers = column(row, name);
  const Json texts = answers.is_object() ? answers.value("text", Json()) : Json();
  check(texts.is_array() && (texts.empty() || texts[0].is_string()), ErrorKind::corrupt_data,
        R"(column '{}' must be {{"text": ["..."]}}, found {})", name, answers.dump());
  return texts.empty() ? "" : std::string(trim(texts[0].get_ref<const std::string&>()));
}

std::unique_ptr<const Dataset> make_squad_dataset(const SquadOptions& options,
                                                  TextContext context) {
  context = with_chat_template(std::move(context), options.chat_template);
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  return make_limited_dataset(open_split(options.paths, options.split, options.rows),
                              make_format(shared), options.limit, shared);
}

SquadOptions read_squad_options(Keys& keys) {
  SquadOptions options;
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
