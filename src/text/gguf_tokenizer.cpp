#include "text/gguf_tokenizer.h"

#include "base/error.h"

namespace automodel::text {

GgufTokenizer tokenizer_from_gguf(const GgufVocabulary& vocabulary, std::string_view,
                                  std::string_view source) {
  fail(ErrorKind::unsupported, "{}: {}", source, vocabulary.model);
}

}  // namespace automodel::text
