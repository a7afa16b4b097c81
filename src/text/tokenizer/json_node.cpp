#include "text/tokenizer/json_node.h"

#include <algorithm>

#include "base/error.h"
#include "text/unicode.h"

namespace automodel::text {

void JsonNode::wrong(std::string_view expected) const {
  std::string found(value_->type_name());
  if (value_->is_primitive()) {
    found = value_->dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60);
  }
  fail(ErrorKind::corrupt_data, "{}: expected {}, found {}", path_, expected, found);
}

JsonNode JsonNode::at(std::string_view key) const {
  if (!is_object()) {
    wrong("an object");
  }
  const auto member = value_->find(key);
  check(member != value_->end(), ErrorKind::corrupt_data, "{}: member '{}' is missing", path_, key);
  return {*member, fmt::format("{}.{}", path_, key)};
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const {
  if (!is_object()) {
    wrong("an object");
  }
  const auto member = value_->find(key);
  if (member == value_->end() || member->is_null()) {
    return std::nullopt;
  }
  return JsonNode(*member, fmt::format("{}.{}", path_, key));
}

std::vector<JsonNode> JsonNode::elements() const {
  if (!is_array()) {
    wrong("a list");
  }
  std::vector<JsonNode> result;
  result.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i) {
    result.emplace_back((*value_)[i], fmt::format("{}[{}]", path_, i));
  }
  return result;
}

const std::string& JsonNode::string() const {
  if (!is_string()) {
    wrong("a string");
  }
  const auto& text = value_->get_ref<const std::string&>();
  check(!find_invalid_utf8(text), ErrorKind::corrupt_data, "{}: the string is not valid UTF-8",
        path_);
  return text;
}

bool JsonNode::boolean() const {
  if (!value_->is_boolean()) {
    wrong("true or false");
  }
  return value_->get<bool>();
}

double JsonNode::number() const {
  if (!value_->is_number()) {
    wrong("a number");
  }
  return value_->get<double>();
}

std::int64_t JsonNode::integer(std::int64_t limit) const {
  const bool fits = value_->is_number_integer() &&
                    (value_->is_number_unsigned()
                         ? value_->get<std::uint64_t>() <= static_cast<std::uint64_t>(limit)
                         : value_->get<std::int64_t>() >= 0);
  if (!fits || value_->get<std::int64_t>() > limit) {
    wrong(fmt::format("an integer from 0 to {}", limit));
  }
  return value_->get<std::int64_t>();
}

char32_t JsonNode::character() const {
  const std::string& text = string();
  if (text.empty() || decode_at(text, 0).size != text.size()) {
    wrong("one character");
  }
  return decode_at(text, 0).value;
}

std::string JsonNode::string_or(std::string_view key, std::string_view fallback) const {
  const auto member = find(key);
  return member ? member->string() : std::string(fallback);
}

bool JsonNode::boolean_or(std::string_view key, bool fallback) const {
  const auto member = find(key);
  return member ? member->boolean() : fallback;
}

std::string_view JsonNode::type(std::string_view what,
                                std::span<const std::string_view> known) const {
  const std::string& name = at("type").string();
  check(std::find(known.begin(), known.end(), name) != known.end(), ErrorKind::unsupported,
        "{}: {} of type '{}' is not supported; known are {}", path_, what, name,
        fmt::join(known, ", "));
  return name;
}

std::size_t JsonNode::choice(std::span<const std::string_view> names) const {
  const auto found = std::find(names.begin(), names.end(), string());
  check(found != names.end(), ErrorKind::unsupported, "{}: '{}' is not supported; known are {}",
        path_, string(), fmt::join(names, ", "));
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace automodel::text
