#include "text/jinja/object.h"

#include <algorithm>

#include "base/error.h"
#include "text/jinja/runtime.h"

namespace automodel::text::jinja {

Iterator::Iterator(std::string type, Next next, Measure source)
    : type_(std::move(type)),
      next_(std::move(next)),
      measure_{source.weight + 1, source.depth + 1} {
  check(measure_.depth <= kMaxValueDepth, ErrorKind::invalid_argument,
        "a template chains more than {} iterators", kMaxValueDepth);
}

std::optional<Value> Iterator::next(Runtime& runtime) {
  runtime.step();
  return next_(runtime);
}

std::string Object::repr(int) const { return "<" + type_name() + ">"; }

Value Object::call(Runtime&, const Arguments&) {
  fail(ErrorKind::invalid_argument, "'{}' object is not callable", type_name());
}

Measure join(Measure a, Measure b) {
  return {saturating_add(a.weight, b.weight), std::max(a.depth, b.depth)};
}

Measure measure(const Arguments& arguments) {
  Measure total;
  for (const Value& value : arguments.positional) {
    total = join(total, measure(value));
  }
  for (const auto& keyword : arguments.keywords) {
    total = join(total, measure(keyword.second));
  }
  return total;
}

Value make_function(std::string name, Function::Body body, Measure captured) {
  return std::make_shared<const Function>("builtin_function_or_method", std::move(name),
                                          std::move(body), captured);
}

Value make_iterator(std::string type, Iterator::Next next, Measure source) {
  return std::make_shared<Iterator>(std::move(type), std::move(next), source);
}

}  // namespace automodel::text::jinja
