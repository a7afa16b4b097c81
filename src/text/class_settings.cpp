#include "text/class_settings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/bpe_json.h"
#include "text/class_steps.h"
#include "text/special_tokens.h"
#include "text/split_patterns.h"
#include "text/tokenizer/json_node.h"

namespace automodel::text {
namespace {

using namespace class_steps;

/// What tokenizer_config.json says of a class's arguments.
class Arguments {
 public:
  Arguments(const Json& raw, const Json& tokenizer) : raw_(raw), tokenizer_(tokenizer) {}

  /// The flag, or `otherwise` if there is none or null.
  bool flag(const char* key, bool otherwise) const {
    const Json value = raw_.value(key, Json());
    check(value.is_boolean() || value.is_null(), ErrorKind::corrupt_data,
          "tokenizer_config.json: {} must be true or false, found {}", key, value.dump());
    return value.is_null() ? otherwise : value.get<bool>();
  }
  Json flag_or_null(const char* key) const {
    return raw_.value(key, Json()).is_null() ? Json() : Json(flag(key, false));
  }
  /// The text of a special token, as a text or as an object.
  std::string token(const char* key, const char* otherwise) const {
    Json value = raw_.value(key, Json());
    value = value.is_object() ? value.value("content", Json()) : value;
    return value.is_string() ? value.get<std::string>() : otherwise;
  }
  std::int64_t count(const char* key, std::int64_t otherwise) const {
    constexpr std::int64_t kMost = 100'000;
    const Json value = raw_.value(key, Json(otherwise));
    check(value.is_number_integer() && value >= 0 && value <= kMost, ErrorKind::corrupt_data,
          "tokenizer_config.json: {} must be a number from 0 to {}, found {}", key, kMost,
          value.dump());
    return value.get<std::int64_t>();
  }
  /// Null counts: then the class's own value does not.
  bool names(const char* key) const { return raw_.contains(key); }
  bool is_null(const char* key) const { return names(key) && raw_.at(key).is_null(); }
  bool lists_special_tokens() const { return special_list_key(raw_).has_value(); }
  /// The character map of sentencepiece that the file has, or null.
  Json precompiled() const {
    Json normalizer = tokenizer_.value("normalizer", Json());
    const bool is_sequence = normalizer.is_object() && normalizer.contains("normalizers");
    for (const Json& step : is_sequence ? normalizer["normalizers"] : Json::array({normalizer})) {
      if (step.is_object() && step.value("type", Json()) == "Precompiled") {
        return step;
      }
    }
    return {};
  }

