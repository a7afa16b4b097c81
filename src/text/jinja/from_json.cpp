#include "text/jinja/from_json.h"

#include <limits>

#include "base/error.h"
#include "base/exact_json.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

Value text_value(const std::string& text) {
  check(!find_invalid_utf8(text), ErrorKind::invalid_argument,
        "a text for the template is not valid UTF-8");
  return text;
}

[[noreturn]] void refuse_integer(std::string_view digits) {
  fail(ErrorKind::invalid_argument,
       "the integer {} does not fit 64 bits; templates here have no larger ones. Write it as text, "
       "in quotes",
       digits);
}

Value convert(const Json& json, int depth) {
  check(depth <= kMaxValueDepth, ErrorKind::invalid_argument,
        "data for the template is nested more than {} levels deep", kMaxValueDepth);
  if (json.is_array()) {
    std::vector<Value> items;
    items.reserve(json.size());
    for (const Json& item : json) {
      items.push_back(convert(item, depth + 1));
    }
    return make_list(std::move(items));
  }
  if (json.is_object()) {
    DictItems items;
    for (const auto& [key, item] : json.items()) {
      items.set(text_value(key), convert(item, depth + 1));
    }
    return make_dict(std::move(items));
  }
  return json.is_string() ? text_value(json.get_ref<const std::string&>()) : from_json(json);
}

}  // namespace

Value from_json(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return None{};
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return json.get<std::int64_t>();
    case Json::value_t::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        refuse_integer(std::to_string(number));
      }
      return static_cast<std::int64_t>(number);
    }
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
    case Json::value_t::array:
    case Json::value_t::object:
      return convert(json, 0);
    default:
      if (const auto digits = wide_integer(json)) {
        refuse_integer(*digits);
      }
      fail(ErrorKind::invalid_argument, "a discarded value cannot be given to a template");
  }
}

}  // namespace automodel::text::jinja
