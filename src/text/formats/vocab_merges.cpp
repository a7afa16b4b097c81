#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "text/bpe_json.h"
#include "text/formats/formats.h"

namespace automodel::text {
namespace {

/// A line "left right" each, the first perhaps "#version: ...".
Json merges_of(const std::string& content) {
  Json merges = Json::array();
  for (std::string& line : split(content, '\n')) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (!line.empty() && !line.starts_with("#version")) {
      merges.push_back(std::move(line));
    }
  }
  return merges;
}

}  // namespace

TokenizerFiles read_vocab_and_merges(const VocabularyFile& file) {
  const auto merges = std::filesystem::path(file.source).parent_path() / "merges.txt";
  check(std::filesystem::exists(merges), ErrorKind::not_found,
        "{} is there without merges.txt, and no tokenizer.json is; one of both is needed",
        file.source);
  Json model = bpe_json(parse_json(file.content, file.source), merges_of(read_file(merges)), {});
  return {{{"version", "1.0"},
           {"truncation", nullptr},
           {"padding", nullptr},
           {"added_tokens", Json::array()},
           {"normalizer", nullptr},
           {"pre_tokenizer", nullptr},
           {"post_processor", nullptr},
           {"decoder", nullptr},
           {"model", std::move(model)}},
          Json::object()};
}

}  // namespace automodel::text