 private:
  const Json& raw_;
  const Json& tokenizer_;
};

Json bytes_bpe(bool add_prefix_space, Json normalizer) {
  return {{"model", bpe_settings()},
          {"normalizer", std::move(normalizer)},
          {"pre_tokenizer", byte_level(add_prefix_space)},
          {"decoder", byte_level(true)}};
}

Json gpt2(const Arguments& given) {
  return bytes_bpe(given.flag("add_prefix_space", false), nullptr);
}

Json gpt_neox(const Arguments& given) {
  Json out = bytes_bpe(given.flag("add_prefix_space", false), {{"type", "NFC"}});
  out["post_processor"] = nullptr;
  return out;
}

Json cohere(const Arguments& given) {
  const bool add_prefix_space = given.flag("add_prefix_space", false);
  Json out = bytes_bpe(add_prefix_space, {{"type", "NFC"}});
  out["pre_tokenizer"] = pre_tokenizers(
      {{{"type", "Digits"}, {"individual_digits", true}}, byte_level(add_prefix_space)});
  out["decoder"] = byte_level(add_prefix_space);
  return out;
}

Json words_and_bytes(const Arguments& given, std::string_view pattern) {
  const bool add_prefix_space = given.flag("add_prefix_space", false);
  Json out = bytes_bpe(add_prefix_space, {{"type", "NFC"}});
  out["pre_tokenizer"] = pre_tokenizers(
      {split({{"Regex", pattern}}, "Isolated"), byte_level(add_prefix_space, false)});
  return out;
}

Json qwen2(const Arguments& given) { return words_and_bytes(given, split_patterns::kQwen2); }

Json qwen35(const Arguments& given) { return words_and_bytes(given, split_patterns::kQwen35); }

/// Blanks are spelt ▁; characters that no token has become bytes.
Json blanks_bpe() {
  Json model = bpe_settings();
  model["fuse_unk"] = true;
  model["byte_fallback"] = true;
  return {{"model", std::move(model)}, {"normalizer", nullptr}, {"decoder", llama_decoder(false)}};
}

Json gemma(const Arguments& given) {
  Json out = blanks_bpe();
  out["model"]["unk_token"] = given.token("unk_token", "<unk>");
  out["normalizer"] = replace(" ", "▁");
  out["pre_tokenizer"] = split({{"String", " "}}, "MergedWithPrevious");
  return out;
}

Json llama(const Arguments& given) {
  Json out = blanks_bpe();
  const bool prefix = given.flag("add_prefix_space", true);
  const bool is_legacy = given.flag("legacy", false);
  out["pre_tokenizer"] = metaspace(!prefix ? "never" : is_legacy ? "always" : "first", false);
  out["decoder"] = llama_decoder(prefix);
  return out;
}

Json code_llama(const Arguments& given) {
  const bool prefix = given.flag("add_prefix_space", true);
  const Json begin = special(given.token("bos_token", "<s>"));
  const Json again = special(given.token("bos_token", "<s>"), 1);
  Json out = llama(given);
  out["model"]["unk_token"] = given.token("unk_token", "<unk>");
  out["pre_tokenizer"] = metaspace(prefix ? "first" : "never", false);
  out["decoder"] = llama_decoder(true);
  out["post_processor"] = around({begin, text("A")}, {begin, text("A"), again, text("B", 1)});
  return out;
}

Json unigram(const Arguments& given, int unk_id, bool add_prefix_space) {
  const char* scheme = add_prefix_space ? "always" : "never";
  return {
      {"model", {{"unk_id", unk_id}, {"byte_fallback", false}}},
      {"normalizer", given.precompiled()},
      {"pre_tokenizer", pre_tokenizers({{{"type", "WhitespaceSplit"}}, metaspace(scheme, true)})},
      {"decoder", metaspace(scheme, true)}};
}

Json roberta(const Arguments& given) {
  Json out = gpt2(given);
  out["post_processor"] = around_both(special(given.token("cls_token", "<s>")),
                                      special(given.token("sep_token", "</s>")));
  return out;
}

Json openai_gpt(const Arguments& given) {
  Json model = bpe_settings();
  model["unk_token"] = given.token("unk_token", "<unk>");
  model["end_of_word_suffix"] = "</w>";
  return {{"model", std::move(model)},
          {"normalizer", bert_normalizer(true, true, nullptr)},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"decoder", {{"type", "BPEDecoder"}, {"suffix", "</w>"}}}};
}

Json t5(const Arguments& given) {
  Json out = unigram(given, 2, true);
  const Json end = special("</s>");
  out["post_processor"] = around({text("A"), end}, {text("A"), end, text("B"), end});
  return out;
}

Json xlm_roberta(const Arguments& given) {
  Json out = unigram(given, 3, given.flag("add_prefix_space", true));
  out["post_processor"] = around_both(special(given.token("bos_token", "<s>")),
                                      special(given.token("eos_token", "</s>")));
  return out;
}

Json bert(const Arguments& given) {
  const Json begin = special(given.token("cls_token", "[CLS]"));
  const std::string separator = given.token("sep_token", "[SEP]");
  return {{"model",
           {{"unk_token", given.token("unk_token", "[UNK]")},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100}}},
          {"normalizer", bert_normalizer(given.flag("do_lower_case", true),
                                         given.flag("tokenize_chinese_chars", true),
                                         given.flag_or_null("strip_accents"))},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor",
           around({begin, text("A"), special(separator)},
                  {begin, text("A"), special(separator), text("B", 1), special(separator, 1)})},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}}};
}

/// What stands around the gap when code is filled in. The class lists its own texts even where
/// others are given under their names.
Json middle_tokens(const Arguments& given) {
  Json out = Json::object();
  Json listed = Json::array();
  for (const auto& [key, token] :
       std::to_array<std::pair<const char*, const char*>>({{"prefix_token", "▁<PRE>"},
                                                           {"middle_token", "▁<MID>"},
                                                           {"suffix_token", "▁<SUF>"},
                                                           {"eot_token", "▁<EOT>"},
                                                           {"fill_token", "<FILL_ME>"}})) {
    if (!given.is_null(key)) {
      listed.push_back(token);
    }
    if (!given.names(key)) {
      out[key] = token;
    }
  }
  if (!given.lists_special_tokens()) {
    out["additional_special_tokens"] = std::move(listed);
  }
  return out;
}

Json sentinels(const Arguments& given) {
  if (given.lists_special_tokens()) {
    return Json::object();
  }
  Json tokens = Json::array();
  for (std::int64_t i = 0; i < given.count("extra_ids", 100); ++i) {
    tokens.push_back("<extra_id_" + std::to_string(i) + ">");
  }
  return {{"additional_special_tokens", std::move(tokens)}};
}

