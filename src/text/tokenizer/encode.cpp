#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "text/tokenizer/parts.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

constexpr char32_t kByteLevelSpace = 0x120;

bool is_trimmed(char32_t c) { return c == kByteLevelSpace || is_white_space(c); }

std::size_t leading_spaces(std::string_view token) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < token.size() && is_trimmed(decode_at(token, at).value); ++count) {
    at += decode_at(token, at).size;
  }
  return count;
}

std::size_t trailing_spaces(std::string_view token) {
  std::size_t count = 0;
  for (std::size_t at = token.size();
       at > 0 && is_trimmed(decode_at(token, previous_start(token, at)).value); ++count) {
    at = previous_start(token, at);
  }
  return count;
}

/// Builds the encoding of one text.
class Encoder {
 public:
  Encoder(const TokenizerParts& parts, std::string_view text, Workspace& workspace)
      : parts_(parts), text_(text), workspace_(workspace) {
    result_.ids.reserve(text.size() / 4 + 4);
    result_.offsets.reserve(text.size() / 4 + 4);
  }

  Encoding run(EncodeOptions options);

 private:
  void encode_section(Span section);
  void encode_piece(const PreTokenized& words, const Piece& piece);
  void add(std::int32_t id, Origin origin, std::string_view token);
  Origin trimmed(Origin origin, std::string_view token) const;
  Encoding with_special_tokens();
  std::size_t num_added() const;

  const TokenizerParts& parts_;
  std::string_view text_;
  Workspace& workspace_;
  Encoding result_;
};

Encoding Encoder::run(EncodeOptions options) {
  for (const Piece& piece : parts_.raw_finder.split(text_)) {
    if (piece.token < 0) {
      encode_section(piece.span);
      continue;
    }
    const Origin origin{static_cast<std::uint32_t>(piece.span.begin),
                        static_cast<std::uint32_t>(piece.span.end)};
    add(piece.token, origin, text_.substr(piece.span.begin, piece.span.end - piece.span.begin));
  }
  if (options.apply_length_settings && parts_.lengths.truncation) {
    truncate(result_, *parts_.lengths.truncation, options.add_special_tokens ? num_added() : 0);
  }
  return options.add_special_tokens ? with_special_tokens() : std::move(result_);
}

std::size_t Encoder::num_added() const {
  return static_cast<std::size_t>(
      std::count_if(parts_.post_processor.parts.begin(), parts_.post_processor.parts.end(),
                    [](const PostProcessor::Part& part) { return !part.is_text(); }));
}

void Encoder::encode_section(Span section) {
  AlignedText text = normalize(parts_.normalizer, AlignedText(text_, section), workspace_.regex);
  if (text.empty()) {
    return;
  }
  std::vector<Piece> pieces = parts_.normalized_finder.split(text.view());
  PreTokenized words{std::move(text), std::move(pieces)};
  for (const PreTokenizerStep& step : parts_.pre_tokenizer.steps) {
    words = step(std::move(words), workspace_.regex);
  }
  for (const Piece& piece : words.pieces) {
    encode_piece(words, piece);
  }
}

void Encoder::encode_piece(const PreTokenized& words, const Piece& piece) {
  const std::string_view text =
      words.text.view().substr(piece.span.begin, piece.span.end - piece.span.begin);
  if (piece.token >= 0) {
    return add(piece.token, words.text.origin(piece.span), text);
  }
  for (const PieceToken& token : parts_.model->tokenize(text, workspace_.model)) {
    const Span span{piece.span.begin + token.begin, piece.span.begin + token.end};
    add(token.id, words.text.origin(span),
        parts_.post_processor.trims_offsets ? parts_.model->token(token.id).value_or("") : "");
  }
}

void Encoder::add(std::int32_t id, Origin origin, std::string_view token) {
  if (parts_.post_processor.trims_offsets) {
    origin = trimmed(origin, token);
  }
  result_.ids.push_back(id);
  result_.offsets.emplace_back(origin.begin, origin.end);
}

/// Without the characters at both ends that stand for the token's spaces.
Origin Encoder::trimmed(Origin origin, std::string_view token) const {
  std::size_t leading = leading_spaces(token);
  const bool is_first = result_.ids.empty() || origin.begin == 0;
  if (is_first && leading == 1 && parts_.post_processor.keeps_first_space) {
    leading = 0;  // it was put there, the text has none
  }
  for (; leading > 0 && origin.begin < origin.end; --leading) {
    origin.begin += decode_at(text_, origin.begin).size;
  }
  for (std::size_t trailing = trailing_spaces(token); trailing > 0 && origin.end > origin.begin;
       --trailing) {
    origin.end = static_cast<std::uint32_t>(previous_start(text_, origin.end));
  }
  return origin;
}

Encoding Encoder::with_special_tokens() {
  if (parts_.post_processor.parts.size() == 1 && parts_.post_processor.parts.front().is_text()) {
    return std::move(result_);
  }
  Encoding all;
  for (const auto& part : parts_.post_processor.parts) {
    if (part.is_text()) {
      all.ids.insert(all.ids.end(), result_.ids.begin(), result_.ids.end());
      all.offsets.insert(all.offsets.end(), result_.offsets.begin(), result_.offsets.end());
    } else {
      all.ids.push_back(part.token);
      all.offsets.emplace_back(0, 0);
    }
  }
  return all;
}

}  // namespace

Encoding encode(const TokenizerParts& parts, std::string_view text, EncodeOptions options,
                Workspace& workspace) {
  check(text.size() < std::numeric_limits<std::uint32_t>::max() / 2, ErrorKind::invalid_argument,
        "a text of {} bytes is too long to tokenize at once; split it", text.size());
  const auto invalid = find_invalid_utf8(text);
  check(!invalid, ErrorKind::invalid_argument, "the text is not valid UTF-8 at byte {}",
        invalid.value_or(0));
  return Encoder(parts, text, workspace).run(options);
}

}  // namespace automodel::text
