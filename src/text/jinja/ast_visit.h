#pragma once
// Walks over the children of an expression.

#include "text/jinja/ast.h"
#include "text/jinja/overloaded.h"

namespace automodel::text::jinja {

/// Calls visit(Expr&) for each child of the node it is given, in the order of evaluation.
template <typename Visit>
class ChildVisitor {
 public:
  explicit ChildVisitor(Visit visit) : visit_(std::move(visit)) {}

  void operator()(Literal&) {}
  void operator()(Name&) {}
  void operator()(TupleExpr& node) { all(node.items); }
  void operator()(ListExpr& node) { all(node.items); }
  void operator()(DictExpr& node) {
    for (auto& [key, value] : node.entries) {
      each(key, value);
    }
  }
  void operator()(AttributeExpr& node) { each(node.object); }
  void operator()(ItemExpr& node) { each(node.object, node.key); }
  void operator()(SliceExpr& node) { each(node.object, node.start, node.stop, node.step); }
  void operator()(CallExpr& node) {
    each(node.callee);
    arguments(node.arguments);
  }
  void operator()(FilterExpr& node) {
    each(node.input);
    arguments(node.arguments);
  }
  void operator()(TestExpr& node) {
    each(node.input);
    arguments(node.arguments);
  }
  void operator()(UnaryExpr& node) { each(node.operand); }
  void operator()(BinaryExpr& node) { each(node.left, node.right); }
  void operator()(LogicalExpr& node) { each(node.left, node.right); }
  void operator()(ConcatExpr& node) { all(node.parts); }
  void operator()(CompareExpr& node) {
    each(node.first);
    for (auto& operand : node.rest) {
      each(operand.second);
    }
  }
  void operator()(ConditionalExpr& node) { each(node.test, node.then, node.otherwise); }

 private:
  void one(ExprPtr& child) {
    if (child != nullptr) {
      visit_(*child);
    }
  }
  template <typename... Children>
  void each(Children&... children) {
    (one(children), ...);
  }
  void all(std::vector<ExprPtr>& children) {
    for (ExprPtr& child : children) {
      one(child);
    }
  }
  void arguments(CallArguments& call) {
    all(call.positional);
    for (auto& keyword : call.keywords) {
      one(keyword.second);
    }
    each(call.star, call.double_star);
  }

  Visit visit_;
};

template <typename Visit>
void for_each_child(Expr::Node& node, Visit visit) {
  std::visit(ChildVisitor<Visit>(std::move(visit)), node);
}

}  // namespace automodel::text::jinja