/// bos, eos, unk, sep, pad, cls, mask where tokenizer_config.json has none; null: neither has the
/// class one.
using Tokens = std::array<const char*, 7>;

constexpr Tokens kEndOfText = {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>"};
constexpr Tokens kSentence = {"<s>", "</s>", "<unk>"};
constexpr Tokens kQwen = {nullptr, "<|endoftext|>", "<|endoftext|>", nullptr, "<|endoftext|>"};
constexpr Tokens kRoberta = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};

struct ClassSteps {
  std::string_view name;
  std::string_view model;  // the type of its vocabulary
  Tokens tokens;
  /// The parts of tokenizer.json that it has its own of.
  Json (*steps)(const Arguments& given);
  /// Keys of tokenizer_config.json with further special tokens.
  Json (*extra)(const Arguments& given) = nullptr;
};

constexpr auto kClasses = std::to_array<ClassSteps>({
    {"BertTokenizer",
     "WordPiece",
     {nullptr, nullptr, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"},
     bert},
    {"CodeGenTokenizer", "BPE", kEndOfText, gpt2},
    {"CodeLlamaTokenizer", "BPE", kSentence, code_llama, middle_tokens},
    {"CohereTokenizer",
     "BPE",
     {"<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", "<UNK>", "<SEP>", "<PAD>", "<CLS>", "<MASK_TOKEN>"},
     cohere},
    {"GPT2Tokenizer", "BPE", kEndOfText, gpt2},
    {"GPTNeoXTokenizer",
     "BPE",
     {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", nullptr, "<|padding|>"},
     gpt_neox},
    {"GemmaTokenizer",
     "BPE",
     {"<bos>", "<eos>", "<unk>", nullptr, "<pad>", nullptr, "<mask>"},
     gemma},
    {"LlamaTokenizer", "BPE", kSentence, llama},
    {"OpenAIGPTTokenizer", "BPE", {nullptr, nullptr, "<unk>"}, openai_gpt},
    {"Qwen2Tokenizer", "BPE", kQwen, qwen2},
    {"Qwen3_5Tokenizer", "BPE", kQwen, qwen35},
    {"RobertaTokenizer", "BPE", kRoberta, roberta},
    {"T5Tokenizer", "Unigram", {nullptr, "</s>", "<unk>", nullptr, "<pad>"}, t5, sentinels},
    {"XLMRobertaTokenizer", "Unigram", kRoberta, xlm_roberta},
});

/// Classes of the same steps under another name.
constexpr auto kAliases = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"BartTokenizer", "RobertaTokenizer"},
     {"DistilBertTokenizer", "BertTokenizer"},
     {"ElectraTokenizer", "BertTokenizer"},
     {"LEDTokenizer", "RobertaTokenizer"},
     {"LongformerTokenizer", "RobertaTokenizer"},
     {"LxmertTokenizer", "BertTokenizer"},
     {"MobileBertTokenizer", "BertTokenizer"},
     {"MvpTokenizer", "RobertaTokenizer"},
     {"Phi3Tokenizer", "LlamaTokenizer"},
     {"SqueezeBertTokenizer", "BertTokenizer"}});

/// Others that Transformers builds from the vocabulary.
constexpr auto kUnknownSteps = std::to_array<std::string_view>(
    {"AlbertTokenizer",     "BarthezTokenizer",    "BigBirdTokenizer",   "BlenderbotTokenizer",
     "CLIPTokenizer",       "CamembertTokenizer",  "DebertaTokenizer",   "DebertaV2Tokenizer",
     "EsmcTokenizer",       "FunnelTokenizer",     "HerbertTokenizer",   "LasrTokenizer",
     "LayoutLMv2Tokenizer", "LayoutLMv3Tokenizer", "LayoutXLMTokenizer", "LukeTokenizer",
     "MBart50Tokenizer",    "MBartTokenizer",      "MLukeTokenizer",     "MPNetTokenizer",
     "MarkupLMTokenizer",   "NllbTokenizer",       "NougatTokenizer",    "PegasusTokenizer",
     "ReformerTokenizer",   "RemBertTokenizer",    "RoFormerTokenizer",  "SeamlessM4TTokenizer",
     "Siglip2Tokenizer",    "SplinterTokenizer",   "Tipsv2Tokenizer",    "UdopTokenizer",
     "VideoPrismTokenizer", "WhisperTokenizer",    "XGLMTokenizer",      "XLNetTokenizer"});

