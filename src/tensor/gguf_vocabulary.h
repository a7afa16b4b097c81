#pragma once
// The tokenizer's metadata of a GGUF file.

#include "base/gguf_vocabulary.h"
#include "tensor/gguf.h"

namespace automodel {

/// The keys "tokenizer.*" as plain values. Whether they fit together is for the tokenizer to say.
/// Throws Error(not_found) if the file has no vocabulary, Error(corrupt_data) for values of another
/// type.
GgufVocabulary gguf_vocabulary(const GgufFile& file);

}  // namespace automodel
