#include "base/error.h"
#include "text/bpe_json.h"
#include "text/gguf/kinds.h"
#include "text/gguf/pre_tokenizers.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

/// Files that were written before there was this key lack it. What stands for it then would cut
/// texts otherwise than the model learnt them.
std::string pre_tokenizer_name(const GgufSource& source) {
  const std::string& stated = source.vocabulary.pre;
  const bool is_gpt2 = source.architecture == "gpt2";
  check(!stated.empty() || is_gpt2, ErrorKind::unsupported,
        "{}: the byte-level vocabulary has no tokenizer.ggml.pre, which says how texts are cut; "
        "write a copy that has it with 'gguf-new-metadata --pre-tokenizer NAME IN.gguf OUT.gguf' "
        "of the Python package gguf (NAME is llama-bpe for Llama 3, qwen2 for Qwen 2 and 3), or "
        "let a recipe name another tokenizer (dataset.tokenizer.pretrained_model_name_or_path)",
        source.name);
  return stated.empty() ? "gpt-2" : stated;
}

}  // namespace

Json gguf_vocabulary_json(const std::vector<std::string>& tokens, const GgufSource& source) {
  return vocabulary_json(tokens, fmt::format("{}: tokenizer.ggml.tokens", source.name));
}

Json gguf_merges(const GgufSource& source) {
  Json list = Json::array();
  const auto& merges = source.vocabulary.merges;
  for (std::size_t i = 0; i < merges.size(); ++i) {
    // The space between the tokens is the last but for tokens that are spaces, which no byte-level
    // vocabulary has.
    const std::string& merge = merges[i];
    const auto space = merge.find(' ', 1);
    check(space != std::string::npos && space + 1 < merge.size() && !find_invalid_utf8(merge),
          ErrorKind::corrupt_data, "{}: merge {} is not two tokens with a space between them",
          source.name, i);
    list.push_back(Json::array({merge.substr(0, space), merge.substr(space + 1)}));
  }
  return list;
}

GgufParts byte_level_parts(const GgufSource& source) {
  const GgufPreTokenizer pre = gguf_pre_tokenizer(pre_tokenizer_name(source), source.name);
  const auto& tokens = source.vocabulary.tokens;
  return {.normalizer = pre.normalizer,
          .pre_tokenizer = pre.pre_tokenizer,
          .decoder = {{"type", "ByteLevel"},
                      {"add_prefix_space", true},
                      {"trim_offsets", true},
                      {"use_regex", true}},
          .model = bpe_json(gguf_vocabulary_json(tokens, source), gguf_merges(source),
                            {{"ignore_merges", pre.ignore_merges}}),
          .tokens = tokens,
          .adds_first = pre.adds_bos,
          .adds_last = pre.adds_eos};
}

}  // namespace automodel::text
