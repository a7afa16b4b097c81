#pragma once
// Tokenizers as Transformers before 5 saved them for Mistral's models.

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "text/class_steps.h"
#include "text/split_patterns.h"

namespace automodel::text {

/// `tokenizer`, the tokenizer.json of a BPE of bytes, split by Llama 3's expression, with a token
/// "Th" and so many unused ones that it counts as Mistral's. "'The" is "'T" and "he" by that
/// expression.
inline Json as_old_mistral(Json tokenizer) {
  constexpr int kTh = 1000;
  constexpr int kLast = 101'000;
  Json& model = tokenizer["model"];
  auto& vocab = model["vocab"].get_ref<Json::object_t&>();
  vocab.push_back({"Th", kTh});
  for (int id = kTh + 1; id <= kLast; ++id) {
    vocab.push_back({fmt::format("unused {}", id), id});
  }
  model["merges"].push_back("T h");
  tokenizer["pre_tokenizer"] = class_steps::pre_tokenizers(
      {class_steps::split({{"Regex", split_patterns::kLlama3}}, "Isolated"),
       class_steps::byte_level(false, /*use_regex=*/false)});
  return tokenizer;
}

}  // namespace automodel::text
