#include "text/tokenizer/decoder.h"

#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "text/tokenizer/byte_level.h"
#include "text/tokenizer/pattern.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

using Tokens = std::vector<std::string>;
using Steps = std::vector<DecoderStep>;

constexpr std::int64_t kMaxCount = 1 << 20;

/// A step that changes each token for itself.
template <typename Function>
Steps per_token(const Function& function) {
  return {[function](Tokens tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = function(std::move(tokens[i]), i, tokens.size());
    }
    return tokens;
  }};
}

Tokens fuse(Tokens tokens) { return {join(tokens, "")}; }

Tokens decode_byte_level(const Tokens& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) {
    bytes += from_byte_characters(token).value_or(token);
  }
  return {replace_invalid_utf8(bytes)};
}

/// The byte of a token like "<0x41>".
std::optional<unsigned char> byte_of(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) {
    return std::nullopt;
  }
  return parse_number<unsigned char>(token.substr(3, 2), 16);
}

/// Runs of byte tokens become text, or one U+FFFD per byte if a run is not valid UTF-8.
Tokens decode_byte_fallback(Tokens tokens) {
  Tokens result;
  std::string run;
  const auto end_run = [&] {
    if (find_invalid_utf8(run)) {
      result.insert(result.end(), run.size(), to_utf8(kReplacement));
    } else if (!run.empty()) {
      result.push_back(run);
    }
    run.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = byte_of(token)) {
      run += static_cast<char>(*byte);
      continue;
    }
    end_run();
    result.push_back(std::move(token));
  }
  end_run();
  return result;
}

/// English clean-up: no space before punctuation and contractions.
std::string clean_up(std::string text) {
  static constexpr auto kRules =
      std::to_array<std::array<std::string_view, 2>>({{" .", "."},
                                                      {" ?", "?"},
                                                      {" !", "!"},
                                                      {" ,", ","},
                                                      {" ' ", "'"},
                                                      {" n't", "n't"},
                                                      {" 'm", "'m"},
                                                      {" do not", " don't"},
                                                      {" 's", "'s"},
                                                      {" 've", "'ve"},
                                                      {" 're", "'re"}});
  for (const auto& [from, to] : kRules) {
    text = replace_all(std::move(text), from, to);
  }
  return text;
}

Steps bpe(const JsonNode& node) {
  const std::string suffix = node.string_or("suffix", "</w>");
  return per_token([suffix](std::string token, std::size_t i, std::size_t count) {
    return suffix.empty() ? token
                          : replace_all(std::move(token), suffix, i + 1 == count ? "" : " ");
  });
}

Steps byte_fallback(const JsonNode&) { return {decode_byte_fallback}; }
Steps byte_level_decoder(const JsonNode&) { return {decode_byte_level}; }

Steps ctc(const JsonNode& node) {
  const std::string pad = node.string_or("pad_token", "<pad>");
  const std::string delimiter = node.string_or("word_delimiter_token", "|");
  const bool cleanup = node.boolean_or("cleanup", true);
  return {[=](Tokens tokens) {
    Tokens result;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (i > 0 && tokens[i] == tokens[i - 1]) {
        continue;
      }
      std::string token = pad.empty() ? tokens[i] : replace_all(tokens[i], pad, "");
      if (cleanup) {
        token = clean_up(std::move(token));
        token = delimiter.empty() ? token : replace_all(std::move(token), delimiter, " ");
      }
      if (!token.empty()) {
        result.push_back(std::move(token));
      }
    }
    return result;
  }};
}

Steps fuse_all(const JsonNode&) { return {fuse}; }

Steps metaspace(const JsonNode& node) {
  const std::string mark = to_utf8(node.at("replacement").character());
  const bool prepends = node.string_or("prepend_scheme", "always") != "never" &&
                        node.boolean_or("add_prefix_space", true);
  return per_token([mark, prepends](std::string token, std::size_t i, std::size_t) {
    return replace_all(std::move(token), mark, i == 0 && prepends ? "" : " ");
  });
}

Steps replace(const JsonNode& node) {
  const std::string content = node.at("content").string();
  return per_token([pattern = Pattern::from_json(node.at("pattern")), content](
                       std::string token, std::size_t, std::size_t) {
    RegexScratch scratch;
    std::string result;
    std::size_t done = 0;
    pattern.for_each(token, scratch, [&](Span match) {
      result += token.substr(done, match.begin - done) + content;
      done = match.end;
    });
    return result + token.substr(done);
  });
}

Steps sequence_decoder(const JsonNode& node) {
  Steps all;
  for (const JsonNode& element : node.at("decoders").elements()) {
    Steps steps = make_decoder(element);
    all.insert(all.end(), std::make_move_iterator(steps.begin()),
               std::make_move_iterator(steps.end()));
  }
  return all;
}

Steps strip(const JsonNode& node) {
  const std::string content = to_utf8(node.at("content").character());
  const std::int64_t start = node.at("start").integer(kMaxCount);
  const std::int64_t stop = node.at("stop").integer(kMaxCount);
  return per_token([=](const std::string& token, std::size_t, std::size_t) {
    std::string_view rest = token;
    for (std::int64_t i = 0; i < start && rest.starts_with(content); ++i) {
      rest.remove_prefix(content.size());
    }
    for (std::int64_t i = 0; i < stop && rest.ends_with(content); ++i) {
      rest.remove_suffix(content.size());
    }
    return std::string(rest);
  });
}

Steps word_piece(const JsonNode& node) {
  const std::string prefix = node.string_or("prefix", "##");
  const bool cleanup = node.boolean_or("cleanup", true);
  return per_token([prefix, cleanup](std::string token, std::size_t i, std::size_t) {
    if (i > 0) {
      token = token.starts_with(prefix) ? token.substr(prefix.size()) : " " + token;
    }
    return cleanup ? clean_up(std::move(token)) : token;
  });
}

using MakeDecoder = Steps (*)(const JsonNode&);
constexpr auto kDecoderNames =
    std::to_array<std::string_view>({"BPEDecoder", "ByteFallback", "ByteLevel", "CTC", "Fuse",
                                     "Metaspace", "Replace", "Sequence", "Strip", "WordPiece"});
constexpr std::array<MakeDecoder, kDecoderNames.size()> kDecoderMakers = {
    bpe,       byte_fallback, byte_level_decoder, ctc,   fuse_all,
    metaspace, replace,       sequence_decoder,   strip, word_piece};

Tokens with_spaces(Tokens tokens) { return {join(tokens, " ")}; }

}  // namespace

std::vector<DecoderStep> make_decoder(const JsonNode& node) {
  if (node.is_null()) {
    return {with_spaces};
  }
  node.type("a decoder", kDecoderNames);
  return kDecoderMakers[node.at("type").choice(kDecoderNames)](node);
}

}  // namespace automodel::text
