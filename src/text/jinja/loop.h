#pragma once
// The special variable `loop`. Source: jinja2.runtime.LoopContext.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

class Loop : public Object {
 public:
  /// Renders the loop again over other items, one level deeper.
  using Recurse = std::function<Value(const Value& items, int depth)>;

  /// length: of the items, if known without drawing them. recurse: empty unless the loop is
  /// recursive.
  Loop(std::shared_ptr<Iterator> items, std::optional<std::int64_t> length, int depth,
       Recurse recurse);

  /// Moves on to the next item; nothing at the end.
  std::optional<Value> next(Runtime& runtime);

  std::string type_name() const override { return "LoopContext"; }
  std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  std::string repr(int depth) const override;
  bool callable() const override { return true; }
  Value call(Runtime& runtime, const Arguments& arguments) override;
  void clear() override;

 private:
  const std::optional<Value>& peek(Runtime& runtime);
  std::int64_t count(Runtime& runtime);
  std::optional<Value> position_attribute(Runtime& runtime, std::string_view name);
  std::optional<Value> method(std::string_view name);
  Value cycle(const Arguments& arguments) const;
  Value changed(const Arguments& arguments);

  std::shared_ptr<Iterator> items_;
  std::optional<std::int64_t> length_;
  int depth_;
  Recurse recurse_;
  std::int64_t index_ = -1;
  std::optional<Value> before_;
  std::optional<Value> current_;
  std::optional<Value> after_;
  std::optional<Value> last_changed_;
};

}  // namespace automodel::text::jinja
