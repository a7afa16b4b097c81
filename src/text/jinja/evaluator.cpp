#include "text/jinja/evaluator.h"

#include "base/error.h"
#include "text/jinja/iterate.h"
#include "text/jinja/print.h"
#include "text/jinja/subscript.h"

namespace automodel::text::jinja {

Value Evaluator::eval(const Expr& expr, Frame& frame) {
  const Runtime::Depth depth(runtime_);
  runtime_.step();
  line_ = expr.line;
  return std::visit([&](const auto& node) { return visit(node, frame); }, expr.node);
}

// Counts the memory of a value that an operation made.
Value Evaluator::made(Value value) {
  runtime_.allocate(value);
  return value;
}

std::vector<Value> Evaluator::eval_all(const std::vector<ExprPtr>& exprs, Frame& frame) {
  std::vector<Value> values;
  values.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) {
    values.push_back(eval(*expr, frame));
  }
  return values;
}

Value Evaluator::visit(const Literal& node, Frame&) { return node.value; }

Value Evaluator::visit(const Name& node, Frame& frame) {
  const std::optional<Value>& value = variable(frame, node.slot);
  return value ? *value : make_undefined(fmt::format("{} is undefined", string_repr(node.name)));
}

Value Evaluator::visit(const TupleExpr& node, Frame& frame) {
  return made(make_tuple(eval_all(node.items, frame)));
}

Value Evaluator::visit(const ListExpr& node, Frame& frame) {
  return made(make_list(eval_all(node.items, frame)));
}

Value Evaluator::visit(const DictExpr& node, Frame& frame) {
  DictItems items;
  for (const auto& [key, value] : node.entries) {
    Value evaluated = eval(*key, frame);
    items.set(std::move(evaluated), eval(*value, frame));
  }
  return made(make_dict(std::move(items)));
}

Value Evaluator::visit(const AttributeExpr& node, Frame& frame) {
  return get_attribute(runtime_, eval(*node.object, frame), node.name);
}

Value Evaluator::visit(const ItemExpr& node, Frame& frame) {
  const Value object = eval(*node.object, frame);
  const Value key = eval(*node.key, frame);
  return get_item(runtime_, object, key);
}

Value Evaluator::visit(const SliceExpr& node, Frame& frame) {
  const Value object = eval(*node.object, frame);
  const auto bound = [&](const ExprPtr& expr) {
    return expr != nullptr ? eval(*expr, frame) : Value(None{});
  };
  const Value start = bound(node.start);
  const Value stop = bound(node.stop);
  const Value step = bound(node.step);
  runtime_.read(object);
  return made(get_slice(object, start, stop, step));
}

Arguments Evaluator::arguments(const CallArguments& node, Frame& frame) {
  Arguments out;
  out.positional = eval_all(node.positional, frame);
  for (const auto& [name, value] : node.keywords) {
    out.keywords.emplace_back(name, eval(*value, frame));
  }
  add_starred(out, node, frame);
  return out;
}

void Evaluator::add_starred(Arguments& out, const CallArguments& node, Frame& frame) {
  if (node.star != nullptr) {
    for (Value& value : collect(runtime_, eval(*node.star, frame))) {
      out.positional.push_back(std::move(value));
    }
  }
  if (node.double_star == nullptr) {
    return;
  }
  const Value mapping = eval(*node.double_star, frame);
  const auto* dict = mapping.as<Dict>();
  check(dict != nullptr, ErrorKind::invalid_argument, "argument after ** must be a mapping, not {}",
        type_name(mapping));
  for (const auto& [key, value] : (*dict)->entries()) {
    const auto* name = key.as<String>();
    check(name != nullptr, ErrorKind::invalid_argument, "keywords must be strings");
    for (const auto& keyword : out.keywords) {
      check(keyword.first != name->view(), ErrorKind::invalid_argument,
            "got multiple values for keyword argument '{}'", name->view());
    }
    out.keywords.emplace_back(*name->text, value);
  }
}

