#pragma once
// A small tokenizer and chat templates for tests: one token per byte, a few merges and specials.

#include <map>
#include <string>

#include "data/text_context.h"

namespace automodel::data {

inline constexpr std::int32_t kBos = 260;
inline constexpr std::int32_t kEos = 261;
inline constexpr std::int32_t kImStart = 262;
inline constexpr std::int32_t kImEnd = 263;

/// The name that byte-level BPE gives a byte: itself if printable, else a code point from 256 on.
inline std::string byte_name(int byte) {
  const auto printable = [](int b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  };
  int code = byte;
  if (!printable(byte)) {
    code = 256;
    for (int b = 0; b < byte; ++b) {
      code += printable(b) ? 0 : 1;
    }
  }
  return code < 128 ? std::string(1, static_cast<char>(code))
                    : std::string{static_cast<char>(0xC0 | (code >> 6)),
                                  static_cast<char>(0x80 | (code & 0x3F))};
}

/// Ids 0-255 are the bytes; 256 "ab", 257 " x", 258 " ab", 259 two newlines; then the specials.
inline Json tokenizer_json(bool adds_bos = false) {
  Json vocab = Json::object();
  for (int byte = 0; byte < 256; ++byte) {
    vocab[byte_name(byte)] = byte;
  }
  const std::string blank = byte_name(' ');
  const std::string newline = byte_name('\n');
  vocab["ab"] = 256;
  vocab[blank + "x"] = 257;
  vocab[blank + "ab"] = 258;
  vocab[newline + newline] = 259;
  const Json merges = {"a b", blank + " x", blank + " ab", newline + " " + newline};
  Json added = Json::array();
  std::int32_t id = kBos;
  for (const char* name : {"<s>", "</s>", "<|im_start|>", "<|im_end|>"}) {
    added.push_back({{"id", id++},
                     {"content", name},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  const Json byte_level = {{"type", "ByteLevel"},
                           {"add_prefix_space", false},
                           {"trim_offsets", true},
                           {"use_regex", true}};
  Json post = byte_level;
  if (adds_bos) {
    const Json bos = {{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
    const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
    const Json second = {{"Sequence", {{"id", "B"}, {"type_id", 1}}}};
    post = {{"type", "TemplateProcessing"},
            {"single", Json::array({bos, text})},
            {"pair", Json::array({bos, text, bos, second})},
            {"special_tokens",
             {{"<s>",
               {{"id", "<s>"}, {"ids", Json::array({kBos})}, {"tokens", Json::array({"<s>"})}}}}}};
  }
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", byte_level},
          {"post_processor", post},
          {"decoder", byte_level},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"ignore_merges", false},
            {"vocab", vocab},
            {"merges", merges}}}};
}

/// ChatML as SmolLM2 and Qwen2.5 write it.
inline constexpr const char* kChatMl =
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

inline TextContext test_context(const std::map<std::string, std::string>& templates = {},
                                bool adds_bos = false) {
  text::TokenizerConfig config;
  config.bos_token = "<s>";
  config.eos_token = templates.empty() ? "</s>" : "<|im_end|>";
  config.chat_templates = templates;
  return make_text_context(text::Tokenizer::from_json(tokenizer_json(adds_bos), "test tokenizer"),
                           config);
}

inline TextContext with_template(const std::string& source) {
  return test_context({{"default", source}});
}

inline TextContext chatml_context() { return with_template(kChatMl); }

inline constexpr const char* kCall =
    R"({"messages": [{"role": "user", "content": "Look"},
        {"role": "assistant", "content": "", "tool_calls": [
          {"function": {"name": "f", "arguments": {"k": "é"}}}]},
        {"role": "tool", "content": "found"}, {"role": "assistant", "content": "Ok"}],
        "tools": [{"name": "f", "parameters": {}}]})";

/// How a template prints the arguments of calls.
inline std::string calling_template(const std::string& arguments) {
  return "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}"
         "{% for c in m.tool_calls or [] %}{{ c.function.name + ':' }}{{ " +
         arguments +
         " }}{% endfor %}{{ '<|im_end|>\n' }}{% endfor %}"
         "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
}

/// As Llama 3.1's and Mistral's: a message either calls or says something.
inline std::string either_calls_or_says(const std::string& when, const std::string& text) {
  return "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if " + when +
         " %}{% for c in m.tool_calls %}{{ c.function | tojson }}{% endfor %}{% else %}{{ " + text +
         " }}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
         "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
}

/// As Qwen3's: the content is cut at </think>.
inline constexpr const char* kCutsThinking =
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' and '</think>' in m.content %}"
    "{{ '<think>\n' + m.content.split('</think>')[0].split('<think>')[-1].strip('\n') + "
    "'\n</think>\n\n' + m.content.split('</think>')[-1].lstrip('\n') }}"
    "{% else %}{{ m.content }}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// As gpt-oss's: the first message's instructions, the first call of a message, JSON of results.
inline constexpr const char* kFirstOnly =
    "{% set rest = messages %}{% if messages[0].role in ['system', 'developer'] %}"
    "{{ messages[0].content }}{% set rest = messages[1:] %}{% endif %}"
    "{% for m in rest %}{% if m.role in ['user', 'assistant', 'tool'] %}"
    "{{ '<|im_start|>' + m.role + '\n' }}"
    "{{ m.content | tojson if m.role == 'tool' else m.content }}"
    "{% if m.tool_calls %}{{ m.tool_calls[0].function | tojson }}{% endif %}"
    "{{ '</s>' if loop.last and m.role == 'assistant' and not add_generation_prompt else "
    "'<|im_end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

inline TextContext first_only_context() {
  TextContext context = with_template(kFirstOnly);
  context.special_tokens.eos_token = "</s>";
  context.eos_id = kEos;
  return context;
}

}  // namespace automodel::data
