#include "text/gguf_tokenizer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "text/gguf/pre_tokenizers.h"
#include "text/gguf/sentencepiece.h"
#include "text/tokenizer/vocabulary.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

constexpr std::string_view kSpaceMark = "\u2581";

enum TokenType : std::int32_t { kUnknown = 2, kControl = 3, kUserDefined = 4, kByte = 6 };

/// Builds one tokenizer; keeps the inputs together.
class Builder {
 public:
  Builder(const GgufVocabulary& vocabulary, std::string_view architecture, std::string_view source)
      : vocabulary_(vocabulary),
        architecture_(architecture),
        source_(source),
        tokens_(vocabulary.tokens) {}

  GgufTokenizer build();

 private:
  void check_lists() const;
  std::string token(std::optional<std::int32_t> id) const;
  std::int32_t type(std::size_t id) const;
  bool is_gemma() const { return architecture_.starts_with("gemma"); }

  Json byte_level();
  Json sentence_piece();
  Json with_merges_of_file();
  Json sentence_piece_parts(Json merges) const;
  std::vector<double> merge_scores() const;
  Json merges_in_file() const;
  Json vocabulary_json() const;
  Json added_tokens() const;
  Json post_processor(bool adds_bos, bool adds_eos) const;
  Json config(bool adds_bos, bool adds_eos) const;

  const GgufVocabulary& vocabulary_;
  std::string_view architecture_;
  std::string_view source_;
  std::vector<std::string> tokens_;  // as the tokenizer.json spells them
  bool adds_bos_ = false;            // where the file does not say
};

Json strings(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json list = Json::array();
  for (const auto& [left, right] : pairs) {
    list.push_back(Json::array({left, right}));
  }
  return list;
}

Json replace(std::string_view from, std::string_view to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

void Builder::check_lists() const {
  const std::size_t count = tokens_.size();
  check(count > 0, ErrorKind::corrupt_data, "{}: there are no tokenizer.ggml.tokens", source_);
  const auto check_size = [&](std::string_view name, std::size_t size) {
    check(size == 0 || size == count, ErrorKind::corrupt_data, "{}: {} {} for {} tokens", source_,
          size, name, count);
  };
  check_size("scores", vocabulary_.scores.size());
  check_size("token types", vocabulary_.token_types.size());
  for (std::size_t i = 0; i < count; ++i) {
    check(!find_invalid_utf8(tokens_[i]), ErrorKind::corrupt_data,
          "{}: token {} is not valid UTF-8", source_, i);
  }
  const auto check_id = [&](std::string_view name, std::optional<std::int32_t> id) {
    check(!id || (*id >= 0 && static_cast<std::size_t>(*id) < count), ErrorKind::corrupt_data,
          "{}: the {} id {} is outside the vocabulary of {} tokens", source_, name, id.value_or(0),
          count);
  };
  check_id("bos", vocabulary_.bos_id);
  check_id("eos", vocabulary_.eos_id);
  check_id("padding", vocabulary_.pad_id);
  check_id("unknown", vocabulary_.unk_id);
}

std::string Builder::token(std::optional<std::int32_t> id) const {
  return id ? tokens_[static_cast<std::size_t>(*id)] : std::string();
}

std::int32_t Builder::type(std::size_t id) const {
  if (!vocabulary_.token_types.empty()) {
    return vocabulary_.token_types[id];
  }
  const auto same = [&](std::optional<std::int32_t> special) {
    return special && static_cast<std::size_t>(*special) == id;
  };
  const bool is_special = same(vocabulary_.bos_id) || same(vocabulary_.eos_id) ||
                          same(vocabulary_.pad_id) || same(vocabulary_.unk_id);
  return is_special ? kControl : 1;
}

Json Builder::vocabulary_json() const {
  std::vector<Vocabulary::Item> items;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    items.push_back({tokens_[i], static_cast<std::int32_t>(i)});
  }
  return Vocabulary(items, fmt::format("{}: tokenizer.ggml.tokens", source_)).to_json();
}

Json Builder::added_tokens() const {
  Json list = Json::array();
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const bool special = type(i) == kControl || type(i) == kUnknown;
    // A token that is spelled differently here (spaces) is one that merges make, not one to search
    // for.
    const bool searched =
        special || (type(i) == kUserDefined && tokens_[i] == vocabulary_.tokens[i]);
    if (searched && !tokens_[i].empty()) {
      list.push_back({{"id", i},
                      {"content", tokens_[i]},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", special}});
    }
  }
  return list;
}

Json Builder::post_processor(bool adds_bos, bool adds_eos) const {
  Json single = Json::array();
  Json pair = Json::array();
  Json tokens = Json::object();
  const auto add_special = [&](std::optional<std::int32_t> id, std::string_view name) {
    check(id.has_value(), ErrorKind::corrupt_data,
          "{}: it adds the {} token but does not say which it is", source_, name);
    tokens[token(id)] = {
        {"id", token(id)}, {"ids", Json::array({*id})}, {"tokens", Json::array({token(id)})}};
    single.push_back({{"SpecialToken", {{"id", token(id)}, {"type_id", 0}}}});
    pair.push_back({{"SpecialToken", {{"id", token(id)}, {"type_id", 0}}}});
  };
  if (adds_bos) {
    add_special(vocabulary_.bos_id, "bos");
  }
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  pair.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  pair.push_back({{"Sequence", {{"id", "B"}, {"type_id", 1}}}});
  if (adds_eos) {
    add_special(vocabulary_.eos_id, "eos");
  }
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens", tokens}};
}

Json Builder::merges_in_file() const {
  Json list = Json::array();
  for (std::size_t i = 0; i < vocabulary_.merges.size(); ++i) {
    // The space between the tokens is the last but for tokens that are spaces, which no byte-level
    // vocabulary has.
    const std::string& merge = vocabulary_.merges[i];
    const auto space = merge.find(' ', 1);
    check(space != std::string::npos && space + 1 < merge.size() && !find_invalid_utf8(merge),
          ErrorKind::corrupt_data, "{}: merge {} is not two tokens with a space between them",
          source_, i);
    list.push_back(Json::array({merge.substr(0, space), merge.substr(space + 1)}));
  }
  return list;
}

Json Builder::byte_level() {
  const GgufPreTokenizer pre = gguf_pre_tokenizer(vocabulary_.pre, source_);
  adds_bos_ = pre.adds_bos;
  const Json decoder = {{"type", "ByteLevel"},
                        {"add_prefix_space", true},
                        {"trim_offsets", true},
                        {"use_regex", true}};
  return {{"normalizer", pre.normalizer},
          {"pre_tokenizer", pre.pre_tokenizer},
          {"decoder", decoder},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"ignore_merges", pre.ignore_merges},
            {"vocab", vocabulary_json()},
            {"merges", merges_in_file()}}}};
}

