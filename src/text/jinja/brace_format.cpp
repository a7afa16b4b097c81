#include "text/jinja/brace_format.h"

#include <algorithm>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/format_spec.h"
#include "text/jinja/markup.h"
#include "text/jinja/number.h"
#include "text/jinja/print.h"
#include "text/jinja/subscript.h"

namespace automodel::text::jinja {
namespace {

bool is_digit_byte(char c) { return c >= '0' && c <= '9'; }

class BraceFormatter {
 public:
  BraceFormatter(Runtime& runtime, const Arguments& arguments, bool markup)
      : runtime_(runtime), arguments_(arguments), markup_(markup) {}

  std::string format(std::string_view source, int nesting) {
    check(nesting >= 0, ErrorKind::invalid_argument, "Max string recursion exceeded");
    std::string out;
    for (std::size_t at = 0; at < source.size();) {
      const char c = source[at];
      const bool doubled = at + 1 < source.size() && source[at + 1] == c;
      if ((c == '{' || c == '}') && doubled) {
        out.push_back(c);
        at += 2;
      } else if (c == '{') {
        const std::size_t end = field_end(source, at + 1);
        out += field(source.substr(at + 1, end - at - 1), nesting);
        at = end + 1;
      } else {
        check(c != '}', ErrorKind::invalid_argument, "Single '}}' encountered in format string");
        out.push_back(c);
        ++at;
      }
      check_string_bytes(out.size());
    }
    return out;
  }

 private:
  enum class Numbering { unknown, automatic, manual };

  static std::size_t field_end(std::string_view source, std::size_t at) {
    check(at < source.size(), ErrorKind::invalid_argument,
          "Single '{{' encountered in format string");
    int depth = 1;
    bool in_index = false;
    for (; at < source.size(); ++at) {
      const char c = source[at];
      in_index = c == '[' ? true : c == ']' ? false : in_index;
      if (!in_index) {
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      }
      if (depth == 0) {
        return at;
      }
    }
    fail(ErrorKind::invalid_argument, "expected '}}' before end of string");
  }

  std::string field(std::string_view text, int nesting) {
    const auto name_end = std::min(text.find_first_of("!:"), text.size());
    const std::string_view name = text.substr(0, name_end);
    std::string_view rest = text.substr(name_end);
    char conversion = 0;
    if (!rest.empty() && rest[0] == '!') {
      check(rest.size() >= 2 && (rest.size() == 2 || rest[2] == ':'), ErrorKind::invalid_argument,
            "expected ':' after conversion specifier");
      conversion = rest[1];
      rest.remove_prefix(2);
    }
    const Value value = convert(look_up(name), conversion);
    const std::string spec =
        format(rest.empty() ? std::string_view() : rest.substr(1), nesting - 1);
    return format_field(value, spec);
  }

  std::string format_field(const Value& value, const std::string& spec) const {
    const auto* string = value.as<String>();
    if (!markup_) {
      return format_value(value, spec);
    }
    if (string != nullptr && string->markup) {
      check(spec.empty(), ErrorKind::invalid_argument,
            "Unsupported format specification for Markup.");
      return *string->text;
    }
    return escape_html(format_value(value, spec));
  }

  static Value convert(Value value, char conversion) {
    switch (conversion) {
      case 0:
        return value;
      case 's':
        return to_text(value);
      case 'r':
        return repr(value);
      case 'a':
        return ascii_repr(value);
      default:
        fail(ErrorKind::invalid_argument, "Unknown conversion specifier {}", conversion);
    }
  }

  Value look_up(std::string_view name) {
    const auto first_end = std::min(name.find_first_of(".["), name.size());
    Value value = first(name.substr(0, first_end), name);
    for (std::size_t at = first_end; at < name.size();) {
      if (name[at] == '.') {
        const auto end = std::min(name.find_first_of(".[", at + 1), name.size());
        check(end > at + 1, ErrorKind::invalid_argument, "Empty attribute in format string");
        value = get_attribute(runtime_, value, name.substr(at + 1, end - at - 1));
        at = end;
      } else {
        const auto end = name.find(']', at);
        check(name[at] == '[' && end != std::string_view::npos, ErrorKind::invalid_argument,
              "Missing ']' in format string");
        value = get_item(runtime_, value, index(name.substr(at + 1, end - at - 1)));
        at = end + 1;
      }
    }
    return value;
  }

  static Value index(std::string_view text) {
    check(!text.empty(), ErrorKind::invalid_argument, "Empty attribute in format string");
    const bool number = std::all_of(text.begin(), text.end(), is_digit_byte);
    return number ? Value(known(parse_integer(text))) : Value(std::string(text));
  }

  Value first(std::string_view name, std::string_view whole) {
    const bool automatic = whole.empty();
    const bool number = !name.empty() && std::all_of(name.begin(), name.end(), is_digit_byte);
    if (automatic || number) {
      const Numbering numbering = automatic ? Numbering::automatic : Numbering::manual;
      check(numbering_ == Numbering::unknown || numbering_ == numbering,
            ErrorKind::invalid_argument,
            "cannot switch from manual field specification to automatic field numbering");
      numbering_ = numbering;
      const auto position =
          automatic ? next_++ : static_cast<std::size_t>(known(parse_integer(name)));
      check(position < arguments_.positional.size(), ErrorKind::invalid_argument,
            "tuple index out of range");
      return arguments_.positional[position];
    }
    for (const auto& [key, value] : arguments_.keywords) {
      if (key == name) {
        return value;
      }
    }
    fail(ErrorKind::invalid_argument, "{}", string_repr(name));
  }

  Runtime& runtime_;
  const Arguments& arguments_;
  bool markup_;
  Numbering numbering_ = Numbering::unknown;
  std::size_t next_ = 0;
};

}  // namespace

Value brace_format(Runtime& runtime, const String& text, const Arguments& arguments) {
  constexpr int kMaxNesting = 2;
  return string_like(
      text, BraceFormatter(runtime, arguments, text.markup).format(text.view(), kMaxNesting));
}

}  // namespace automodel::text::jinja
