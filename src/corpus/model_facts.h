#pragma once
// What data must fit of the model that is trained on it.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "config/model_sections.h"
#include "data/text_context.h"

namespace automodel::corpus {

struct ModelFacts {
  /// As the recipe names it.
  std::string name;
  /// Rows of the embedding, and the tokens that a document may have; 0: unknown.
  std::int64_t vocab_size = 0, max_tokens = 0;
  /// Tokens that end an answer beside the tokenizer's eos_token.
  std::vector<std::int32_t> stop_ids;
  /// Opens the tokenizer and chat templates of this model, or of another one by its name.
  std::function<data::TextContext(const std::string& name)> open_text;
};

/// Of a Hugging Face folder, or a hub id in the local cache; reads no weights.
/// Throws Error(not_found), Error(corrupt_data | unsupported) as models::read_spec.
ModelFacts read_model_facts(const config::ModelSource& model);

}  // namespace automodel::corpus
