#include "text/tokenizer.h"

namespace automodel::text {
namespace {

constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";

}  // namespace

StreamDecoder::StreamDecoder(Tokenizer tokenizer, bool skip_special_tokens)
    : tokenizer_(std::move(tokenizer)), skip_special_tokens_(skip_special_tokens) {}

void StreamDecoder::forget_context() {
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(num_context_));
  num_context_ = 0;
}

std::string StreamDecoder::text_behind_context() {
  const auto before = tokenizer_.decode(std::span(ids_).first(num_context_), skip_special_tokens_);
  const auto now = tokenizer_.decode(ids_, skip_special_tokens_);
  if (now.starts_with(before)) {
    return now.substr(before.size());
  }
  forget_context();  // an invalid byte made U+FFFD of characters that are handed out already
  return tokenizer_.decode(ids_, skip_special_tokens_);
}

/// How a token is decoded can depend on what precedes it (a first word loses its space), so the
/// tokens of the piece handed out last stay as context.
std::string StreamDecoder::push(std::int32_t id) {
  ids_.push_back(id);
  auto text = text_behind_context();
  if (text.empty() || text.ends_with(kReplacementBytes)) {
    return "";
  }
  forget_context();
  num_context_ = ids_.size();
  return text;
}

std::string StreamDecoder::finish() {
  auto text = text_behind_context();
  ids_.clear();
  num_context_ = 0;
  return text;
}

}  // namespace automodel::text
