#pragma once
// Expressions to values.

#include <string>
#include <string_view>

#include "text/jinja/frame.h"
#include "text/jinja/runtime.h"

namespace automodel::text::jinja {

class Evaluator {
 public:
  explicit Evaluator(Runtime& runtime) : runtime_(runtime) {}

  /// Throws Error(invalid_argument) with Jinja's or Python's text where those raise; line() is then
  /// where.
  Value eval(const Expr& expr, Frame& frame);
  bool test(const Expr& expr, Frame& frame) { return truth(eval(expr, frame)); }
  /// A chain of filters that starts with no input, applied to the text of a block.
  Value filter_block(const Expr& filters, Value text, Frame& frame);
  /// A call with the further keyword argument `caller`.
  Value call_with_caller(const CallExpr& node, Value caller, Frame& frame);

  Runtime& runtime() { return runtime_; }
  int line() const { return line_; }
  void set_line(int line) { line_ = line; }

 private:
  Value visit(const Literal& node, Frame& frame);
  Value visit(const Name& node, Frame& frame);
  Value visit(const TupleExpr& node, Frame& frame);
  Value visit(const ListExpr& node, Frame& frame);
  Value visit(const DictExpr& node, Frame& frame);
  Value visit(const AttributeExpr& node, Frame& frame);
  Value visit(const ItemExpr& node, Frame& frame);
  Value visit(const SliceExpr& node, Frame& frame);
  Value visit(const CallExpr& node, Frame& frame);
  Value visit(const FilterExpr& node, Frame& frame);
  Value visit(const TestExpr& node, Frame& frame);
  Value visit(const UnaryExpr& node, Frame& frame);
  Value visit(const BinaryExpr& node, Frame& frame);
  Value visit(const LogicalExpr& node, Frame& frame);
  Value visit(const ConcatExpr& node, Frame& frame);
  Value visit(const CompareExpr& node, Frame& frame);
  Value visit(const ConditionalExpr& node, Frame& frame);

  std::vector<Value> eval_all(const std::vector<ExprPtr>& exprs, Frame& frame);
  Arguments arguments(const CallArguments& node, Frame& frame);
  void add_starred(Arguments& out, const CallArguments& node, Frame& frame);
  Value run_filter(const FilterExpr& node, const Value& input, Frame& frame);
  Value call(const Value& callee, const Arguments& values);
  Value made(Value value);

  Runtime& runtime_;
  int line_ = 1;
};

}  // namespace automodel::text::jinja
