#include "text/tokenizer/split_steps.h"

#include <utility>

#include "text/tokenizer/byte_level.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

std::string_view text_of(const PreTokenized& input, const Piece& piece) {
  return input.text.view().substr(piece.span.begin, piece.span.end - piece.span.begin);
}

/// Replaces each piece by the parts that `split(piece's text)` gives, in bytes of the piece.
template <typename Split>
PreTokenized split_pieces(PreTokenized input, Split split) {
  std::vector<Piece> pieces;
  pieces.reserve(input.pieces.size());
  for (const Piece& piece : input.pieces) {
    if (piece.token >= 0) {
      pieces.push_back(piece);
      continue;
    }
    const std::size_t shift = piece.span.begin;
    for (const Span& part : split(text_of(input, piece))) {
      if (part.begin < part.end) {
        pieces.push_back({{shift + part.begin, shift + part.end}, -1});
      }
    }
  }
  input.pieces = std::move(pieces);
  return input;
}

/// The most frequent kind of split, without lists in between.
PreTokenized isolate(PreTokenized input, const Pattern& pattern, RegexScratch& scratch) {
  std::vector<Piece> pieces;
  pieces.reserve(input.pieces.size() + input.text.view().size() / 4);
  const auto add = [&](std::size_t begin, std::size_t end) {
    if (begin < end) {
      pieces.push_back({{begin, end}, -1});
    }
  };
  for (const Piece& piece : input.pieces) {
    if (piece.token >= 0) {
      pieces.push_back(piece);
      continue;
    }
    const std::size_t shift = piece.span.begin;
    std::size_t end = shift;
    pattern.for_each(text_of(input, piece), scratch, [&](Span match) {
      add(end, shift + match.begin);
      add(shift + match.begin, shift + match.end);
      end = shift + match.end;
    });
    add(end, piece.span.end);
  }
  input.pieces = std::move(pieces);
  return input;
}

/// Collects a new text piece by piece.
class Rewriter {
 public:
  void append(std::string_view bytes, Origin origin) {
    text_ += bytes;
    origins_.insert(origins_.end(), bytes.size(), origin);
  }
  void end_piece(std::int32_t token) {
    pieces_.push_back({{begin_, text_.size()}, token});
    begin_ = text_.size();
  }
  PreTokenized finish(PreTokenized old) {
    old.text.assign(std::move(text_), std::move(origins_));
    old.pieces = std::move(pieces_);
    return old;
  }

 private:
  std::string text_;
  std::vector<Origin> origins_;
  std::vector<Piece> pieces_;
  std::size_t begin_ = 0;
};

/// Rewrites each piece: `prefix(piece's text, its start)` goes before it, `map(character's bytes)`
/// replaces each character.
template <typename Prefix, typename Map>
PreTokenized rewrite(PreTokenized input, Prefix prefix, Map map) {
  const std::vector<Origin> origins = input.text.origins();
  Rewriter rewriter;
  for (const Piece& piece : input.pieces) {
    const std::string_view text = text_of(input, piece);
    const bool changes = piece.token < 0;
    if (changes) {
      rewriter.append(prefix(text, origins[piece.span.begin]), origins[piece.span.begin]);
    }
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = decode_at(text, at).size;
      const std::string_view bytes = text.substr(at, size);
      rewriter.append(changes ? map(bytes) : std::string(bytes), origins[piece.span.begin + at]);
      at += size;
    }
    rewriter.end_piece(piece.token);
  }
  return rewriter.finish(std::move(input));
}

std::vector<Span> find_characters(std::string_view text,
                                  const std::function<bool(char32_t)>& wanted) {
  std::vector<Span> matches;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    if (wanted(c.value)) {
      matches.push_back({at, at + c.size});
    }
    at += c.size;
  }
  return matches;
}

std::vector<Span> chunks(std::string_view text, std::size_t length) {
  std::vector<Span> result;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (count++ % length == 0) {
      result.push_back({at, at});
    }
    at += decode_at(text, at).size;
    result.back().end = at;
  }
  return result;
}

std::vector<Span> words(std::string_view text) {
  enum class Kind { space, word, other };
  std::vector<Span> result;
  Kind previous = Kind::space;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    const Kind kind = is_white_space(c.value) ? Kind::space
                      : is_word(c.value)      ? Kind::word
                                              : Kind::other;
    if (kind != Kind::space && kind != previous) {
      result.push_back({at, at});
    }
    previous = kind;
    at += c.size;
    if (kind != Kind::space) {
      result.back().end = at;
    }
  }
  return result;
}

}  // namespace

PreTokenizerStep split_by_pattern(Pattern pattern, SplitBehavior behavior, bool invert) {
  if (behavior == SplitBehavior::isolated) {  // the same parts whichever of them are called matches
    return [pattern = std::move(pattern)](PreTokenized input, RegexScratch& scratch) {
      return isolate(std::move(input), pattern, scratch);
    };
  }
  return
      [pattern = std::move(pattern), behavior, invert](PreTokenized input, RegexScratch& scratch) {
        return split_pieces(std::move(input), [&](std::string_view text) {
          return split_at(pattern.find_all(text, scratch), text.size(), behavior, invert);
        });
      };
}

PreTokenizerStep split_by_character(std::function<bool(char32_t)> is_delimiter,
                                    SplitBehavior behavior) {
  return [is_delimiter = std::move(is_delimiter), behavior](PreTokenized input, RegexScratch&) {
    return split_pieces(std::move(input), [&](std::string_view text) {
      return split_at(find_characters(text, is_delimiter), text.size(), behavior, false);
    });
  };
}

PreTokenizerStep split_by_length(std::size_t length) {
  return [length](PreTokenized input, RegexScratch&) {
    return split_pieces(std::move(input),
                        [&](std::string_view text) { return chunks(text, length); });
  };
}

PreTokenizerStep split_words() {
  return [](PreTokenized input, RegexScratch&) { return split_pieces(std::move(input), words); };
}

PreTokenizerStep prepend_space() {
  return [](PreTokenized input, RegexScratch&) {
    return rewrite(
        std::move(input),
        [](std::string_view text, Origin) { return text.starts_with(' ') ? "" : " "; },
        [](std::string_view bytes) { return std::string(bytes); });
  };
}

PreTokenizerStep replace_spaces(char32_t replacement, PrependScheme scheme) {
  return [mark = to_utf8(replacement), scheme](PreTokenized input, RegexScratch&) {
    const auto prefix = [&](std::string_view text, Origin start) -> std::string_view {
      const bool wanted =
          scheme == PrependScheme::always || (scheme == PrependScheme::first && start.begin == 0);
      return wanted && !text.starts_with(' ') && !text.starts_with(mark) ? mark
                                                                         : std::string_view();
    };
    return rewrite(std::move(input), prefix, [&](std::string_view bytes) {
      return bytes == " " ? mark : std::string(bytes);
    });
  };
}

PreTokenized map_bytes(PreTokenized input) {
  return rewrite(
      std::move(input), [](std::string_view, Origin) { return std::string_view(); },
      [](std::string_view bytes) { return to_byte_characters(bytes); });
}

}  // namespace automodel::text
