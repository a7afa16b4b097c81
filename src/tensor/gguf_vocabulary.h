#pragma once
// The tokenizer's metadata of a GGUF file.

#include "base/gguf_vocabulary.h"
#include "tensor/gguf.h"

namespace automodel {

/// read_gguf_vocabulary of a file.
GgufVocabulary gguf_vocabulary(const GgufFile& file);

}  // namespace automodel
