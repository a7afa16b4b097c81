#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "base/file.h"
#include "base/hub_cache.h"
#include "base/json.h"
#include "base/number_range.h"
#include "base/pointer.h"
#include "base/process.h"
#include "base/stopwatch.h"
#include "base/terminal.h"
#include "cli/commands/commands.h"
#include "cli/commands/gguf_metadata.h"
#include "cli/inputs.h"
#include "text/tokenizer_class.h"
#include "text/tokenizer_files.h"
#include "usage/revision.h"

namespace automodel::cli {
namespace {

constexpr std::size_t kBatch = 4096;

struct TokenizeOptions {
  static constexpr const char* kName = "tokenize";
  static constexpr const char* kSummary = "Show how a tokenizer cuts text";

  std::string path;
  std::string revision = "main";
  std::optional<std::string> text;
  bool offsets = false;
  bool decode = false;
  bool skip_special = false;
  bool no_special = false;
  bool as_file = false;
  int threads = 1;
  int bench = 0;
  std::string export_folder;

  void declare(CLI::App& app);

  text::EncodeOptions encode_options() const {
    return {.add_special_tokens = !no_special, .apply_length_settings = as_file};
  }
};

void TokenizeOptions::declare(CLI::App& app) {
  app.description(
      "Shows the tokens of TEXT. Without TEXT it reads one JSON string a line from standard input "
      "and writes the ids of each as a JSON list.");
  app.add_option(
         "PATH", path,
         "folder with a tokenizer, hub id, its file (tokenizer.json, tekken.json, *.tiktoken, a "
         "sentencepiece *.model), or a JSON dump of a GGUF file's tokenizer metadata")
      ->required();
  CLI::Option* const shown = app.add_option("TEXT", text, "text to show");
  usage::declare_revision(app, revision, path);
  CLI::Option* const with_offsets =
      app.add_flag("--offsets", offsets,
                   R"(write {"ids": ..., "offsets": ...} with byte ranges of the text)")
          ->excludes(shown);
  CLI::Option* const decodes = app.add_flag("--decode", decode, "read lists of ids and write texts")
                                   ->excludes(shown)
                                   ->excludes(with_offsets);
  app.add_flag("--skip-special", skip_special, "leave special tokens out when decoding")
      ->needs(decodes);
  app.add_flag("--no-special", no_special,
               "do not add the tokens of the post-processor (bos, eos ...)");
  app.add_flag("--as-file", as_file,
               "cut and pad as the truncation and padding settings of tokenizer.json say");
  app.add_option("--export", export_folder,
                 "write the tokenizer as tokenizer.json into this folder and stop");
  app.add_option("--bench", bench,
                 "encode the whole input this many times; write sizes and seconds instead of ids")
      ->check(above(0))
      ->excludes(shown)
      ->excludes(with_offsets)
      ->excludes(decodes);
  app.add_option("--threads", threads, "threads that encode")->check(CLI::Range(1, 1024));
  app.footer("Example: automodel tokenize HuggingFaceTB/SmolLM2-135M-Instruct \"red green\"");
}

text::LoadedTokenizer load(const std::filesystem::path& path) {
  const bool may_be_metadata = path.extension() == ".json" && path.filename() != "tokenizer.json";
  if (may_be_metadata && std::filesystem::is_regular_file(path)) {
    if (const Json json = read_json(path); is_gguf_metadata(json)) {
      return text::load_tokenizer(tokenizer_from_metadata(json, path.string()), path.string());
    }
  }
  return text::load_tokenizer(path);
}

void export_to(const std::filesystem::path& folder, const text::LoadedTokenizer& loaded) {
  std::filesystem::create_directories(folder);
  write_file_atomic(folder / "tokenizer.json", loaded.tokenizer.to_json().dump(1));
  Json config = loaded.config.raw.is_object() ? loaded.config.raw : Json::object();
  // Its class may have put steps into the file.
  config.update(text::file_class_keys(config, loaded.config.tokenizer_class));
  write_file_atomic(folder / "tokenizer_config.json", config.dump(1));
}

/// One token a line: id, token, and the part of the text it stands for.
void show(const text::Tokenizer& tokenizer, const std::string& text,
          const TokenizeOptions& options) {
  const auto encoding = tokenizer.encode(text, options.encode_options());
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    const auto [begin, end] = encoding.offsets[i];
    fmt::print("{:>8}  {:<24} {}\n", encoding.ids[i],
               Json(tokenizer.id_to_token(encoding.ids[i]).value_or("")).dump(),
               Json(text.substr(begin, end - begin)).dump());
  }
}

Json encoding_json(const text::Encoding& encoding, const TokenizeOptions& options) {
  if (!options.offsets) {
    return encoding.ids;
  }
  return {{"ids", encoding.ids}, {"offsets", encoding.offsets}};
}

void print_line(const Json& value) {
  const std::string line = value.dump() + '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
}

std::vector<std::string> texts_of(const std::vector<Json>& lines) {
  std::vector<std::string> texts;
  for (const Json& line : lines) {
    check(line.is_string(), ErrorKind::invalid_argument,
          "each line is a text as a JSON string, found {}", line.type_name());
    texts.push_back(line.get<std::string>());
  }
  return texts;
}

void encode_lines(const text::Tokenizer& tokenizer, const std::vector<Json>& lines,
                  const TokenizeOptions& options) {
  const auto encodings =
      tokenizer.encode_batch(texts_of(lines), options.encode_options(), options.threads);
  for (const auto& encoding : encodings) {
    print_line(encoding_json(encoding, options));
  }
}

void decode_lines(const text::Tokenizer& tokenizer, const std::vector<Json>& lines,
                  const TokenizeOptions& options) {
  for (const Json& line : lines) {
    const bool fits = line.is_array() && std::all_of(line.begin(), line.end(), [](const Json& id) {
                        return id.is_number_integer() && id >= 0 &&
                               id <= std::numeric_limits<std::int32_t>::max();
                      });
    check(fits, ErrorKind::invalid_argument, "each line is a JSON list of token ids");
    print_line(tokenizer.decode(line.get<std::vector<std::int32_t>>(), options.skip_special));
  }
}

/// Up to `limit` lines of standard input.
std::vector<Json> read_lines(std::size_t limit, std::size_t first_number) {
  std::vector<Json> lines;
  std::string line;
  while (lines.size() < limit && std::getline(std::cin, line)) {
    lines.push_back(
        parse_json(line, fmt::format("standard input, line {}", first_number + lines.size())));
  }
  return lines;
}

void convert_input(const text::Tokenizer& tokenizer, const TokenizeOptions& options) {
  ask_for_input(options.decode ? "lists of token ids, one a line" : "JSON strings, one a line");
  for (std::size_t number = 1; std::cin;) {
    const std::vector<Json> lines = read_lines(kBatch, number);
    number += lines.size();
    options.decode ? decode_lines(tokenizer, lines, options)
                   : encode_lines(tokenizer, lines, options);
  }
}

/// Encodes all of standard input several times: {"bytes": ..., "tokens": ..., "seconds": [...],
/// "cpu_seconds": [...]}.
void measure(const text::Tokenizer& tokenizer, const TokenizeOptions& options) {
  const std::vector<std::string> texts =
      texts_of(read_lines(std::numeric_limits<std::size_t>::max(), 1));
  Json result = {
      {"bytes", 0}, {"tokens", 0}, {"seconds", Json::array()}, {"cpu_seconds", Json::array()}};
  std::size_t bytes = 0;
  for (const std::string& text : texts) {
    bytes += text.size();
  }
  result["bytes"] = bytes;
  for (int i = 0; i < options.bench; ++i) {
    const double cpu_seconds = processor_use().cpu_seconds;
    const Stopwatch watch;
    const auto encodings = tokenizer.encode_batch(texts, options.encode_options(), options.threads);
    result["seconds"].push_back(watch.seconds());
    result["cpu_seconds"].push_back(processor_use().cpu_seconds - cpu_seconds);
    std::size_t tokens = 0;
    for (const auto& encoding : encodings) {
      tokens += encoding.ids.size();
    }
    result["tokens"] = tokens;
  }
  print_line(result);
}

ExitCode run_tokenize(const TokenizeOptions& options, Arguments) {
  const text::LoadedTokenizer loaded =
      load(is_hub_id(options.path) ? bring_model(options.path, options.revision, hub::Need::config)
                                   : follow_pointers(options.path));
  if (!options.export_folder.empty()) {
    export_to(options.export_folder, loaded);
  } else if (options.bench > 0) {
    measure(loaded.tokenizer, options);
  } else if (options.text) {
    show(loaded.tokenizer, *options.text, options);
  } else {
    convert_input(loaded.tokenizer, options);
  }
  return ExitCode::ok;
}

}  // namespace

Command tokenize_command() { return make_command<TokenizeOptions>(run_tokenize); }

}  // namespace automodel::cli
