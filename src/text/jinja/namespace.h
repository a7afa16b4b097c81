#pragma once
// Objects that templates make: namespace(), cycler(), joiner().

#include <map>
#include <string>
#include <vector>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

class Namespace : public Object {
 public:
  explicit Namespace(DictItems attributes) : attributes_(std::move(attributes)) {}

  /// Throws Error(invalid_argument) on a name that starts with an underscore, as Transformers does.
  static void check_name(std::string_view name);
  void set(std::string_view name, Value value);

  std::string type_name() const override { return "Namespace"; }
  std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  std::string repr(int depth) const override;
  void clear() override { attributes_ = {}; }

 private:
  DictItems attributes_;
};

class Cycler : public Object {
 public:
  explicit Cycler(std::vector<Value> items) : items_(std::move(items)) {}

  std::string type_name() const override { return "Cycler"; }
  std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  void clear() override { items_.clear(); }

 private:
  Value next();
  std::vector<Value> items_;
  std::size_t position_ = 0;
};

class Joiner : public Object {
 public:
  explicit Joiner(Value separator) : separator_(std::move(separator)) {}

  std::string type_name() const override { return "Joiner"; }
  std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  bool callable() const override { return true; }
  Value call(Runtime& runtime, const Arguments& arguments) override;
  void clear() override { separator_ = None{}; }

 private:
  Value separator_;
  bool used_ = false;
};

}  // namespace automodel::text::jinja
