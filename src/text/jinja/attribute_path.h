#pragma once
// The "attribute" arguments of filters: "name", "a.b.0", an index, or none for the item itself.

#include <optional>
#include <vector>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

class AttributePath {
 public:
  /// attribute: str, int or None. fallback: what stands for an undefined step; None: nothing does.
  explicit AttributePath(const Value& attribute, Value fallback = None{});
  Value operator()(Runtime& runtime, const Value& item) const;

 private:
  std::vector<Value> parts_;
  Value fallback_;
};

/// A str in lower case, anything else as it is.
Value ignore_case(const Value& value);

}  // namespace automodel::text::jinja
