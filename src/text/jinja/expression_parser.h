#pragma once
// The grammar of expressions.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/ast.h"
#include "text/jinja/token_stream.h"

namespace automodel::text::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  /// One expression, with `a if b else c` unless `conditional` is off.
  ExprPtr expression(bool conditional = true);
  /// Expressions separated by commas make a tuple, one alone stands for itself. `end_name` is a
  /// name that also ends it.
  ExprPtr tuple(bool conditional = true, std::string_view end_name = {});
  /// The filters behind a pipe, applied to `input` (null in blocks); `inline_first`: the first has
  /// no pipe.
  ExprPtr filters(ExprPtr input, bool inline_first);

 private:
  class Nesting;

  ExprPtr make(int line, Expr::Node node);
  ExprPtr conditional();
  ExprPtr logical_or();
  ExprPtr logical_and();
  ExprPtr negation();
  ExprPtr comparison();
  ExprPtr sum();
  ExprPtr concatenation();
  ExprPtr product();
  ExprPtr power();
  ExprPtr unary(bool with_filter = true);
  ExprPtr primary();
  ExprPtr parenthesized();
  ExprPtr constant_or_name();
  ExprPtr strings();
  ExprPtr list();
  ExprPtr dict();
  ExprPtr postfix(ExprPtr expr);
  ExprPtr filter_or_test(ExprPtr expr);
  ExprPtr subscript(ExprPtr object);
  ExprPtr attribute(ExprPtr object);
  ExprPtr slice(ExprPtr object, ExprPtr start, int line);
  ExprPtr filter(ExprPtr input);
  ExprPtr test(ExprPtr input);
  CallArguments test_arguments();
  CallArguments call_arguments();
  void call_argument(CallArguments& arguments, int line);
  std::string dotted_name();
  std::vector<ExprPtr> tuple_items(ExprPtr first, bool conditional, std::string_view end_name);
  bool at_tuple_end(std::string_view end_name) const;

  TokenStream& tokens_;
  int depth_ = 0;
};

}  // namespace automodel::text::jinja
