#include "text/tokenizer_files.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json_text.h"
#include "base/lfs_pointer.h"
#include "text/class_settings.h"
#include "text/class_steps.h"
#include "text/config_tokens.h"
#include "text/formats/formats.h"
#include "text/special_tokens.h"
#include "text/token_difference.h"
#include "text/tokenizer_class.h"

namespace automodel::text {
namespace {

namespace fs = std::filesystem;

/// How a format is recognised and read. The first that fits a file's name reads it.
struct Format {
  bool (*has_name)(const std::string& name);
  TokenizerFiles (*read)(const VocabularyFile& file);
};

bool is_tokenizer_json(const std::string& name) { return name == "tokenizer.json"; }

bool is_vocab_json(const std::string& name) { return name == "vocab.json"; }

bool is_tekken(const std::string& name) {
  return name.find("tekken") != std::string::npos && name.ends_with(".json");
}

bool is_ranks(const std::string& name) {
  return name.ends_with(".tiktoken") || name == "tiktoken.model";
}

/// tokenizer.model, spiece.model, and Mistral's tokenizer.model.v3.
bool is_model(const std::string& name) {
  return name.ends_with(".model") || name.find(".model.v") != std::string::npos;
}

TokenizerFiles read_json_file(const VocabularyFile& file) {
  return {parse_json(file.content, file.source), Json::object()};
}

TokenizerFiles read_tekken_file(const VocabularyFile& file) {
  return read_tekken(parse_json(file.content, file.source), file.source);
}

/// Llama 3 and Kimi keep tiktoken's ranks under sentencepiece's usual name.
TokenizerFiles read_model_file(const VocabularyFile& file) {
  return is_sentencepiece(file.content) ? read_sentencepiece(file) : read_ranks(file);
}

constexpr auto kFormats = std::to_array<Format>({{is_tokenizer_json, read_json_file},
                                                 {is_tekken, read_tekken_file},
                                                 {is_ranks, read_ranks},
                                                 {is_model, read_model_file},
                                                 {is_vocab_json, read_vocab_and_merges}});

constexpr std::string_view kExpected =
    "tokenizer.json, tekken.json, *.tiktoken, a sentencepiece *.model, or vocab.json and "
    "merges.txt";

TokenizerFiles read_file_of(const fs::path& path, const Json& config) {
  check(fs::exists(path), ErrorKind::not_found, "{}: no such file or folder", path.string());
  check(
      path.extension() != ".gguf", ErrorKind::unsupported,
      "{0}: give the folder that 'automodel convert {0} FOLDER' writes; it has the tokenizer.json",
      path.string());
  const std::string name = path.filename().string();
  const auto* format = std::find_if(kFormats.begin(), kFormats.end(),
                                    [&](const Format& f) { return f.has_name(name); });
  const bool is_json = format == kFormats.end() && name.ends_with(".json");
  check(is_json || format != kFormats.end(), ErrorKind::unsupported,
        "{}: the name does not say which kind of tokenizer this is; expected {}", path.string(),
        kExpected);
  const std::string content = read_file(path);
  refuse_lfs_pointer(content, path.string());
  const VocabularyFile file{
      .name = name, .content = content, .source = path.string(), .config = config};
  return is_json ? read_json_file(file) : format->read(file);
}

/// The settings of `config`, where they are silent those that the vocabulary file implies.
TokenizerConfig with_defaults(TokenizerConfig config, const TokenizerConfig& implied) {
  const auto fill = [](auto& value, const auto& otherwise) {
    if (!value) {
      value = otherwise;
    }
  };
  fill(config.bos_token, implied.bos_token);
  fill(config.eos_token, implied.eos_token);
  fill(config.pad_token, implied.pad_token);
  fill(config.unk_token, implied.unk_token);
  for (const auto& [key, value] : implied.raw.items()) {
    if (!config.raw.contains(key)) {
      config.raw[key] = value;
    }
  }
  return config;
}

/// The tokens around texts that tokenizer_config.json asks for, as a post-processor; null: none. A
/// tokenizer.json has its own.
Json asked_ends(const TokenizerConfig& config) {
  const auto token = [](const std::optional<bool>& is_asked, const auto& name, int type_id) {
    return is_asked.value_or(false) && name ? Json::array({class_steps::special(*name, type_id)})
                                            : Json::array();
  };
  const auto part = [&](const char* name, int type_id) {
    Json out = token(config.add_bos_token, config.bos_token, type_id);
    out.push_back(class_steps::text(name, type_id));
    const Json end = token(config.add_eos_token, config.eos_token, type_id);
    out.insert(out.end(), end.begin(), end.end());
    return out;
  };
  Json pair = part("A", 0);
  const Json second = part("B", 1);
  pair.insert(pair.end(), second.begin(), second.end());
  return second.size() > 1 ? class_steps::around(part("A", 0), std::move(pair)) : Json();
}

/// Classes that take no more than its tokens from a sentencepiece model of the kind BPE.
bool takes_pieces_alone(const std::string& name, const Json& tokenizer) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"CodeLlamaTokenizer", "GemmaTokenizer", "LlamaTokenizer"});
  return std::ranges::find(kNames, name) != kNames.end() && tokenizer.is_object() &&
         tokenizer["model"]["type"] == "BPE";
}