const ClassSteps* find_class(std::string_view name) {
  const auto* alias =
      std::ranges::find(kAliases, name, &std::pair<std::string_view, std::string_view>::first);
  const auto* found = std::ranges::find(kClasses, alias == kAliases.end() ? name : alias->second,
                                        &ClassSteps::name);
  check(std::ranges::find(kUnknownSteps, name) == kUnknownSteps.end(), ErrorKind::unsupported,
        "tokenizer_config.json: tokenizer_class is {}: Transformers builds such a tokenizer from "
        "the vocabulary, with steps that are not known here, whatever else tokenizer.json says. If "
        "that file is right, set tokenizer_class to PreTrainedTokenizerFast",
        name);
  return found == kClasses.end() ? nullptr : found;
}

void fill_tokens(TokenizerConfig& config, const Tokens& tokens) {
  const auto fill = [&](const char* key, std::optional<std::string>& value, const char* own) {
    if (own != nullptr && !value && !config.raw.contains(key)) {  // null: it is to have none
      value = own;
      config.raw[key] = own;
    }
  };
  fill("bos_token", config.bos_token, tokens[0]);
  fill("eos_token", config.eos_token, tokens[1]);
  fill("unk_token", config.unk_token, tokens[2]);
  fill("sep_token", config.sep_token, tokens[3]);
  fill("pad_token", config.pad_token, tokens[4]);
  fill("cls_token", config.cls_token, tokens[5]);
  fill("mask_token", config.mask_token, tokens[6]);
}

/// The id of a token in the list of added ones, or in the vocabulary.
Json id_of(const std::string& token, const JsonNode& tokenizer) {
  if (const auto added = tokenizer.find("added_tokens")) {
    for (const JsonNode& one : added->elements()) {
      if (one.at("content").string() == token) {
        return one.at("id").value();
      }
    }
  }
  const Json& vocab = tokenizer.at("model").at("vocab").value();
  if (vocab.is_object()) {
    const auto found = vocab.find(token);
    return found == vocab.end() ? Json() : *found;
  }
  const auto found = std::ranges::find_if(vocab, [&](const Json& piece) {
    return piece.is_array() && !piece.empty() && piece[0] == token;
  });
  return found == vocab.end() ? Json() : Json(found - vocab.begin());
}

/// The special tokens of a template that has no ids of them.
std::vector<std::string> tokens_without_ids(const JsonNode& tokenizer) {
  std::vector<std::string> out;
  const auto step = tokenizer.find("post_processor");
  if (!step || !step->is_object() ||
      step->value().value("special_tokens", Json()) != Json::object()) {
    return out;
  }
  for (const JsonNode& piece : step->at("pair").elements()) {
    if (const auto special = piece.find("SpecialToken")) {
      out.push_back(special->at("id").string());
    }
  }
  return out;
}

}  // namespace

Json with_special_ids(Json tokenizer, const std::string& source) {
  const JsonNode node(tokenizer, source);
  Json ids = Json::object();
  for (const std::string& token : tokens_without_ids(node)) {
    const Json id = id_of(token, node);
    check(id.is_number_integer(), ErrorKind::corrupt_data,
          "{}: the tokenizer_class of tokenizer_config.json puts '{}' around texts, which is not a "
          "token",
          source, token);
    ids[token] = {{"id", token}, {"ids", {id}}, {"tokens", {token}}};
  }
  if (!ids.empty()) {
    tokenizer["post_processor"]["special_tokens"] = std::move(ids);
  }
  return tokenizer;
}

ClassTokenizer with_class_settings(const std::string& name, Json tokenizer,
                                   TokenizerConfig config) {
  const ClassSteps* found = find_class(name);
  if (found == nullptr || !tokenizer.is_object() || !tokenizer.value("model", Json()).is_object()) {
    // What is no tokenizer is refused where it is read.
    return {.tokenizer = std::move(tokenizer), .config = std::move(config)};
  }
  const Json type = tokenizer["model"].value("type", Json(found->model));
  check(type == Json(found->model), ErrorKind::corrupt_data,
        "tokenizer_config.json: tokenizer_class is {}, whose vocabulary is one of {}, but that of "
        "tokenizer.json is {}; if that file is right, set tokenizer_class to "
        "PreTrainedTokenizerFast",
        name, found->model, type.dump());
  const Json steps = found->steps(Arguments(config.raw, tokenizer));
  for (const auto& [key, value] : steps.items()) {
    if (key == "model") {
      tokenizer[key].update(value);
    } else {
      tokenizer[key] = value;
    }
  }
  if (found->extra != nullptr) {
    config.raw.update(found->extra(Arguments(config.raw, tokenizer)));
  }
  fill_tokens(config, found->tokens);
  return {.tokenizer = std::move(tokenizer), .config = std::move(config), .is_built = true};
}

}  // namespace automodel::text
