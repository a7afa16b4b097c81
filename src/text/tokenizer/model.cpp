#include "text/tokenizer/model.h"

#include <array>

#include "text/tokenizer/bpe.h"
#include "text/tokenizer/unigram.h"
#include "text/tokenizer/word_level.h"
#include "text/tokenizer/word_piece.h"

namespace automodel::text {
namespace {

constexpr auto kModels =
    std::to_array<std::string_view>({"BPE", "Unigram", "WordLevel", "WordPiece"});

/// Files of before 2020 do not name the type; only BPE has merges and only WordPiece a limit of
/// characters.
std::string_view type_of(const JsonNode& node) {
  if (!node.find("type") && node.find("merges")) {
    return "BPE";
  }
  if (!node.find("type") && node.find("max_input_chars_per_word")) {
    return "WordPiece";
  }
  return node.type("a model", kModels);
}

}  // namespace

LoadedModel make_model(const JsonNode& node, bool on_bytes) {
  const std::string_view type = type_of(node);
  if (type == "BPE") {
    const bool works_on_bytes = on_bytes && Bpe::can_work_on_bytes(node);
    return {std::make_unique<Bpe>(node, works_on_bytes), works_on_bytes};
  }
  if (type == "Unigram") {
    return {std::make_unique<Unigram>(node)};
  }
  if (type == "WordPiece") {
    return {std::make_unique<WordPiece>(node)};
  }
  return {std::make_unique<WordLevel>(node)};
}

}  // namespace automodel::text
