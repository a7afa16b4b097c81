#include "text/bpe_json.h"

#include <utility>

#include "text/tokenizer/vocabulary.h"

namespace automodel::text {

Json vocabulary_json(const std::vector<std::string>& tokens, std::string_view where) {
  std::vector<Vocabulary::Item> items;
  items.reserve(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    items.push_back({tokens[i], static_cast<std::int32_t>(i)});
  }
  return Vocabulary(items, where).to_json();
}

Json bpe_settings() {
  return {{"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false}};
}

Json bpe_json(Json vocabulary, Json merges, const Json& settings) {
  Json model = {{"type", "BPE"}};
  model.update(bpe_settings());
  for (const auto& [key, value] : settings.items()) {
    model[key] = value;
  }
  model["vocab"] = std::move(vocabulary);
  model["merges"] = std::move(merges);
  return model;
}

}  // namespace automodel::text
