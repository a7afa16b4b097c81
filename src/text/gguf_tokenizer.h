#pragma once
// The tokenizer inside a GGUF file, as the two files that a Hugging Face folder would hold.

#include <string_view>

#include "base/gguf_vocabulary.h"
#include "text/tokenizer_files.h"

namespace automodel::text {

/// Builds both files. `architecture` is the GGUF's general.architecture ("llama", "gemma3", ...).
/// Throws Error(unsupported) that names a `model` or `pre` that is not known, Error(corrupt_data)
/// if the lists do not fit together or an id is outside the vocabulary.
TokenizerFiles tokenizer_from_gguf(const GgufVocabulary& vocabulary, std::string_view architecture,
                                   std::string_view source);

}  // namespace automodel::text