Value Evaluator::call(const Value& callee, const Arguments& values) {
  require_defined(callee);
  if (const auto* function = callee.as<std::shared_ptr<const Function>>()) {
    return made((**function)(runtime_, values));
  }
  if (const auto* object = callee.as<std::shared_ptr<Object>>()) {
    return made((*object)->call(runtime_, values));
  }
  fail(ErrorKind::invalid_argument, "'{}' object is not callable", type_name(callee));
}

Value Evaluator::visit(const CallExpr& node, Frame& frame) {
  const int line = line_;
  const Value callee = eval(*node.callee, frame);
  const Arguments values = arguments(node.arguments, frame);
  line_ = line;
  return call(callee, values);
}

Value Evaluator::call_with_caller(const CallExpr& node, Value caller, Frame& frame) {
  const int line = line_;
  const Value callee = eval(*node.callee, frame);
  Arguments values = arguments(node.arguments, frame);
  values.keywords.emplace_back("caller", std::move(caller));
  line_ = line;
  return call(callee, values);
}

Value Evaluator::run_filter(const FilterExpr& node, const Value& input, Frame& frame) {
  const int line = line_;
  const Arguments values = arguments(node.arguments, frame);
  line_ = line;
  check(node.filter != nullptr, ErrorKind::invalid_argument, "No filter named '{}' found.",
        node.name);
  return made(node.filter(runtime_, input, values));
}

Value Evaluator::visit(const FilterExpr& node, Frame& frame) {
  const int line = line_;
  const Value input = eval(*node.input, frame);
  line_ = line;
  return run_filter(node, input, frame);
}

Value Evaluator::filter_block(const Expr& filters, Value text, Frame& frame) {
  const Runtime::Depth depth(runtime_);
  const auto& node = std::get<FilterExpr>(filters.node);
  if (node.input != nullptr) {
    text = filter_block(*node.input, std::move(text), frame);
  }
  line_ = filters.line;
  return run_filter(node, text, frame);
}

Value Evaluator::visit(const TestExpr& node, Frame& frame) {
  const int line = line_;
  const Value input = eval(*node.input, frame);
  const Arguments values = arguments(node.arguments, frame);
  line_ = line;
  check(node.test != nullptr, ErrorKind::invalid_argument, "No test named '{}' found.", node.name);
  return node.test(runtime_, input, values);
}

Value Evaluator::visit(const UnaryExpr& node, Frame& frame) {
  const Value operand = eval(*node.operand, frame);
  switch (node.op) {
    case UnaryOp::negate:
      return negate(operand);
    case UnaryOp::plus:
      return plus(operand);
    default:
      return !truth(operand);
  }
}

Value Evaluator::visit(const BinaryExpr& node, Frame& frame) {
  const int line = line_;
  const Value left = eval(*node.left, frame);
  const Value right = eval(*node.right, frame);
  line_ = line;
  return made(apply(runtime_, node.op, left, right));
}

Value Evaluator::visit(const LogicalExpr& node, Frame& frame) {
  const Value left = eval(*node.left, frame);
  return truth(left) == node.is_and ? eval(*node.right, frame) : left;
}

Value Evaluator::visit(const ConcatExpr& node, Frame& frame) {
  std::string out;
  for (const ExprPtr& part : node.parts) {
    const Value value = eval(*part, frame);
    runtime_.walk(value);
    out += to_text(value);
    check_string_bytes(out.size());
  }
  return made(std::move(out));
}

Value Evaluator::visit(const CompareExpr& node, Frame& frame) {
  const int line = line_;
  Value left = eval(*node.first, frame);
  for (const auto& [op, operand] : node.rest) {
    Value right = eval(*operand, frame);
    line_ = line;
    if (!compare(runtime_, op, left, right)) {
      return false;
    }
    left = std::move(right);
  }
  return true;
}

Value Evaluator::visit(const ConditionalExpr& node, Frame& frame) {
  const int line = line_;
  if (test(*node.test, frame)) {
    return eval(*node.then, frame);
  }
  if (node.otherwise != nullptr) {
    return eval(*node.otherwise, frame);
  }
  return make_undefined(
      fmt::format("the inline if-expression on line {} evaluated to false and no else section was "
                  "defined.",
                  line));
}

}  // namespace automodel::text::jinja
