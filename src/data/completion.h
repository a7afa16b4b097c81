#pragma once
// Prompt and answer as plain text, for models without a chat template.

#include <string>

#include "data/sample.h"
#include "data/text_context.h"

namespace automodel::data {

struct Completion {
  std::string prompt;
  std::string answer;
  /// Learns the prompt as well.
  bool train_prompt = false;
};

/// One document: prompt and answer encoded together, with the tokenizer's own special tokens (BOS),
/// and an EOS that is learnt: without it the model would not learn to stop.
/// Throws Error(invalid_argument) if the tokenizer has no eos_token.
TokenizedSample tokenize_completion(const Completion& completion, const TextContext& context);

}  // namespace automodel::data
