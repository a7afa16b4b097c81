#include "text/jinja/print.h"

#include <fmt/format.h>

#include "base/error.h"
#include "text/jinja/number.h"
#include "text/jinja/object.h"
#include "text/jinja/overloaded.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

/// As an escape sequence of its number.
void append_number(std::string& out, char32_t c) {
  const auto number = static_cast<unsigned>(c);
  out += number < 0x100     ? fmt::format("\\x{:02x}", number)
         : number < 0x10000 ? fmt::format("\\u{:04x}", number)
                            : fmt::format("\\U{:08x}", number);
}

void append_escaped(std::string& out, char32_t c, char quote) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c == '\\' || c == static_cast<char32_t>(quote)) {
    out.push_back('\\');
    out.push_back(static_cast<char>(c));
  } else if (is_printable(c)) {
    out += to_utf8(c);
  } else {
    append_number(out, c);
  }
}

class ReprPrinter {
 public:
  explicit ReprPrinter(int depth) : depth_(depth) {}
  std::string take() { return std::move(out_); }

  void print(const Value& value) {
    check_string_bytes(out_.size());
    check(++depth_ <= 2 * kMaxValueDepth, ErrorKind::invalid_argument,
          "maximum recursion depth exceeded while getting the repr of an object");
    std::visit(
        Overloaded{
            [&](const Undefined&) { out_ += "Undefined"; }, [&](const None&) { out_ += "None"; },
            [&](bool v) { out_ += v ? "True" : "False"; },
            [&](std::int64_t v) { out_ += std::to_string(v); },
            [&](double v) { out_ += float_repr(v); }, [&](const String& v) { print_string(v); },
            [&](const List& v) { print_items("[", v.values(), "]"); },
            [&](const Tuple& v) { print_tuple(v); }, [&](const Dict& v) { print_dict(v); },
            [&](const View& v) { print_view(v); }, [&](const Range& v) { print_range(v); },
            [&](const std::shared_ptr<Iterator>& v) { out_ += "<" + v->type() + " object>"; },
            [&](const std::shared_ptr<const Function>& v) { print_function(*v); },
            [&](const std::shared_ptr<Object>& v) { out_ += v->repr(depth_); }},
        value.data());
    --depth_;
  }

 private:
  void print_string(const String& text) {
    out_ += text.markup ? "Markup(" + string_repr(text.view()) + ")" : string_repr(text.view());
  }

  void print_items(std::string_view open, const std::vector<Value>& items, std::string_view close) {
    out_ += open;
    std::string_view separator;
    for (const Value& item : items) {
      out_ += separator;
      print(item);
      separator = ", ";
    }
    out_ += close;
  }

  void print_tuple(const Tuple& tuple) {
    print_items("(", tuple.values(), tuple.values().size() == 1 ? ",)" : ")");
  }

  void print_dict(const Dict& dict) {
    out_ += "{";
    std::string_view separator;
    for (const auto& [key, value] : dict->entries()) {
      out_ += separator;
      print(key);
      out_ += ": ";
      print(value);
      separator = ", ";
    }
    out_ += "}";
  }

  void print_view(const View& view) {
    out_ += type_name(view) + "([";
    std::string_view separator;
    for (const auto& [key, value] : view.dict->entries()) {
      out_ += separator;
      if (view.kind == ViewKind::items) {
        out_ += "(";
        print(key);
        out_ += ", ";
        print(value);
        out_ += ")";
      } else {
        print(view.kind == ViewKind::keys ? key : value);
      }
      separator = ", ";
    }
    out_ += "])";
  }

  void print_range(const Range& range) {
    out_ += range.step == 1 ? fmt::format("range({}, {})", range.start, range.stop)
                            : fmt::format("range({}, {}, {})", range.start, range.stop, range.step);
  }

  void print_function(const Function& function) {
    out_ += function.type() == "Macro" ? fmt::format("<Macro {}>", function.name())
                                       : fmt::format("<function {}>", function.name());
  }

  std::string out_;
  int depth_;
};

}  // namespace

std::string string_repr(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    append_escaped(out, point.value, quote);
    at += point.bytes;
  }
  out.push_back(quote);
  return out;
}

std::string repr(const Value& value, int depth) {
  ReprPrinter printer(depth);
  printer.print(value);
  return printer.take();
}

std::string ascii_repr(const Value& value) {
  std::string out;
  for (const char32_t c : to_code_points(repr(value))) {
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
    } else {
      append_number(out, c);
    }
  }
  return out;
}

std::string to_text(const Value& value) {
  if (const auto* text = value.as<String>()) {
    return *text->text;
  }
  return value.is<Undefined>() ? std::string() : repr(value);
}

}  // namespace automodel::text::jinja
