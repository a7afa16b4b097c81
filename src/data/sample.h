#pragma once
// One row of a data set as the model sees it.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace automodel::data {

/// Whose a token is.
enum class Role : std::uint8_t {
  system,
  developer,
  user,
  assistant,
  tool,
  prompt,
  answer,
  text,
  label
};

/// As they are written; in the order of the enumeration.
inline constexpr std::array<std::string_view, 9> kRoleNames = {
    "system", "developer", "user", "assistant", "tool", "prompt", "answer", "text", "class"};

/// The role of that name; `text` for any other name.
Role role_from_name(std::string_view name);

/// What the step-0 checks want to know about a row beyond its tokens.
struct SampleNotes {
  /// A message, tool or document holds the text of a special token: it becomes that token.
  bool special_in_content = false;
  /// A token covers both the end of a prompt and the start of an answer; it is not learnt.
  bool merged_boundary = false;
  /// An answer that consists of nothing but its end-of-turn token.
  bool empty_answer = false;
  /// The chat template does not write something that the row has: tools, calls of tools or text
  /// beside them, documents, reasoning, messages of a role.
  bool not_shown = false;
  /// Everything is meant to be learnt: there is no prompt, or it was asked for.
  bool all_learnt = false;
  /// The sample was cut to its maximum length.
  bool truncated = false;
  /// It is longer than seq_length, but was not to be cut.
  bool not_truncated = false;
  /// A piece of a longer text. It need not end in an EOS token, and its last token only tells what
  /// the one before is followed by.
  bool is_window = false;
  /// The last entry of each document is no token but a class, which is told from the token before
  /// it.
  bool ends_in_class = false;
  bool operator==(const SampleNotes&) const = default;
};

/// What holds of a part holds of the whole; all is meant to be learnt only if all parts are.
void add_notes(SampleNotes& whole, const SampleNotes& part);

/// A tokenized row: one document or, where the chat template shows an answer differently once the
/// conversation has gone on, one document per view. Documents do not see each other.
struct TokenizedSample {
  /// The tokens of all documents, one after the other.
  std::vector<std::int32_t> ids;
  /// For each of `ids`: 1 if the model learns to produce it, else 0.
  std::vector<std::uint8_t> loss_mask;
  /// Tokens of each document; they sum to ids.size().
  std::vector<std::int64_t> document_lengths;
  SampleNotes notes;
  /// For each of `ids` whose it is; empty unless TextContext::finds_roles.
  std::vector<Role> roles = {};
  bool operator==(const TokenizedSample&) const = default;
};

/// The tokens whose prediction enters the loss. The first token of a document never does: nothing
/// stands before it from which it could be predicted.
std::int64_t num_trained_tokens(const TokenizedSample& sample);

/// Those of the document of entries [begin, end) that are tokens end here.
inline std::size_t end_of_tokens(const TokenizedSample& sample, std::size_t end) {
  return end - (sample.notes.ends_in_class ? 1 : 0);
}

/// Entries that are tokens.
std::int64_t num_tokens(const TokenizedSample& sample);

/// One document that is a window on a longer text, learnt from its beginning.
TokenizedSample token_window(std::vector<std::int32_t> ids);

/// Appends a document. Throws Error(internal) unless ids and loss_mask are equally long.
void append_document(TokenizedSample& sample, std::vector<std::int32_t> ids,
                     std::vector<std::uint8_t> loss_mask);

}  // namespace automodel::data
