#include "text/tokenizer.h"

namespace automodel::text {
namespace {

constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";

}  // namespace

StreamDecoder::StreamDecoder(Tokenizer tokenizer, bool skip_special_tokens)
    : tokenizer_(std::move(tokenizer)), skip_special_tokens_(skip_special_tokens) {}

/// How a token is decoded can depend on what precedes it (a first word loses its space), so the
/// tokens of the piece handed out last stay as context.
std::string StreamDecoder::push(std::int32_t id) {
  ids_.push_back(id);
  const std::span all(ids_);
  const std::string before = tokenizer_.decode(all.first(num_context_), skip_special_tokens_);
  const std::string now = tokenizer_.decode(all, skip_special_tokens_);
  if (!now.starts_with(before) || now.size() == before.size() || now.ends_with(kReplacementBytes)) {
    return "";
  }
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(num_context_));
  num_context_ = ids_.size();
  return now.substr(before.size());
}

std::string StreamDecoder::finish() {
  const std::span all(ids_);
  const std::string before = tokenizer_.decode(all.first(num_context_), skip_special_tokens_);
  const std::string now = tokenizer_.decode(all, skip_special_tokens_);
  ids_.clear();
  num_context_ = 0;
  return now.size() > before.size() ? now.substr(before.size()) : "";
}

}  // namespace automodel::text
