#include "text/jinja/namespace.h"

#include <utility>

#include "base/error.h"
#include "text/jinja/binding.h"
#include "text/jinja/print.h"
#include "text/jinja/runtime.h"

namespace automodel::text::jinja {

void Namespace::check_name(std::string_view name) {
  check(!name.starts_with('_'), ErrorKind::invalid_argument,
        "Chat templates cannot store underscore-prefixed attributes on a namespace, but got {}. "
        "Please rename the attribute.",
        string_repr(name));
}

void Namespace::set(std::string_view name, Value value) {
  check_name(name);
  attributes_.set(Value(std::string(name)), std::move(value));
}

std::optional<Value> Namespace::attribute(Runtime&, std::string_view name) {
  const Value* value = attributes_.find(name);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::string Namespace::repr(int depth) const {
  return "<Namespace " + jinja::repr(make_dict(attributes_), depth) + ">";
}

Value Cycler::next() {
  const Value item = items_[position_];
  position_ = (position_ + 1) % items_.size();
  return item;
}

std::optional<Value> Cycler::attribute(Runtime&, std::string_view name) {
  if (name == "current") {
    return items_[position_];
  }
  if (name == "items") {
    return make_tuple(items_);
  }
  if (name == "pos") {
    return static_cast<std::int64_t>(position_);
  }
  if (name == "next") {
    return make_function("next", [this](Runtime&, const Arguments& arguments) {
      bind_positional("next", arguments, 0, 0);
      return next();
    });
  }
  if (name == "reset") {
    return make_function("reset", [this](Runtime&, const Arguments& arguments) {
      bind_positional("reset", arguments, 0, 0);
      position_ = 0;
      return Value(None{});
    });
  }
  return std::nullopt;
}

std::optional<Value> Joiner::attribute(Runtime&, std::string_view name) {
  if (name == "sep") {
    return separator_;
  }
  return name == "used" ? std::optional<Value>(used_) : std::nullopt;
}

Value Joiner::call(Runtime&, const Arguments& arguments) {
  bind_positional("joiner", arguments, 0, 0);
  return std::exchange(used_, true) ? separator_ : Value(std::string());
}

}  // namespace automodel::text::jinja
