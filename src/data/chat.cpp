#include "data/chat.h"

#include <utility>

#include "base/error.h"
#include "data/chat_format.h"
#include "data/split.h"

namespace automodel::data {
namespace {

/// Data for preferences hold answers that nobody wants, and prompts whose answers stand elsewhere.
void refuse_preference(const Json& row, const Conversation& conversation) {
  const bool is_pair =
      row.value("chosen", Json()) != nullptr && row.value("rejected", Json()) != nullptr;
  check(!is_pair || conversation.messages.back()["role"] == "assistant", ErrorKind::corrupt_data,
        "the row is a pair of answers, 'chosen' and 'rejected', and its turns are only their "
        "prompt; append the chosen answer to them as the assistant's turn");
  check(row.value("completion", Json()) == nullptr || row.value("label", Json()) != false,
        ErrorKind::corrupt_data,
        "the row's 'label' is false: its completion is one that is not wanted (as in data for KTO)."
        " Leave such rows out, or the column if it means something else");
}

}  // namespace

std::unique_ptr<const Dataset> make_chat_dataset(const ChatOptions& options, TextContext context) {
  context = with_chat_template(std::move(context), options.chat_template);
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  const ChatFormat format(shared, options.mask);
  return make_limited_dataset(
      open_split(options.paths, options.split, options.rows),
      [format](const Json& row) {
        const Conversation conversation = format.read(row);
        refuse_preference(row, conversation);
        return format.tokenize(conversation);
      },
      options.limit, shared);
}

ChatOptions read_chat_options(Keys& keys) {
  ChatOptions options;
  options.paths = keys.paths("path_or_dataset_id");
  options.split = keys.text("split", "train");
  options.rows.configuration = keys.text("name", "");
  options.limit = read_limit(keys);
  keys.maybe_text("start_of_turn_token");  // upstream reads it and uses it nowhere
  options.chat_template = keys.maybe_text("chat_template");
  if (const auto seed = keys.maybe_integer("shuffle_seed")) {
    check(*seed >= 0, ErrorKind::invalid_argument,
          "shuffle_seed must be 0 or more, as NumPy has it, found {}", *seed);
    options.rows.shuffle_seed = static_cast<std::uint64_t>(*seed);
  }
  options.mask.mask_reasoning_content = keys.flag("mask_reasoning_content", false);
  options.mask.mask_history = keys.flag("mask_history", false);
  options.mask.train_roles = read_train_roles(keys);
  keys.expect("unshifted", false);
  options.rows.source = read_source_options(keys);
  return options;
}

}  // namespace automodel::data
