#include "text/jinja/expression_parser.h"

#include <algorithm>
#include <array>
#include <optional>

#include "text/jinja/ast_visit.h"

namespace automodel::text::jinja {
namespace {

constexpr int kMaxNesting = 200;
constexpr int kMaxDepth = 250;

std::optional<CompareOp> comparison_of(const Token& token) {
  static constexpr std::array<CompareOp, 6> kOps = {CompareOp::eq, CompareOp::ne, CompareOp::lt,
                                                    CompareOp::le, CompareOp::gt, CompareOp::ge};
  const auto* const at = std::find_if(kOps.begin(), kOps.end(), [&](CompareOp op) {
    return TokenStream::is(token, TokenKind::op, symbol(op));
  });
  return at != kOps.end() ? std::optional(*at) : std::nullopt;
}

std::optional<BinaryOp> binary_of(const Token& token, std::initializer_list<BinaryOp> ops) {
  const auto* const at = std::find_if(ops.begin(), ops.end(), [&](BinaryOp op) {
    return TokenStream::is(token, TokenKind::op, symbol(op));
  });
  return at != ops.end() ? std::optional(*at) : std::nullopt;
}

}  // namespace

// Counts how deep the parser itself is nested.
class ExpressionParser::Nesting {
 public:
  explicit Nesting(ExpressionParser& parser) : depth_(parser.depth_) {
    if (++depth_ > kMaxNesting) {
      --depth_;
      parser.tokens_.error(parser.tokens_.current().line,
                           "the expression is nested more than {} levels deep", kMaxNesting);
    }
  }
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& depth_;
};

ExprPtr ExpressionParser::make(int line, Expr::Node node) {
  int depth = 0;
  for_each_child(node, [&](const Expr& child) { depth = std::max(depth, child.depth); });
  if (depth >= kMaxDepth) {
    tokens_.error(line, "the expression chains more than {} operations", kMaxDepth);
  }
  return std::make_unique<Expr>(Expr{std::move(node), line, depth + 1});
}

ExprPtr ExpressionParser::expression(bool with_conditional) {
  return with_conditional ? conditional() : logical_or();
}

ExprPtr ExpressionParser::conditional() {
  const Nesting nesting(*this);
  int line = tokens_.current().line;
  ExprPtr then = logical_or();
  while (tokens_.skip_name("if")) {
    ExprPtr test = logical_or();
    ExprPtr otherwise;
    if (tokens_.skip_name("else")) {
      otherwise = conditional();
    }
    then = make(line, ConditionalExpr{std::move(test), std::move(then), std::move(otherwise)});
    line = tokens_.current().line;
  }
  return then;
}

ExprPtr ExpressionParser::logical_or() {
  const int line = tokens_.current().line;
  ExprPtr left = logical_and();
  while (tokens_.skip_name("or")) {
    ExprPtr right = logical_and();
    left = make(line, LogicalExpr{false, std::move(left), std::move(right)});
  }
  return left;
}

ExprPtr ExpressionParser::logical_and() {
  const int line = tokens_.current().line;
  ExprPtr left = negation();
  while (tokens_.skip_name("and")) {
    ExprPtr right = negation();
    left = make(line, LogicalExpr{true, std::move(left), std::move(right)});
  }
  return left;
}

ExprPtr ExpressionParser::negation() {
  const int line = tokens_.current().line;
  if (tokens_.skip_name("not")) {
    const Nesting nesting(*this);
    return make(line, UnaryExpr{UnaryOp::negation, negation()});
  }
  return comparison();
}

ExprPtr ExpressionParser::comparison() {
  const int line = tokens_.current().line;
  ExprPtr first = sum();
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
  while (true) {
    if (const auto op = comparison_of(tokens_.current())) {
      tokens_.next();
      rest.emplace_back(*op, sum());
    } else if (tokens_.skip_name("in")) {
      rest.emplace_back(CompareOp::in, sum());
    } else if (tokens_.at_name("not") && TokenStream::is(tokens_.ahead(), TokenKind::name, "in")) {
      tokens_.next();
      tokens_.next();
      rest.emplace_back(CompareOp::not_in, sum());
    } else {
      break;
    }
  }
  return rest.empty() ? std::move(first)
                      : make(line, CompareExpr{std::move(first), std::move(rest)});
}

ExprPtr ExpressionParser::sum() {
  ExprPtr left = concatenation();
  while (const auto op = binary_of(tokens_.current(), {BinaryOp::add, BinaryOp::sub})) {
    const int line = tokens_.next().line;
    ExprPtr right = concatenation();
    left = make(line, BinaryExpr{*op, std::move(left), std::move(right)});
  }
  return left;
}

ExprPtr ExpressionParser::concatenation() {
  const int line = tokens_.current().line;
  std::vector<ExprPtr> parts;
  parts.push_back(product());
  while (tokens_.skip_op("~")) {
    parts.push_back(product());
  }
  return parts.size() == 1 ? std::move(parts[0]) : make(line, ConcatExpr{std::move(parts)});
}

ExprPtr ExpressionParser::product() {
  ExprPtr left = power();
  while (const auto op = binary_of(tokens_.current(), {BinaryOp::mul, BinaryOp::div,
                                                       BinaryOp::floor_div, BinaryOp::mod})) {
    const int line = tokens_.next().line;
    ExprPtr right = power();
    left = make(line, BinaryExpr{*op, std::move(left), std::move(right)});
  }
  return left;
}

ExprPtr ExpressionParser::power() {
  ExprPtr left = unary();
  while (tokens_.at_op("**")) {
    const int line = tokens_.next().line;
    ExprPtr right = unary();
    left = make(line, BinaryExpr{BinaryOp::pow, std::move(left), std::move(right)});
  }
  return left;
}

ExprPtr ExpressionParser::unary(bool with_filter) {
  const Nesting nesting(*this);
  const int line = tokens_.current().line;
  ExprPtr expr;
  if (tokens_.skip_op("-")) {
    expr = make(line, UnaryExpr{UnaryOp::negate, unary(false)});
  } else if (tokens_.skip_op("+")) {
    expr = make(line, UnaryExpr{UnaryOp::plus, unary(false)});
  } else {
    expr = primary();
  }
  expr = postfix(std::move(expr));
  return with_filter ? filter_or_test(std::move(expr)) : std::move(expr);
}

ExprPtr ExpressionParser::primary() {
  const Token& token = tokens_.current();
  if (token.kind == TokenKind::name) {
    return constant_or_name();
  }
  if (token.kind == TokenKind::string) {
    return strings();
  }
  if (token.kind == TokenKind::number) {
    tokens_.next();
    return make(token.line, Literal{token.number});
  }
  if (tokens_.at_op("(")) {
    return parenthesized();
  }
  if (tokens_.at_op("[")) {
    return list();
  }
  if (tokens_.at_op("{")) {
    return dict();
  }
  tokens_.error(token.line, "unexpected '{}', expected an expression", describe(token));
}

ExprPtr ExpressionParser::constant_or_name() {
  const Token& token = tokens_.next();
  if (token.text == "true" || token.text == "True") {
    return make(token.line, Literal{true});
  }
  if (token.text == "false" || token.text == "False") {
    return make(token.line, Literal{false});
  }
  if (token.text == "none" || token.text == "None") {
    return make(token.line, Literal{None{}});
  }
  return make(token.line, Name{token.text, {}});
}

ExprPtr ExpressionParser::strings() {
  const int line = tokens_.current().line;
  std::string text;
  while (tokens_.at(TokenKind::string)) {
    text += tokens_.next().text;
  }
  return make(line, Literal{Value(std::move(text))});
}

ExprPtr ExpressionParser::parenthesized() {
  const int line = tokens_.next().line;
  if (tokens_.skip_op(")")) {
    return make(line, TupleExpr{});
  }
  ExprPtr inner = tuple();
  tokens_.expect_op(")");
  return inner;
}

ExprPtr ExpressionParser::list() {
  const int line = tokens_.next().line;
  std::vector<ExprPtr> items;
  while (!tokens_.at_op("]")) {
    if (!items.empty()) {
      tokens_.expect_op(",");
    }
    if (tokens_.at_op("]")) {
      break;
    }
    items.push_back(expression());
  }
  tokens_.expect_op("]");
  return make(line, ListExpr{std::move(items)});
}

ExprPtr ExpressionParser::dict() {
  const int line = tokens_.next().line;
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
  while (!tokens_.at_op("}")) {
    if (!entries.empty()) {
      tokens_.expect_op(",");
    }
    if (tokens_.at_op("}")) {
      break;
    }
    ExprPtr key = expression();
    tokens_.expect_op(":");
    entries.emplace_back(std::move(key), expression());
  }
  tokens_.expect_op("}");
  return make(line, DictExpr{std::move(entries)});
}

bool ExpressionParser::at_tuple_end(std::string_view end_name) const {
  return tokens_.at(TokenKind::variable_end) || tokens_.at(TokenKind::block_end) ||
         tokens_.at_op(")") || (!end_name.empty() && tokens_.at_name(end_name));
}

ExprPtr ExpressionParser::tuple(bool with_conditional, std::string_view end_name) {
  const int line = tokens_.current().line;
  if (at_tuple_end(end_name)) {
    tokens_.error(line, "Expected an expression, got '{}'", describe(tokens_.current()));
  }
  ExprPtr first = expression(with_conditional);
  if (!tokens_.at_op(",")) {
    return first;
  }
  return make(line, TupleExpr{tuple_items(std::move(first), with_conditional, end_name)});
}

std::vector<ExprPtr> ExpressionParser::tuple_items(ExprPtr first, bool with_conditional,
                                                   std::string_view end_name) {
  std::vector<ExprPtr> items;
  items.push_back(std::move(first));
  while (tokens_.skip_op(",") && !at_tuple_end(end_name)) {
    items.push_back(expression(with_conditional));
  }
  return items;
}

}  // namespace automodel::text::jinja
