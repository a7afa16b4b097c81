#include "text/jinja/attribute_path.h"

#include <algorithm>

#include "base/known.h"
#include "base/text.h"
#include "text/jinja/markup.h"
#include "text/jinja/number.h"
#include "text/jinja/subscript.h"
#include "text/jinja/unicode_case.h"

namespace automodel::text::jinja {
namespace {

Value part_of(const std::string& text) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  return digits ? Value(known(parse_integer(text))) : Value(text);
}

}  // namespace

AttributePath::AttributePath(const Value& attribute, Value fallback)
    : fallback_(std::move(fallback)) {
  if (const auto* text = attribute.as<String>()) {
    for (const std::string& part : automodel::split(text->view(), '.')) {
      parts_.push_back(part_of(part));
    }
  } else if (!attribute.is<None>()) {
    parts_.push_back(attribute);
  }
}

Value AttributePath::operator()(Runtime& runtime, const Value& item) const {
  Value value = item;
  for (const Value& part : parts_) {
    value = get_item(runtime, value, part);
    if (value.is<Undefined>() && !fallback_.is<None>()) {
      value = fallback_;
    }
  }
  return value;
}

Value ignore_case(const Value& value) {
  const auto* text = value.as<String>();
  return text != nullptr ? string_like(*text, to_lower(text->view())) : value;
}

}  // namespace automodel::text::jinja