/// Gemma's merges follow the order of its tokens, others their scores.
std::vector<double> Builder::merge_scores() const {
  if (!is_gemma()) {
    return {vocabulary_.scores.begin(), vocabulary_.scores.end()};
  }
  std::vector<double> scores;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    scores.push_back(-static_cast<double>(i));
  }
  return scores;
}

Json Builder::sentence_piece_parts(Json merges) const {
  const bool adds_space = vocabulary_.add_space_prefix.value_or(!is_gemma());
  const Json spaces = replace(" ", kSpaceMark);
  const Json prepend = {{"type", "Prepend"}, {"prepend", kSpaceMark}};
  Json decoders =
      Json::array({replace(kSpaceMark, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}});
  if (adds_space) {
    decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  const bool has_bytes = std::find(vocabulary_.token_types.begin(), vocabulary_.token_types.end(),
                                   kByte) != vocabulary_.token_types.end();
  return {{"normalizer",
           adds_space ? Json{{"type", "Sequence"}, {"normalizers", Json::array({prepend, spaces})}}
                      : spaces},
          {"pre_tokenizer", nullptr},
          {"decoder", {{"type", "Sequence"}, {"decoders", decoders}}},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", vocabulary_.unk_id ? Json(token(vocabulary_.unk_id)) : Json()},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", true},
            {"byte_fallback", has_bytes},
            {"ignore_merges", false},
            {"vocab", vocabulary_json()},
            {"merges", std::move(merges)}}}};
}

Json Builder::sentence_piece() {
  adds_bos_ = true;
  check(!vocabulary_.scores.empty(), ErrorKind::corrupt_data,
        "{}: a sentencepiece vocabulary without scores", source_);
  for (std::string& text : tokens_) {
    const bool is_run = text.size() > 1 && text.find_first_not_of(' ') == std::string::npos;
    if (is_run && is_gemma()) {  // Gemma's runs of spaces are spelled with real ones
      const std::size_t length = text.size();
      text.clear();
      for (std::size_t i = 0; i < length; ++i) {
        text += kSpaceMark;
      }
    }
  }
  return sentence_piece_parts(strings(merges_from_scores(tokens_, merge_scores())));
}

Json Builder::with_merges_of_file() {
  adds_bos_ = true;
  return sentence_piece_parts(merges_in_file());
}

Json Builder::config(bool adds_bos, bool adds_eos) const {
  Json json = {{"tokenizer_class", "PreTrainedTokenizerFast"},
               {"clean_up_tokenization_spaces", false},
               {"add_bos_token", adds_bos},
               {"add_eos_token", adds_eos}};
  const auto add = [&](const char* name, std::optional<std::int32_t> id) {
    if (id) {
      json[name] = token(id);
    }
  };
  add("bos_token", vocabulary_.bos_id);
  add("eos_token", vocabulary_.eos_id);
  add("pad_token", vocabulary_.pad_id);
  add("unk_token", vocabulary_.unk_id);
  if (vocabulary_.chat_template) {
    json["chat_template"] = *vocabulary_.chat_template;
  }
  return json;
}

GgufTokenizer Builder::build() {
  check_lists();
  Json parts;
  if (vocabulary_.model == "gpt2") {
    parts = byte_level();
  } else if (vocabulary_.model == "llama") {
    parts = sentence_piece();
  } else if (vocabulary_.model == "gemma4") {
    parts = with_merges_of_file();
  } else {
    fail(ErrorKind::unsupported,
         "{}: tokenizer.ggml.model '{}' is not supported; known are gpt2, llama, gemma4", source_,
         vocabulary_.model);
  }
  const bool adds_bos = vocabulary_.add_bos.value_or(adds_bos_);
  const bool adds_eos = vocabulary_.add_eos.value_or(false);
  Json tokenizer = {{"version", "1.0"},
                    {"truncation", nullptr},
                    {"padding", nullptr},
                    {"added_tokens", added_tokens()},
                    {"normalizer", std::move(parts["normalizer"])},
                    {"pre_tokenizer", std::move(parts["pre_tokenizer"])},
                    {"post_processor", post_processor(adds_bos, adds_eos)},
                    {"decoder", std::move(parts["decoder"])},
                    {"model", std::move(parts["model"])}};
  return {std::move(tokenizer), config(adds_bos, adds_eos)};
}

}  // namespace

GgufTokenizer tokenizer_from_gguf(const GgufVocabulary& vocabulary, std::string_view architecture,
                                  std::string_view source) {
  return Builder(vocabulary, architecture, source).build();
}

}  // namespace automodel::text
