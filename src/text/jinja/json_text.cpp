#include "text/jinja/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "text/jinja/number.h"
#include "text/jinja/operators.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

std::string number_text(double number) {
  if (std::isnan(number)) {
    return "NaN";
  }
  if (std::isinf(number)) {
    return number < 0 ? "-Infinity" : "Infinity";
  }
  return float_repr(number);
}

void append_code_unit(std::string& out, char32_t unit) {
  out += fmt::format("\\u{:04x}", static_cast<unsigned>(unit));
}

void append_unicode_escape(std::string& out, char32_t c) {
  if (c < 0x10000) {
    append_code_unit(out, c);
    return;
  }
  append_code_unit(out, 0xd800U + ((c - 0x10000U) >> 10U));
  append_code_unit(out, 0xdc00U + ((c - 0x10000U) & 0x3ffU));
}

std::string_view short_escape(char32_t c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\f':
      return "\\f";
    case '\b':
      return "\\b";
    default:
      return {};
  }
}

class JsonPrinter {
 public:
  explicit JsonPrinter(const JsonStyle& style) : style_(style) {}
  std::string take() { return std::move(out_); }

  void print(const Value& value) {
    check_string_bytes(out_.size());
    if (const auto* text = value.as<String>()) {
      print_string(text->view());
    } else if (const auto* list = value.as<List>()) {
      print_list(list->values());
    } else if (const auto* tuple = value.as<Tuple>()) {
      print_list(tuple->values());
    } else if (const auto* dict = value.as<Dict>()) {
      print_dict(*dict);
    } else {
      out_ += scalar(value);
    }
  }

 private:
  static std::string scalar(const Value& value) {
    if (value.is<None>()) {
      return "null";
    }
    if (const auto* flag = value.as<bool>()) {
      return *flag ? "true" : "false";
    }
    if (const auto* integer = value.as<std::int64_t>()) {
      return std::to_string(*integer);
    }
    if (const auto* number = value.as<double>()) {
      return number_text(*number);
    }
    fail(ErrorKind::invalid_argument, "Object of type {} is not JSON serializable",
         type_name(value));
  }

  void print_string(std::string_view text) {
    out_.push_back('"');
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint point = decode(text, at);
      const std::string_view escape = short_escape(point.value);
      if (!escape.empty()) {
        out_ += escape;
      } else if (point.value < 0x20 || (style_.ensure_ascii && point.value > 0x7e)) {
        append_unicode_escape(out_, point.value);
      } else {
        out_ += text.substr(at, point.bytes);
      }
      at += point.bytes;
    }
    out_.push_back('"');
  }

  void print_key(const Value& key) {
    if (const auto* text = key.as<String>()) {
      print_string(text->view());
      return;
    }
    check(key.is<None>() || as_number(key).has_value(), ErrorKind::invalid_argument,
          "keys must be str, int, float, bool or None, not {}", type_name(key));
    print_string(scalar(key));
  }

  void new_line() {
    if (style_.indent) {
      check_string_bytes(out_.size() + saturating_multiply(style_.indent->size(),
                                                           static_cast<std::size_t>(level_)));
      out_.push_back('\n');
      for (int i = 0; i < level_; ++i) {
        out_ += *style_.indent;
      }
    }
  }

  void print_list(const std::vector<Value>& items) {
    if (items.empty()) {
      out_ += "[]";
      return;
    }
    out_.push_back('[');
    ++level_;
    std::string_view separator;
    for (const Value& item : items) {
      out_ += separator;
      new_line();
      print(item);
      separator = style_.item_separator;
    }
    --level_;
    new_line();
    out_.push_back(']');
  }

  std::vector<const std::pair<Value, Value>*> ordered(const Dict& dict) const {
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : dict->entries()) {
      entries.push_back(&entry);
    }
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto* a, const auto* b) { return less(a->first, b->first); });
    }
    return entries;
  }

  void print_dict(const Dict& dict) {
    if (dict->size() == 0) {
      out_ += "{}";
      return;
    }
    out_.push_back('{');
    ++level_;
    std::string_view separator;
    for (const auto* entry : ordered(dict)) {
      out_ += separator;
      new_line();
      print_key(entry->first);
      out_ += style_.key_separator;
      print(entry->second);
      separator = style_.item_separator;
    }
    --level_;
    new_line();
    out_.push_back('}');
  }

  const JsonStyle& style_;
  std::string out_;
  int level_ = 0;
};

}  // namespace

std::string to_json_text(const Value& value, const JsonStyle& style) {
  JsonPrinter printer(style);
  printer.print(value);
  return printer.take();
}

}  // namespace automodel::text::jinja
