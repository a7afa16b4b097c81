#include "text/tokenizer/post_processor.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {
namespace {

using Part = PostProcessor::Part;
using Parts = PostProcessor::Parts;

const Part kFirst{.text = 0};
const Part kSecond{.text = 1};

std::int32_t read_id(const JsonNode& node) {
  return static_cast<std::int32_t>(node.integer(kMaxTokenId));
}

/// ["[SEP]", 102]
Part read_pair(const JsonNode& node) {
  const auto pair = node.elements();
  if (pair.size() != 2) {
    node.wrong("a token and its id");
  }
  pair[0].string();
  return {.token = read_id(pair[1])};
}

PostProcessor bert_processor(const JsonNode& node) {
  const Part begin = read_pair(node.at("cls"));
  const Part end = read_pair(node.at("sep"));
  PostProcessor result;
  result.parts = {begin, kFirst, end};
  result.pair = {begin, kFirst, end, kSecond, end};
  return result;
}

PostProcessor byte_level_processor(const JsonNode& node) {
  PostProcessor result;
  result.trims_offsets = node.boolean_or("trim_offsets", true);
  result.keeps_first_space = node.boolean_or("add_prefix_space", true);
  return result;
}

PostProcessor roberta(const JsonNode& node) {
  PostProcessor result = bert_processor(node);
  const Part end = result.parts.back();
  result.pair = {result.parts.front(), kFirst, end, end, kSecond, end};
  result.trims_offsets = node.boolean_or("trim_offsets", true);
  result.keeps_first_space = node.boolean_or("add_prefix_space", true);
  return result;
}

std::vector<Part> special_parts(const JsonNode& node, const JsonNode& tokens) {
  std::vector<Part> parts;
  for (const JsonNode& id : tokens.at(node.at("id").string()).at("ids").elements()) {
    parts.push_back({.token = read_id(id)});
  }
  return parts;
}

Parts template_parts(const JsonNode& pieces, const JsonNode& tokens, bool of_pair) {
  Parts out;
  for (const JsonNode& piece : pieces.elements()) {
    if (const auto special = piece.find("SpecialToken")) {
      const auto parts = special_parts(*special, tokens);
      out.insert(out.end(), parts.begin(), parts.end());
      continue;
    }
    const JsonNode id = piece.at("Sequence").at("id");
    const bool is_second = of_pair && id.string() == "B";
    check(is_second || id.string() == "A", ErrorKind::corrupt_data,
          "{}: the template of {} texts needs a {} text '{}'", id.path(),
          of_pair ? "two" : "single", of_pair ? "third" : "second", id.string());
    out.push_back(is_second ? kSecond : kFirst);
  }
  return out;
}

PostProcessor template_processing(const JsonNode& node) {
  PostProcessor result;
  const JsonNode tokens = node.at("special_tokens");
  result.parts = template_parts(node.at("single"), tokens, false);
  if (const auto pair = node.find("pair")) {
    result.pair = template_parts(*pair, tokens, true);
  }
  return result;
}

/// Of two steps one may add tokens.
std::optional<Parts> chain_pairs(const PostProcessor& inner, const PostProcessor& outer) {
  const Parts nothing_added = {kFirst, kSecond};
  if (inner.pair == nothing_added) {
    return outer.pair;
  }
  return outer.pair == nothing_added ? inner.pair : std::nullopt;
}

/// `inner` happens first; its whole result is the text of `outer`.
PostProcessor chain(const PostProcessor& inner, const PostProcessor& outer) {
  PostProcessor result;
  result.trims_offsets = inner.trims_offsets || outer.trims_offsets;
  result.keeps_first_space =
      inner.trims_offsets ? inner.keeps_first_space : outer.keeps_first_space;
  result.parts.clear();
  for (const Part& part : outer.parts) {
    if (part.is_text()) {
      result.parts.insert(result.parts.end(), inner.parts.begin(), inner.parts.end());
    } else {
      result.parts.push_back(part);
    }
    check(result.parts.size() < 10000, ErrorKind::corrupt_data,
          "the post-processor adds too many tokens");
  }
  result.pair = chain_pairs(inner, outer);
  return result;
}

PostProcessor sequence_processor(const JsonNode& node) {
  PostProcessor result;
  for (const JsonNode& element : node.at("processors").elements()) {
    result = chain(result, make_post_processor(element));
  }
  return result;
}

using MakeProcessor = PostProcessor (*)(const JsonNode&);
constexpr auto kProcessorNames = std::to_array<std::string_view>(
    {"BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing"});
constexpr std::array<MakeProcessor, kProcessorNames.size()> kProcessorMakers = {
    bert_processor, byte_level_processor, roberta, sequence_processor, template_processing};

}  // namespace

PostProcessor make_post_processor(const JsonNode& node) {
  if (node.is_null()) {
    return {};
  }
  node.type("a post-processor", kProcessorNames);
  return kProcessorMakers[node.at("type").choice(kProcessorNames)](node);
}

}  // namespace automodel::text
