#include "data/instruction.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/chat_format.h"
#include "data/columns.h"
#include "data/completion.h"
#include "data/split.h"

namespace automodel::data {
namespace {

/// Many rows of instruction data have an empty context: then they have none.
std::optional<std::string> maybe_column(const Json& row, const std::optional<std::string>& name) {
  std::string text = name && !column(row, *name).is_null() ? text_column(row, *name) : "";
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

void add_turn(Conversation& conversation, const char* role, const std::string& content) {
  conversation.messages.push_back({{"role", role}, {"content", content}});
  conversation.learnable.push_back(true);
}

Conversation as_conversation(const Json& row, const ColumnMapping& columns) {
  Conversation conversation;
  const auto context = maybe_column(row, columns.context);
  const auto question = maybe_column(row, columns.question);
  if (context && question) {
    add_turn(conversation, "system", *context);
  }
  add_turn(conversation, "user", question ? *question : context.value_or(""));
  add_turn(conversation, "assistant", text_column(row, columns.answer));
  return conversation;
}

Completion as_completion(const Json& row, const ColumnMapping& columns, bool answer_only) {
  Completion completion{.prompt = "", .answer = text_column(row, columns.answer)};
  for (const auto& name : {columns.context, columns.question}) {
    if (const auto text = maybe_column(row, name)) {
      completion.prompt += *text + " ";
    }
  }
  completion.train_prompt = !answer_only;
  return completion;
}

RowFormat chat_rows(const InstructionOptions& options, std::shared_ptr<const TextContext> context) {
  MaskOptions mask;
  mask.train_all = !options.answer_only;
  const ChatFormat format(std::move(context), mask);
  return [format, columns = options.columns](const Json& row) {
    return format.tokenize(as_conversation(row, columns));
  };
}

RowFormat completion_rows(const InstructionOptions& options,
                          std::shared_ptr<const TextContext> context) {
  return [context = std::move(context), columns = options.columns,
          answer_only = options.answer_only](const Json& row) {
    return tokenize_completion(as_completion(row, columns, answer_only), *context);
  };
}

void check_columns(const InstructionOptions& options) {
  const ColumnMapping& columns = options.columns;
  check(!columns.answer.empty(), ErrorKind::invalid_argument,
        "column_mapping must name the column of the answer, e.g. {{question: instruction, answer: "
        "output}}");
  check(columns.context || columns.question || !options.use_chat_template,
        ErrorKind::invalid_argument,
        "use_hf_chat_template needs a user's turn: name the column of the question or context in "
        "column_mapping");
}

ColumnMapping read_columns(Keys& keys) {
  ColumnMapping columns;
  const std::vector<std::string> known = {"context", "question", "answer"};
  for (const auto& [part, name] : keys.text_map("column_mapping")) {
    if (part == "context") {
      columns.context = name;
    } else if (part == "question") {
      columns.question = name;
    } else if (part == "answer") {
      columns.answer = name;
    } else {
      fail(ErrorKind::invalid_argument, "column_mapping has no part '{}'{}; parts are {}", part,
           did_you_mean(part, known), join(known, ", "));
    }
  }
  return columns;
}

}  // namespace

std::unique_ptr<const Dataset> make_instruction_dataset(const InstructionOptions& options,
                                                        TextContext context) {
  check_columns(options);
  context = with_chat_template(std::move(context), options.chat_template);
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  const RowFormat format =
      options.use_chat_template ? chat_rows(options, shared) : completion_rows(options, shared);
  return make_limited_dataset(open_split(options.paths, options.split, options.rows), format,
                              options.limit, shared);
}

InstructionOptions read_instruction_options(Keys& keys) {
  InstructionOptions options;
  options.paths = keys.paths("path_or_dataset_id");
  options.columns = read_columns(keys);
  options.split = keys.text("split", "train");
  options.rows.configuration = keys.text("name", "");
  options.answer_only = keys.flag("answer_only_loss_mask", true);
  options.limit = read_limit(keys);
  options.rows.max_rows = keys.maybe_integer("limit_dataset_samples");
  options.use_chat_template = keys.flag("use_hf_chat_template", false);
  options.chat_template = keys.maybe_text("chat_template");
  options.rows.source = read_source_options(keys);
  return options;
}

InstructionOptions read_streamed_instruction_options(Keys& keys) {
  InstructionOptions options = read_instruction_options(keys);
  keys.maybe_text("start_of_turn_token");   // upstream reads it and uses it nowhere
  keys.flag("repeat_on_exhaustion", true);  // config::Dataset::repeats reads it
  for (const char* key : {"delta_storage_options", "delta_version", "delta_sql_query"}) {
    keys.expect(key, nullptr);
  }
  return options;
}

}  // namespace automodel::data
