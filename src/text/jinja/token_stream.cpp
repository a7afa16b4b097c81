#include "text/jinja/token_stream.h"

namespace automodel::text::jinja {

const Token& TokenStream::next() {
  const Token& token = tokens_[at_];
  at_ += at_ + 1 < tokens_.size() ? 1 : 0;
  return token;
}

bool TokenStream::skip_op(std::string_view op) {
  const bool found = at_op(op);
  if (found) {
    next();
  }
  return found;
}

bool TokenStream::skip_name(std::string_view name) {
  const bool found = at_name(name);
  if (found) {
    next();
  }
  return found;
}

const Token& TokenStream::expect(TokenKind kind, std::string_view called) {
  if (!at(kind)) {
    error(current().line, "expected token '{}', got '{}'", called, describe(current()));
  }
  return next();
}

void TokenStream::expect_op(std::string_view op) {
  if (!at_op(op)) {
    error(current().line, "expected token '{}', got '{}'", op, describe(current()));
  }
  next();
}

}  // namespace automodel::text::jinja
