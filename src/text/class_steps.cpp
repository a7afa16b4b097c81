#include "text/class_steps.h"

#include <utility>

namespace automodel::text::class_steps {

Json byte_level(bool add_prefix_space, bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

Json metaspace(std::string_view prepend_scheme, bool split) {
  return {{"type", "Metaspace"},
          {"replacement", "▁"},
          {"prepend_scheme", prepend_scheme},
          {"split", split}};
}

Json split(Json pattern, std::string_view behavior) {
  return {{"type", "Split"},
          {"pattern", std::move(pattern)},
          {"behavior", behavior},
          {"invert", false}};
}

Json bert_normalizer(bool lowercase, bool handle_chinese_chars, Json strip_accents) {
  return {{"type", "BertNormalizer"},
          {"clean_text", true},
          {"handle_chinese_chars", handle_chinese_chars},
          {"strip_accents", std::move(strip_accents)},
          {"lowercase", lowercase}};
}

Json replace(std::string_view from, std::string_view to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

Json pre_tokenizers(Json steps) {
  return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

Json special(const std::string& token, int type_id) {
  return {{"SpecialToken", {{"id", token}, {"type_id", type_id}}}};
}

Json text(const char* name, int type_id) {
  return {{"Sequence", {{"id", name}, {"type_id", type_id}}}};
}

Json around(Json single, Json pair) {
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", Json::object()}};
}

Json around_both(const Json& begin, const Json& end) {
  return around({begin, text("A"), end}, {begin, text("A"), end, end, text("B"), end});
}

Json llama_decoder(bool strips) {
  Json steps = {replace("▁", " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (strips) {
    steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  return {{"type", "Sequence"}, {"decoders", std::move(steps)}};
}

}  // namespace automodel::text::class_steps
