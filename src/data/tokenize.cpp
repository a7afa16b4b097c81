#include "data/tokenize.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace automodel::data {
namespace {

bool is_blank(std::string_view text) { return trim(text).empty(); }

/// The bytes that a token stands for. Tokenizers may cut blanks off (trim_offsets): a token of
/// nothing but blanks then covers no byte, and stands for those since the token before it.
text::Span extent(const text::Encoding& encoding, std::size_t t) {
  const auto [begin, end] = encoding.offsets[t];
  const std::size_t before = t == 0 ? 0 : encoding.offsets[t - 1].second;
  return {begin == end && before < begin ? before : begin, end};
}

/// The byte that decides where a token belongs.
std::size_t place(std::string_view text, const text::Span& token) {
  const auto covered = text.substr(token.begin, token.end - token.begin);
  const auto first = covered.find_first_not_of(" \t\r\n\f\v");
  return token.begin + (first == std::string_view::npos ? 0 : first);
}

bool contains(const text::Span& span, std::size_t at) { return span.begin <= at && at < span.end; }

class Masker {
 public:
  Masker(const MarkedText& marked, const text::Encoding& encoding, const IsSpecial& is_special)
      : marked_(marked), encoding_(encoding), is_special_(is_special) {
    mask_.learnt.resize(encoding.ids.size());
  }

  TokenMask run() {
    std::size_t t = 0;
    for (const Answer& answer : marked_.answers) {
      while (t < encoding_.ids.size() && place_of(t) < answer.begin) {
        note_boundary(answer, t++);
      }
      const std::size_t first = t;
      while (t < encoding_.ids.size() && place_of(t) < answer.end) {
        ++t;
      }
      mark(answer, first, t);
    }
    return std::move(mask_);
  }

 private:
  std::size_t place_of(std::size_t t) const { return place(marked_.text, extent(encoding_, t)); }

  void note_boundary(const Answer& answer, std::size_t t) {
    const auto token = extent(encoding_, t);
    mask_.notes.merged_boundary |= token.begin < answer.begin && answer.begin < token.end;
  }

  void mark(const Answer& answer, std::size_t first, std::size_t end) {
    if (answer.ends_at_last_special) {
      end = end_of_turn(first, end);
    }
    bool has_content = false;
    for (std::size_t t = first; t < end; ++t) {
      mask_.learnt[t] = !in_hole(place_of(t));
      has_content = has_content || !(is_blank_token(t) || is_special_(encoding_.ids[t]));
    }
    mask_.notes.empty_answer |= !has_content;
  }

  /// The token after the answer's last special token if only blanks follow that, else `end`.
  std::size_t end_of_turn(std::size_t first, std::size_t end) const {
    std::size_t t = end;
    while (t > first && !is_special_(encoding_.ids[t - 1]) && is_blank_token(t - 1)) {
      --t;
    }
    return t > first && is_special_(encoding_.ids[t - 1]) ? t : end;
  }

  bool is_blank_token(std::size_t t) const {
    const auto token = extent(encoding_, t);
    return is_blank(std::string_view(marked_.text).substr(token.begin, token.end - token.begin));
  }

  bool in_hole(std::size_t at) const {
    return std::any_of(marked_.holes.begin(), marked_.holes.end(),
                       [&](const text::Span& hole) { return contains(hole, at); });
  }

  const MarkedText& marked_;
  const text::Encoding& encoding_;
  const IsSpecial& is_special_;
  TokenMask mask_;
};

}  // namespace

TokenMask mask_tokens(const MarkedText& marked, const text::Encoding& encoding,
                      const IsSpecial& is_special) {
  return Masker(marked, encoding, is_special).run();
}

std::vector<Role> roles_of(const MarkedText& marked, const text::Encoding& encoding) {
  std::vector<Role> roles;
  if (marked.turns.empty()) {
    return roles;
  }
  std::size_t turn = 0;
  for (std::size_t t = 0; t < encoding.ids.size(); ++t) {
    const std::size_t at = place(marked.text, extent(encoding, t));
    while (turn + 1 < marked.turns.size() && marked.turns[turn].end <= at) {
      ++turn;
    }
    roles.push_back(marked.turns[turn].role);
  }
  return roles;
}

TokenizedSample tokenize(std::span<const MarkedText> texts, const text::Tokenizer& tokenizer) {
  TokenizedSample sample;
  for (const MarkedText& marked : texts) {
    text::Encoding encoding = tokenizer.encode(marked.text, {.add_special_tokens = false});
    TokenMask mask =
        mask_tokens(marked, encoding, [&](std::int32_t id) { return tokenizer.is_special(id); });
    const auto roles = roles_of(marked, encoding);
    sample.roles.insert(sample.roles.end(), roles.begin(), roles.end());
    append_document(sample, std::move(encoding.ids), std::move(mask.learnt));
    sample.notes.merged_boundary |= mask.notes.merged_boundary;
    sample.notes.empty_answer |= mask.notes.empty_answer;
  }
  return sample;
}

}  // namespace automodel::data
