#include <algorithm>
#include <optional>

#include "base/error.h"
#include "text/base64.h"
#include "text/bpe_json.h"
#include "text/formats/formats.h"
#include "text/formats/protobuf.h"
#include "text/score_merges.h"
#include "text/tokenizer/vocabulary.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

// Types of models, and of pieces.
constexpr std::int64_t kUnigram = 1, kBpe = 2;
constexpr std::int64_t kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5;

/// sentencepiece_model.proto, as far as encoding depends on it; defaults are the proto's.
struct Model {
  std::vector<std::string> pieces;
  std::vector<double> scores;
  std::vector<std::int64_t> types;
  std::int64_t model_type = kUnigram;
  std::int64_t unk_id = 0, bos_id = 1, eos_id = 2, pad_id = -1;
  bool byte_fallback = false;
  bool space_is_suffix = false;
  std::string_view charsmap;
  bool adds_prefix = true;
  bool removes_extra_spaces = true;
  bool escapes_spaces = true;
};

void read_piece(std::string_view message, const std::string& where, Model& model) {
  ProtobufReader reader(message, fmt::format("{}: piece {}", where, model.pieces.size()));
  ProtobufField field;
  std::string text;
  float score = 0;
  std::int64_t type = 1;
  while (reader.next(field)) {
    if (field.number == 1) {
      text = field.text(reader.where());
    } else if (field.number == 2) {
      score = field.number32(reader.where());
    } else if (field.number == 3) {
      type = field.integer(reader.where());
    }
  }
  check(!text.empty() && !find_invalid_utf8(text), ErrorKind::corrupt_data, "{}: the text is {}",
        reader.where(), text.empty() ? "empty" : "not valid UTF-8");
  model.pieces.push_back(std::move(text));
  model.scores.push_back(score);
  model.types.push_back(type);
}

std::int32_t read_id(const ProtobufField& field, std::string_view where) {
  return static_cast<std::int32_t>(field.integer(where));  // negative ones take 64 bits there
}

void read_trainer(std::string_view message, const std::string& where, Model& model) {
  ProtobufReader reader(message, where + ": trainer_spec");
  ProtobufField field;
  while (reader.next(field)) {
    switch (field.number) {
      case 3:
        model.model_type = field.integer(reader.where());
        break;
      case 24:
        model.space_is_suffix = field.boolean(reader.where());
        break;
      case 35:
        model.byte_fallback = field.boolean(reader.where());
        break;
      case 40:
        model.unk_id = read_id(field, reader.where());
        break;
      case 41:
        model.bos_id = read_id(field, reader.where());
        break;
      case 42:
        model.eos_id = read_id(field, reader.where());
        break;
      case 43:
        model.pad_id = read_id(field, reader.where());
        break;
      default:
        break;
    }
  }
}

void read_normalizer(std::string_view message, const std::string& where, Model& model) {
  ProtobufReader reader(message, where + ": normalizer_spec");
  ProtobufField field;
  while (reader.next(field)) {
    if (field.number == 2) {
      model.charsmap = field.text(reader.where());
    } else if (field.number == 3) {
      model.adds_prefix = field.boolean(reader.where());
    } else if (field.number == 4) {
      model.removes_extra_spaces = field.boolean(reader.where());
    } else if (field.number == 5) {
      model.escapes_spaces = field.boolean(reader.where());
    }
  }
}

void check_model(const Model& model, const std::string& where) {
  const auto count = static_cast<std::int64_t>(model.pieces.size());
  check(count > 0 && count <= kMaxTokenId, ErrorKind::corrupt_data, "{}: it has {} pieces", where,
        count);
  check(model.model_type == kUnigram || model.model_type == kBpe, ErrorKind::unsupported,
        "{}: a sentencepiece model of type {} is not supported; known are unigram (1) and bpe (2)",
        where, model.model_type);
  check(!model.space_is_suffix, ErrorKind::unsupported,
        "{}: treat_whitespace_as_suffix is not supported", where);
  check(model.escapes_spaces, ErrorKind::unsupported,
        "{}: a model that does not escape spaces is not supported", where);
  check(model.unk_id >= 0 && model.unk_id < count, ErrorKind::corrupt_data,
        "{}: the unknown token {} is not one of the {} pieces", where, model.unk_id, count);
}

Model parse_model(std::string_view content, const std::string& where) {
  Model model;
  ProtobufReader reader(content, where);
  ProtobufField field;
  while (reader.next(field)) {
    if (field.number == 1) {
      read_piece(field.text(where), where, model);
    } else if (field.number == 2) {
      read_trainer(field.text(where), where, model);
    } else if (field.number == 3) {
      read_normalizer(field.text(where), where, model);
    }
  }
  check_model(model, where);
  return model;
}

