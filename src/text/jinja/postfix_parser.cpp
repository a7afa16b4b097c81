// The part of the expression grammar that follows an operand: subscripts, calls, filters and tests.

#include <algorithm>

#include "text/jinja/expression_parser.h"
#include "text/jinja/lookup.h"

namespace automodel::text::jinja {

ExprPtr ExpressionParser::postfix(ExprPtr expr) {
  while (true) {
    const int line = tokens_.current().line;
    if (tokens_.at_op(".") || tokens_.at_op("[")) {
      expr = subscript(std::move(expr));
    } else if (tokens_.at_op("(")) {
      CallArguments arguments = call_arguments();
      expr = make(line, CallExpr{std::move(expr), std::move(arguments)});
    } else {
      return expr;
    }
  }
}

ExprPtr ExpressionParser::filter_or_test(ExprPtr expr) {
  while (true) {
    const int line = tokens_.current().line;
    if (tokens_.at_op("|")) {
      expr = filters(std::move(expr), false);
    } else if (tokens_.at_name("is")) {
      expr = test(std::move(expr));
    } else if (tokens_.at_op("(")) {
      CallArguments arguments = call_arguments();
      expr = make(line, CallExpr{std::move(expr), std::move(arguments)});
    } else {
      return expr;
    }
  }
}

ExprPtr ExpressionParser::subscript(ExprPtr object) {
  const int line = tokens_.current().line;
  if (tokens_.skip_op(".")) {
    return attribute(std::move(object));
  }
  tokens_.expect_op("[");
  if (tokens_.at_op(":")) {
    return slice(std::move(object), nullptr, line);
  }
  if (tokens_.skip_op("]")) {
    return make(line, ItemExpr{std::move(object), make(line, TupleExpr{})});
  }
  ExprPtr key = expression();
  if (tokens_.at_op(":")) {
    return slice(std::move(object), std::move(key), line);
  }
  std::vector<ExprPtr> keys;
  keys.push_back(std::move(key));
  while (tokens_.skip_op(",")) {
    keys.push_back(expression());
  }
  tokens_.expect_op("]");
  key = keys.size() == 1 ? std::move(keys[0]) : make(line, TupleExpr{std::move(keys)});
  return make(line, ItemExpr{std::move(object), std::move(key)});
}

ExprPtr ExpressionParser::attribute(ExprPtr object) {
  const Token& token = tokens_.next();
  if (token.kind == TokenKind::name) {
    return make(token.line, AttributeExpr{std::move(object), token.text});
  }
  if (token.kind != TokenKind::number || !token.number.is<std::int64_t>()) {
    tokens_.error(token.line, "expected name or number, got '{}'", describe(token));
  }
  return make(token.line, ItemExpr{std::move(object), make(token.line, Literal{token.number})});
}

ExprPtr ExpressionParser::slice(ExprPtr object, ExprPtr start, int line) {
  tokens_.expect_op(":");
  ExprPtr stop;
  ExprPtr step;
  if (!tokens_.at_op(":") && !tokens_.at_op("]")) {
    stop = expression();
  }
  if (tokens_.skip_op(":") && !tokens_.at_op("]")) {
    step = expression();
  }
  tokens_.expect_op("]");
  return make(line,
              SliceExpr{std::move(object), std::move(start), std::move(stop), std::move(step)});
}

std::string ExpressionParser::dotted_name() {
  std::string name = tokens_.expect(TokenKind::name, "name").text;
  while (tokens_.skip_op(".")) {
    name += "." + tokens_.expect(TokenKind::name, "name").text;
  }
  return name;
}

ExprPtr ExpressionParser::filters(ExprPtr input, bool inline_first) {
  while (inline_first || tokens_.skip_op("|")) {
    input = filter(std::move(input));
    inline_first = false;
  }
  return input;
}

ExprPtr ExpressionParser::filter(ExprPtr input) {
  const int line = tokens_.current().line;
  const std::string name = dotted_name();
  CallArguments arguments;
  if (tokens_.at_op("(")) {
    arguments = call_arguments();
  }
  return make(line, FilterExpr{std::move(input), name, find_filter(name), std::move(arguments)});
}

ExprPtr ExpressionParser::test(ExprPtr input) {
  const int line = tokens_.next().line;
  const bool negated = tokens_.skip_name("not");
  const std::string name = dotted_name();
  CallArguments arguments = test_arguments();
  ExprPtr expr =
      make(line, TestExpr{std::move(input), name, find_test(name), std::move(arguments)});
  return negated ? make(line, UnaryExpr{UnaryOp::negation, std::move(expr)}) : std::move(expr);
}

CallArguments ExpressionParser::test_arguments() {
  if (tokens_.at_op("(")) {
    return call_arguments();
  }
  CallArguments arguments;
  const bool operand = tokens_.at(TokenKind::name) || tokens_.at(TokenKind::string) ||
                       tokens_.at(TokenKind::number) || tokens_.at_op("[") || tokens_.at_op("{");
  const bool keyword = tokens_.at_name("else") || tokens_.at_name("or") || tokens_.at_name("and");
  if (!operand || keyword) {
    return arguments;
  }
  if (tokens_.at_name("is")) {
    tokens_.error(tokens_.current().line, "You cannot chain multiple tests with is");
  }
  arguments.positional.push_back(postfix(primary()));
  return arguments;
}

CallArguments ExpressionParser::call_arguments() {
  CallArguments arguments;
  const int line = tokens_.current().line;
  tokens_.expect_op("(");
  bool first = true;
  while (!tokens_.at_op(")")) {
    if (!first) {
      tokens_.expect_op(",");
      if (tokens_.at_op(")")) {
        break;
      }
    }
    first = false;
    call_argument(arguments, line);
  }
  tokens_.expect_op(")");
  return arguments;
}

void ExpressionParser::call_argument(CallArguments& arguments, int line) {
  const auto ensure = [&](bool allowed) {
    if (!allowed) {
      tokens_.error(line, "invalid syntax for function call expression");
    }
  };
  const bool starred = arguments.star != nullptr || arguments.double_star != nullptr;
  if (tokens_.skip_op("*")) {
    ensure(!starred);
    arguments.star = expression();
  } else if (tokens_.skip_op("**")) {
    ensure(arguments.double_star == nullptr);
    arguments.double_star = expression();
  } else if (tokens_.at(TokenKind::name) && TokenStream::is(tokens_.ahead(), TokenKind::op, "=")) {
    ensure(arguments.double_star == nullptr);
    const Token& key = tokens_.next();
    tokens_.next();
    const bool repeated =
        std::any_of(arguments.keywords.begin(), arguments.keywords.end(),
                    [&](const auto& keyword) { return keyword.first == key.text; });
    if (repeated) {
      tokens_.error(key.line, "keyword argument repeated: {}", key.text);
    }
    arguments.keywords.emplace_back(key.text, expression());
  } else {
    ensure(!starred && arguments.keywords.empty());
    arguments.positional.push_back(expression());
  }
}

}  // namespace automodel::text::jinja