/// Of the added tokens that a tokenizer.json lists, those that the tokenizer has not, or with
/// another id.
std::vector<std::string> changed_tokens(const Json& listed, const Tokenizer& tokenizer) {
  std::map<std::string_view, Json> ids;
  for (const AddedToken& token : tokenizer.added_tokens()) {
    ids.emplace(token.content, token.id);
  }
  std::vector<std::string> out;
  for (const Json& token : listed) {
    const std::string content = text_at(token, "content");
    const auto found = ids.find(content);
    if (found == ids.end() || found->second != token.value("id", Json())) {
      out.push_back(content);
    }
  }
  return out;
}

/// What a tokenizer.json says that a class has otherwise.
struct FileParts {
  Json steps;
  Json added_tokens;
};

/// Where `made` cuts a text otherwise than its file says. `tokenizer`: what it was made of.
std::string difference_from(const FileParts& file, const LoadedTokenizer& made, Json tokenizer,
                            const std::string& source) {
  auto probes = changed_tokens(file.added_tokens, made.tokenizer);
  if (probes.empty() && cutting_steps(tokenizer) == file.steps) {
    return "";
  }
  if (made.config.eos_token) {
    probes.push_back(*made.config.eos_token);
  }
  tokenizer.update(file.steps);
  tokenizer["added_tokens"] = file.added_tokens;
  tokenizer = with_config_tokens(std::move(tokenizer), config_tokens(made.config), source);
  return token_difference(
      made.tokenizer,
      Tokenizer::from_json(tokenizer, source, {.finds_special = made.tokenizer.finds_special()}),
      "by the file", probes);
}

/// As fix_mistral_regex of tokenizer_config.json says, where Transformers heeds it.
LoadedTokenizer with_mistral_choice(LoadedTokenizer loaded, const Json& model_config) {
  if (!heeds_mistral_fix(loaded.tokenizer, model_config)) {
    return loaded;
  }
  const auto asked = loaded.config.fix_mistral_regex;
  loaded.mistral_split = MistralSplit{.is_fixed = asked.value_or(false)};
  if (!asked) {
    loaded.mistral_split->difference = token_difference(
        loaded.tokenizer, with_mistral_split(loaded.tokenizer), "with fix_mistral_regex");
  } else if (*asked) {
    loaded.tokenizer = with_mistral_split(loaded.tokenizer);
  }
  return loaded;
}

}  // namespace

fs::path tokenizer_file_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const Format& format : kFormats) {
    std::vector<fs::path> found;
    std::copy_if(files.begin(), files.end(), std::back_inserter(found),
                 [&](const fs::path& file) { return format.has_name(file.filename().string()); });
    check(found.size() < 2, ErrorKind::invalid_argument,
          "{} has more than one tokenizer: {} and {}; give the path of the one to use",
          folder.string(), found.empty() ? "" : found[0].filename().string(),
          found.size() < 2 ? "" : found[1].filename().string());
    if (!found.empty()) {
      return found.front();
    }
  }
  return {};
}

LoadedTokenizer load_tokenizer(const TokenizerFiles& files, std::string_view source) {
  return {Tokenizer::from_json(files.tokenizer, source),
          parse_tokenizer_config(files.tokenizer_config, source)};
}

Json model_config_in(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  return fs::exists(file) ? read_json(file) : Json();
}

