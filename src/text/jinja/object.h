#pragma once
// What values can call, draw items from, or change.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/value.h"

namespace automodel::text::jinja {

class Runtime;

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keywords;
};

/// A builtin, a bound method or a macro.
class Function {
 public:
  using Body = std::function<Value(Runtime&, const Arguments&)>;
  /// captured: the measure of what the body holds.
  Function(std::string type, std::string name, Body body, Measure captured = {})
      : type_(std::move(type)),
        name_(std::move(name)),
        body_(std::move(body)),
        measure_{captured.weight + 1, captured.depth + 1} {}

  Value operator()(Runtime& runtime, const Arguments& arguments) const {
    return body_(runtime, arguments);
  }
  const std::string& type() const { return type_; }
  const std::string& name() const { return name_; }
  Measure measure() const { return measure_; }

 private:
  std::string type_;
  std::string name_;
  Body body_;
  Measure measure_;
};

/// A single pass over items made on demand, as a Python generator.
class Iterator {
 public:
  using Next = std::function<std::optional<Value>(Runtime&)>;
  /// source: the measure of what `next` holds. Throws if that is too deep.
  Iterator(std::string type, Next next, Measure source = {});

  /// The next item, or nothing at the end. Counts as a step.
  std::optional<Value> next(Runtime& runtime);
  const std::string& type() const { return type_; }
  Measure measure() const { return measure_; }

 private:
  std::string type_;
  Next next_;
  Measure measure_;
};

/// An object with state. Made by Runtime::make, which keeps it alive and breaks its cycles at the
/// end of the rendering.
class Object {
 public:
  virtual ~Object() = default;
  virtual std::string type_name() const = 0;
  virtual std::optional<Value> attribute(Runtime& runtime, std::string_view name) = 0;
  /// depth: levels of values around it, as repr(value, depth) counts them.
  virtual std::string repr(int depth) const;
  virtual bool callable() const { return false; }
  virtual Value call(Runtime& runtime, const Arguments& arguments);
  virtual std::optional<std::int64_t> length() { return std::nullopt; }
  /// Drops every value held.
  virtual void clear() = 0;
};

/// The measure of what holds both.
Measure join(Measure a, Measure b);
Measure measure(const Arguments& arguments);

Value make_function(std::string name, Function::Body body, Measure captured = {});
Value make_iterator(std::string type, Iterator::Next next, Measure source = {});

}  // namespace automodel::text::jinja
