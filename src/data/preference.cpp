#include "data/preference.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/chat_format.h"
#include "data/columns.h"
#include "data/completion.h"
#include "data/messages.h"

namespace automodel::data {
namespace {

/// A prompt with one of its answers, as turns.
struct Side {
  std::string name;  // of the answer's column
  Json turns = Json::array();
  std::size_t num_prompt = 0;
};

Json as_turns(const Json& value, const char* role, const std::string& name) {
  if (value.is_string()) {
    return Json::array({{{"role", role}, {"content", value}}});
  }
  check(value.is_array() || value.is_object(), ErrorKind::corrupt_data,
        "column '{}' must hold a text, a turn or a list of turns, found {}", name,
        value.type_name());
  return value.is_array() ? value : Json::array({value});
}

std::size_t num_common(const Json& a, const Json& b) {
  std::size_t count = 0;
  while (count < std::min(a.size(), b.size()) && a[count] == b[count]) {
    ++count;
  }
  return count;
}

/// For error texts.
std::string shown_text(std::string_view text) {
  constexpr std::size_t kMost = 60;
  const std::string_view begin = first_bytes(text, kMost);
  return Json(begin).dump() + (begin.size() < text.size() ? "..." : "");
}

/// Whether these turns, with which both answers begin, have the text of the prompt, if it has one.
/// Throws Error(corrupt_data) if they ask something else.
bool have_text(const Json& turns, std::string_view prompt) {
  const auto says_it = [&](const Json& turn) {
    return turn["role"] != "assistant" &&
           trim(turn["content"].get_ref<const std::string&>()) == prompt;
  };
  if (prompt.empty() || std::ranges::any_of(turns, says_it)) {
    return true;
  }
  const auto first = std::ranges::find_if_not(turns, is_system);
  const bool asks = first != turns.end() && (*first)["role"] == "user";
  check(!asks, ErrorKind::corrupt_data,
        "column 'prompt' is {}, but 'chosen' and 'rejected' begin with the question {}, and none "
        "of the turns that they have in common is the prompt; leave out 'prompt', or make it such "
        "a turn",
        shown_text(prompt), asks ? shown_text((*first)["content"].get<std::string>()) : "");
  return false;
}

/// Whether both answers begin with the prompt themselves: with all of its turns, or with a turn
/// that has its text.
bool have_prompt(const Json& chosen, const Json& rejected, const Json& prompt) {
  if (!chosen.is_array() || !rejected.is_array()) {
    return false;
  }
  const std::size_t count = num_common(chosen, rejected);
  const Json begin(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(count));
  if (prompt.is_array()) {
    return num_common(prompt, begin) == prompt.size();
  }
  if (!prompt.is_string() || begin.empty()) {
    return false;
  }
  return have_text(read_conversation({{"messages", begin}}).messages,
                   trim(prompt.get_ref<const std::string&>()));
}

/// The turns before the answers, where a column holds them and the answers do not.
Json prompt_of(const Json& row) {
  for (const char* name : {"prompt", "messages", "conversations"}) {
    const Json value = row.value(name, Json());
    if (!value.is_null()) {
      return have_prompt(column(row, "chosen"), column(row, "rejected"), value)
                 ? Json::array()
                 : as_turns(value, "user", name);
    }
  }
  return Json::array();
}

Side side_of(const Json& row, const char* name, const Json& prompt) {
  Side side{.name = name, .turns = prompt, .num_prompt = prompt.size()};
  for (const Json& turn : as_turns(column(row, name), "assistant", name)) {
    side.turns.push_back(turn);
  }
  return side;
}

/// The chosen side, then the rejected one.
std::vector<Side> sides_of(const Json& row) {
  const Json prompt = prompt_of(row);
  std::vector<Side> sides = {side_of(row, "chosen", prompt), side_of(row, "rejected", prompt)};
  check(sides[0].turns != sides[1].turns, ErrorKind::corrupt_data,
        "'chosen' and 'rejected' are the same: there is nothing to prefer");
  if (prompt.empty()) {
    const std::size_t count = num_common(sides[0].turns, sides[1].turns);
    check(count > 0, ErrorKind::corrupt_data,
          "'chosen' and 'rejected' begin with different turns; they must answer one prompt, which "
          "is what they have in common or stands in the column 'prompt'");
    sides[0].num_prompt = sides[1].num_prompt = count;
  }
  return sides;
}

void append(TokenizedSample& sample, const TokenizedSample& side) {
  check(side.document_lengths.size() == 1, ErrorKind::unsupported,
        "the chat template shows an answer otherwise once the conversation has gone on; put all "
        "turns but the last answer into the prompt");
  append_document(sample, side.ids, side.loss_mask);
  sample.roles.insert(sample.roles.end(), side.roles.begin(), side.roles.end());
  add_notes(sample.notes, side.notes);
}

/// As a row of TRL's prompt and completion, of which the second one is learnt: a call that the
/// answer begins with does not join the prompt's last turn.
TokenizedSample tokenize_turns(const ChatFormat& format, const Json& row, const Side& side) {
  const auto answer = side.turns.begin() + static_cast<std::ptrdiff_t>(side.num_prompt);
  Json chat = row;
  chat.erase("messages");
  chat.erase("conversations");
  chat["prompt"] = Json(side.turns.begin(), answer);
  chat["completion"] = Json(answer, side.turns.end());
  try {
    return format.tokenize(format.read(chat));
  } catch (const Error& error) {
    fail(error.kind(), "with '{}' as completion: {}", side.name, error.message());
  }
}

/// One side of a row to a document.
using SideFormat = std::function<TokenizedSample(const Json& row, const Side& side)>;

SideFormat side_format(std::shared_ptr<const TextContext> context) {
  if (find_template(*context, /*has_tools=*/false) != nullptr) {
    const ChatFormat format(std::move(context), {});
    return
        [format](const Json& row, const Side& side) { return tokenize_turns(format, row, side); };
  }
  return [context = std::move(context)](const Json& row, const Side& side) {
    return tokenize_completion(
        {.prompt = text_column(row, "prompt"), .answer = text_column(row, side.name)}, *context);
  };
}

}  // namespace

std::unique_ptr<const Dataset> make_preference_dataset(const PreferenceOptions& options,
                                                       TextContext context) {
  context = with_chat_template(std::move(context), options.chat_template);
  const LengthLimit limit = for_model(options.limit, context);
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  const auto format = [tokenize = side_format(shared), limit](const Json& row) {
    TokenizedSample sample;
    for (const Side& side : sides_of(row)) {
      append(sample, apply_limit(tokenize(row, side), limit));
    }
    return sample;
  };
  return make_row_dataset(open_split(options.paths, options.split, options.rows), format, shared);
}

PreferenceOptions read_preference_options(Keys& keys) {
  PreferenceOptions options;
  options.paths = keys.paths("path_or_dataset_id");
  options.split = keys.text("split", "train");
  options.rows.configuration = keys.text("name", "");
  options.rows.max_rows = keys.maybe_integer("limit_dataset_samples");
  options.rows.source = read_source_options(keys);
  options.limit = read_limit(keys);
  options.chat_template = keys.maybe_text("chat_template");
  return options;
}

}  // namespace automodel::data