std::optional<TokenizerFiles> files_beside(const fs::path& folder, const Json& model_config,
                                           const Json& other) {
  const TokenizerConfig config = read_tokenizer_config(folder);
  const auto class_beside = [&](const Json& one, const Json& tokenizer = Json::object()) {
    return tokenizer_class(config, one, tokenizer);
  };
  if (class_beside(model_config) == class_beside(other)) {
    return std::nullopt;
  }
  const fs::path file = tokenizer_file_in(folder);
  const Json tokenizer = file.empty() ? Json::object() : read_file_of(file, config.raw).tokenizer;
  const auto name = class_beside(model_config, tokenizer);
  if (file.empty() || name == class_beside(other, tokenizer)) {
    return std::nullopt;
  }
  TokenizerFiles out{
      .tokenizer = nullptr,
      .tokenizer_config = file_class_keys(
          config.raw, config.tokenizer_class.empty() ? name : config.tokenizer_class)};
  if (name.empty() && is_tokenizer_json(file.filename().string())) {
    return out;
  }
  const LoadedTokenizer built = load_tokenizer(folder, model_config);
  out.tokenizer = built.tokenizer.to_json();
  for (const auto& [key, value] : built.config.raw.items()) {
    // What the class or the vocabulary says; the file has the tokens of added_tokens.json.
    if (!config.raw.contains(key) && key != "added_tokens_decoder") {
      out.tokenizer_config[key] = value;
    }
  }
  return out;
}

LoadedTokenizer load_tokenizer(const fs::path& path) {
  return load_tokenizer(path, model_config_in(path));
}

LoadedTokenizer load_tokenizer(const fs::path& path, const Json& model_config) {
  if (!fs::is_directory(path)) {
    check(!is_vocab_json(path.filename().string()), ErrorKind::unsupported,
          "{} is a tokenizer with what lies beside it only; give its folder", path.string());
    return load_tokenizer(read_file_of(path, Json::object()), path.string());
  }
  const fs::path file = tokenizer_file_in(path);
  check(!file.empty(), ErrorKind::not_found, "{} has no tokenizer; expected {}", path.string(),
        kExpected);
  TokenizerConfig config = read_tokenizer_config(path);
  TokenizerFiles files = read_file_of(file, config.raw);
  config = with_defaults(std::move(config),
                         parse_tokenizer_config(files.tokenizer_config, file.string()));
  const bool is_json = is_tokenizer_json(file.filename().string());
  const FileParts parts{.steps = cutting_steps(files.tokenizer),
                        .added_tokens = is_json && files.tokenizer.is_object()
                                            ? files.tokenizer.value("added_tokens", Json())
                                            : Json()};
  const bool lists_tokens = config.raw.contains("added_tokens_decoder");
  config.raw = with_added_tokens(std::move(config.raw), read_object(path / "added_tokens.json"),
                                 parts.added_tokens);
  const bool lacks_steps = is_vocab_json(file.filename().string());
  const std::string source = file.string() + (lacks_steps ? " and merges.txt" : "");
  const auto name = tokenizer_class(config, model_config, files.tokenizer);
  if (is_json || lacks_steps || takes_pieces_alone(name, files.tokenizer)) {
    auto made = with_class_settings(name, std::move(files.tokenizer), std::move(config));
    check(!lacks_steps || !made.tokenizer["decoder"].is_null(), ErrorKind::unsupported,
          "{} does not say how texts are cut, nor is tokenizer_class '{}' known to; save the "
          "tokenizer as tokenizer.json with Transformers",
          file.string(), name);
    files.tokenizer = std::move(made.tokenizer);
    config = std::move(made.config);
    if (made.is_built && is_json && lists_tokens) {  // then the class takes those alone
      files.tokenizer["added_tokens"] = Json::array();
    }
  }
  if (Json ends = asked_ends(config); !is_json && !ends.is_null()) {
    files.tokenizer["post_processor"] = std::move(ends);
  }
  const ConfigTokens tokens = config_tokens(config);
  Json tokenizer =
      with_special_ids(with_config_tokens(std::move(files.tokenizer), tokens, source), source);
  const LoadOptions options{.finds_special = !tokens.split_special};
  LoadedTokenizer out{Tokenizer::from_json(tokenizer, source, options), std::move(config)};
  if (is_json) {
    out.class_difference = difference_from(parts, out, std::move(tokenizer), source);
  }
  return with_mistral_choice(std::move(out), model_config);
}

}  // namespace automodel::text
