#include "data/agent_chat.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "data/chat_format.h"
#include "data/split.h"

namespace automodel::data {
namespace {

std::size_t num_until_last_assistant(const Conversation& conversation) {
  std::size_t count = conversation.messages.size();
  while (count > 0 && conversation.messages[count - 1]["role"] != "assistant") {
    --count;
  }
  return count;
}

Conversation without(const Conversation& conversation, std::size_t begin, std::size_t end) {
  Conversation out = conversation;
  out.messages = Json::array();
  out.learnable.clear();
  for (std::size_t i = 0; i < conversation.messages.size(); ++i) {
    if (i < begin || i >= end) {
      out.messages.push_back(conversation.messages[i]);
      out.learnable.push_back(conversation.learnable[i]);
    }
  }
  return out;
}

std::int64_t longest(const TokenizedSample& sample) {
  return *std::max_element(sample.document_lengths.begin(), sample.document_lengths.end());
}

class AgentFormat {
 public:
  AgentFormat(AgentChatOptions options, const std::shared_ptr<const TextContext>& context)
      : options_(std::move(options)), format_(context, options_.mask) {}

  bool keeps(const Json& row) const {
    const Conversation conversation = read(row);
    if (num_until_last_assistant(conversation) == 0) {
      return !options_.filter_no_assistant;
    }
    return !options_.filter_overlong || longest(fit(conversation)) <= options_.limit.seq_length;
  }

  TokenizedSample operator()(const Json& row) const { return fit(read(row)); }

 private:
  Conversation read(const Json& row) const {
    Conversation conversation = format_.read(row);
    if (options_.trim_incomplete_last_turn) {
      conversation = trim_after_last_assistant(conversation);
    }
    if (options_.drop_history_reasoning) {
      conversation = data::drop_history_reasoning(std::move(conversation));
    }
    return conversation;
  }

  TokenizedSample fit(const Conversation& conversation) const {
    TokenizedSample sample = format_.tokenize(conversation);
    if (!options_.truncate_history || longest(sample) <= options_.limit.seq_length) {
      return sample;
    }
    for (const Conversation& shorter : shorter_histories(conversation, options_.mask.train_roles)) {
      sample = format_.tokenize(shorter);
      if (longest(sample) <= options_.limit.seq_length) {
        break;
      }
    }
    return sample;
  }

  AgentChatOptions options_;
  ChatFormat format_;
};

/// The rows that the filters keep. Rows that cannot be read stay: using them says what is wrong.
std::shared_ptr<const RowSource> filter(std::shared_ptr<const RowSource> rows,
                                        const AgentFormat& format) {
  std::vector<std::uint8_t> kept(static_cast<std::size_t>(rows->size()));
  parallel_for(rows->size(), num_cores(), [&](std::int64_t i) {
    try {
      kept[static_cast<std::size_t>(i)] = format.keeps(rows->row(i));
    } catch (const Error&) {
      kept[static_cast<std::size_t>(i)] = 1;
    }
  });
  std::vector<std::int64_t> indices;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] != 0) {
      indices.push_back(static_cast<std::int64_t>(i));
    }
  }
  check(!indices.empty(), ErrorKind::invalid_argument,
        "filter_no_assistant and filter_overlong leave none of the {} rows", rows->size());
  const auto num_filtered = rows->size() - static_cast<std::int64_t>(indices.size());
  return pick_rows(std::move(rows), std::move(indices), num_filtered);
}

}  // namespace

Conversation trim_after_last_assistant(const Conversation& conversation) {
  const std::size_t count = num_until_last_assistant(conversation);
  return count == 0 ? conversation : without(conversation, count, conversation.messages.size());
}

Conversation drop_history_reasoning(Conversation conversation) {
  const std::size_t count = num_until_last_assistant(conversation);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    for (const char* key : kReasoningKeys) {
      conversation.messages[i].erase(key);
    }
  }
  return conversation;
}

std::vector<Conversation> shorter_histories(const Conversation& conversation,
                                            const std::vector<std::string>& train_roles) {
  const Json& messages = conversation.messages;
  std::size_t num_system = 0;
  while (num_system < messages.size() && is_system(messages[num_system])) {
    ++num_system;
  }
  const auto is_learnt = [&](std::size_t i) {
    return conversation.learnable[i] &&
           std::ranges::count(train_roles, messages[i]["role"].get<std::string>()) > 0;
  };
  std::size_t end = messages.size();
  while (end > num_system && !is_learnt(end - 1)) {
    --end;
  }
  std::vector<Conversation> out;
  for (std::size_t i = num_system; i < end; ++i) {
    if (messages[i]["role"] == "user") {
      out.push_back(without(conversation, num_system, i));
    }
  }
  return out;
}

std::unique_ptr<const Dataset> make_agent_chat_dataset(const AgentChatOptions& options,
                                                       TextContext context) {
  const bool needs_length = options.filter_overlong || options.truncate_history;
  check(!needs_length || options.limit.seq_length > 0, ErrorKind::invalid_argument,
        "filter_overlong and truncate_history need seq_length: the tokens that a row may have");
  context = with_chat_template(std::move(context), options.chat_template);
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  const AgentFormat format(options, shared);
  auto rows = open_split(options.paths, options.split, options.rows);
  if (options.filter_no_assistant || options.filter_overlong) {
    rows = filter(std::move(rows), format);
  }
  return make_limited_dataset(std::move(rows), format, options.limit, shared);
}

AgentChatOptions read_agent_chat_options(Keys& keys) {
  AgentChatOptions options;
  const auto name = keys.maybe_text("dataset_name");
  options.paths = name ? std::vector<std::string>{*name} : keys.paths("path");
  if (name) {
    keys.expect("path", nullptr);
  }
  options.split = keys.text("split", "train");
  options.rows.revision = keys.text("revision", "main");
  options.rows.max_rows =
      name ? read_row_limit(keys, options.split) : keys.maybe_integer("limit_dataset_samples");
  options.chat_template = keys.maybe_text("chat_template");
  options.limit = read_limit(keys);
  options.rows.source = read_source_options(keys);
  options.mask.mask_reasoning_content = keys.flag("mask_reasoning_content", false);
  options.mask.mask_history = keys.flag("train_on_last_turn_only", false);
  options.mask.train_roles = read_train_roles(keys);
  options.filter_no_assistant = keys.flag("filter_no_assistant", false);
  options.filter_overlong = keys.flag("filter_overlong", false);
  options.trim_incomplete_last_turn = keys.flag("trim_incomplete_last_turn", false);
  options.drop_history_reasoning = keys.flag("drop_history_reasoning_content", false);
  options.truncate_history = keys.flag("truncate_history", false);
  return options;
}

}  // namespace automodel::data