Json replace_pattern(const Json& pattern, std::string_view content) {
  return {{"type", "Replace"}, {"pattern", pattern}, {"content", content}};
}

/// sentencepiece's own order: the map, then spaces, then the space before the text.
Json normalizer_of(const Model& model) {
  Json steps = Json::array();
  if (!model.charsmap.empty()) {
    steps.push_back(
        {{"type", "Precompiled"}, {"precompiled_charsmap", encode_base64(model.charsmap)}});
  }
  if (model.removes_extra_spaces) {
    steps.push_back(replace_pattern({{"Regex", "\\A +| +\\z"}}, ""));
    steps.push_back(replace_pattern({{"Regex", " {2,}"}}, " "));
  }
  if (model.adds_prefix) {
    steps.push_back({{"type", "Prepend"}, {"prepend", kSpaceMark}});
  }
  steps.push_back(replace_pattern({{"String", " "}}, kSpaceMark));
  return {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

Json decoder_of(const Model& model) {
  Json steps = Json::array({replace_pattern({{"String", kSpaceMark}}, " "),
                            {{"type", "ByteFallback"}},
                            {{"type", "Fuse"}}});
  if (model.adds_prefix) {
    steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  return {{"type", "Sequence"}, {"decoders", std::move(steps)}};
}

/// Words can be looked at one by one if no piece reaches over the start of a word.
Json pre_tokenizer_of(const Model& model) {
  const bool reaches_over = std::any_of(
      model.pieces.begin(), model.pieces.end(),
      [](const std::string& piece) { return piece.find(kSpaceMark, 1) != std::string::npos; });
  if (model.model_type == kBpe || reaches_over) {
    return nullptr;
  }
  return {{"type", "Split"},
          {"pattern", {{"String", kSpaceMark}}},
          {"behavior", "MergedWithNext"},
          {"invert", false}};
}

bool merges(std::int64_t type) {
  return type != kControl && type != kUserDefined && type != kUnknown;
}

Json bpe_of(const Model& model, const std::string& where) {
  check(std::find(model.types.begin(), model.types.end(), kUnused) == model.types.end(),
        ErrorKind::unsupported, "{}: unused pieces of a bpe model are not supported", where);
  std::vector<std::string> tokens = model.pieces;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] = merges(model.types[i]) ? tokens[i] : std::string();  // takes no part in merging
  }
  Json pairs = Json::array();
  for (const auto& [left, right] : merges_from_scores(tokens, model.scores)) {
    pairs.push_back(Json::array({left, right}));
  }
  return bpe_json(vocabulary_json(model.pieces, where + ": pieces"), std::move(pairs),
                  {{"unk_token", model.pieces[static_cast<std::size_t>(model.unk_id)]},
                   {"fuse_unk", true},
                   {"byte_fallback", model.byte_fallback}});
}

Json unigram_of(const Model& model) {
  Json vocab = Json::array();
  for (std::size_t i = 0; i < model.pieces.size(); ++i) {
    vocab.push_back(Json::array({model.pieces[i], model.scores[i]}));
  }
  return {{"type", "Unigram"},
          {"unk_id", model.unk_id},
          {"vocab", std::move(vocab)},
          {"byte_fallback", model.byte_fallback}};
}

Json added_of(const Model& model) {
  Json added = Json::array();
  for (std::size_t i = 0; i < model.pieces.size(); ++i) {
    if (model.types[i] == kControl || model.types[i] == kUserDefined ||
        model.types[i] == kUnknown) {
      added.push_back({{"id", i},
                       {"content", model.pieces[i]},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", model.types[i] != kUserDefined}});
    }
  }
  return added;
}

Json config_of(const Model& model) {
  Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
  const auto name = [&](const char* key, std::int64_t id) {
    if (id >= 0 && id < static_cast<std::int64_t>(model.pieces.size())) {
      config[key] = model.pieces[static_cast<std::size_t>(id)];
    }
  };
  name("bos_token", model.bos_id);
  name("eos_token", model.eos_id);
  name("pad_token", model.pad_id);
  name("unk_token", model.unk_id);
  return config;
}

}  // namespace

/// The first field of every model is a piece.
bool is_sentencepiece(std::string_view content) { return content.starts_with('\x0a'); }

TokenizerFiles read_sentencepiece(const VocabularyFile& file) {
  const Model model = parse_model(file.content, file.source);
  Json tokenizer = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added_of(model)},
      {"normalizer", normalizer_of(model)},
      {"pre_tokenizer", pre_tokenizer_of(model)},
      {"post_processor", nullptr},
      {"decoder", decoder_of(model)},
      {"model", model.model_type == kBpe ? bpe_of(model, file.source) : unigram_of(model)}};
  return {std::move(tokenizer), config_of(model)};
}

}  // namespace automodel::text
