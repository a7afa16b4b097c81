#include "tensor/gguf_vocabulary.h"

namespace automodel {

GgufVocabulary gguf_vocabulary(const GgufFile& file) {
  return read_gguf_vocabulary(file.metadata(), file.path().string());
}

}  // namespace automodel
