// Filters that make text.

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/binding.h"
#include "text/jinja/filters.h"
#include "text/jinja/iterate.h"
#include "text/jinja/json_text.h"
#include "text/jinja/markup.h"
#include "text/jinja/percent_format.h"
#include "text/jinja/pretty_print.h"
#include "text/jinja/print.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_methods.h"
#include "text/jinja/unicode.h"
#include "text/jinja/unicode_case.h"

namespace automodel::text::jinja {
namespace {

// jinja2's soft_str: a str as it is, Markup or not, anything else printed.
String soft_text(Runtime& runtime, const Value& value) {
  if (const auto* text = value.as<String>()) {
    runtime.read(value);
    return *text;
  }
  runtime.walk(value);
  return String{std::make_shared<const std::string>(to_text(value))};
}

template <std::string (*map)(std::string_view)>
Value mapped(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("filter", arguments, {});
  const String text = soft_text(runtime, input);
  return string_like(text, map(text.view()));
}

bool separates_words(char32_t c) {
  return is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
}

std::string capitalize_words(std::string_view text) {
  std::string out;
  std::u32string word;
  const auto finish = [&] {
    if (!word.empty()) {
      const std::string whole = from_code_points(word);
      const std::size_t first = decode(whole, 0).bytes;
      out += to_upper(std::string_view(whole).substr(0, first));
      out += to_lower(std::string_view(whole).substr(first));
    }
    word.clear();
  };
  for (const char32_t c : to_code_points(text)) {
    if (separates_words(c)) {
      finish();
      out += to_utf8(c);
    } else {
      word.push_back(c);
    }
  }
  finish();
  return out;
}

Value title(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("title", arguments, {});
  return capitalize_words(soft_text(runtime, input).view());
}

Value trim_text(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("trim", arguments, {"chars"});
  const String text = soft_text(runtime, input);
  if (!bound.present(0)) {
    return string_like(text, std::string(strip(text.view(), nullptr, Side::both)));
  }
  const String chars = bound.text(0);
  return string_like(text, std::string(strip(text.view(), &chars, Side::both)));
}

Value replace_text(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("replace", arguments, {"old", "new", "count"}, 2);
  const std::int64_t count = bound.present(2) ? bound.integer(2, -1) : -1;
  return replace(soft_text(runtime, input).view(), to_text(bound[0]), to_text(bound[1]), count);
}

Value center_text(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("center", arguments, {"width"});
  const String text = soft_text(runtime, input);
  return string_like(text, center(text.view(), bound.integer(0, 80), " "));
}

String need_text(std::string_view filter, const Value& value) {
  require_defined(value);
  const auto* text = value.as<String>();
  check(text != nullptr, ErrorKind::invalid_argument, "the filter '{}' needs a str, not '{}'",
        filter, type_name(value));
  return *text;
}

Value indent(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("indent", arguments, {"width", "first", "blank"});
  const String text = need_text("indent", input);
  runtime.read(input);
  const bool by_text = bound.given(0) && bound[0].is<String>();
  const auto width =
      static_cast<std::size_t>(by_text ? 0 : std::max<std::int64_t>(bound.integer(0, 4), 0));
  check_string_bytes(width);
  const std::string margin = by_text ? *bound.text(0).text : std::string(width, ' ');
  const std::vector<std::string> lines = split_lines(*text.text + "\n", false);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += i > 0 ? "\n" : "";
    const bool indented = i == 0 ? bound.flag(1, false) : bound.flag(2, false) || !lines[i].empty();
    out += indented ? margin : "";
    out += lines[i];
    check_string_bytes(out.size());
  }
  return string_like(text, std::move(out));
}

Value truncate(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("truncate", arguments, {"length", "killwords", "end", "leeway"});
  runtime.read(input);
  const auto size = length(input);
  check(size.has_value(), ErrorKind::invalid_argument, "object of type '{}' has no len()",
        type_name(input));
  const std::string end = bound.given(2) ? *bound.text(2).text : "...";
  const std::int64_t most = bound.integer(0, 255);
  const std::int64_t leeway = bound.present(3) ? bound.integer(3, 5) : 5;
  const auto end_size = static_cast<std::int64_t>(count_characters(end));
  check(most >= end_size, ErrorKind::invalid_argument, "expected length >= {}, got {}", end_size,
        most);
  check(leeway >= 0, ErrorKind::invalid_argument, "expected leeway >= 0, got {}", leeway);
  if (known(size) - leeway <= most) {
    return input;
  }
  const String text = need_text("truncate", input);
  const std::string_view view = text.view();
  std::string_view kept = view.substr(0, byte_of(view, static_cast<std::size_t>(most - end_size)));
  if (!bound.flag(1, false)) {
    kept = kept.substr(0, std::min(kept.rfind(' '), kept.size()));
  }
  return string_like(text, std::string(kept) + end);
}

Value wordcount(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("wordcount", arguments, {});
  std::int64_t words = 0;
  bool inside = false;
  for (const char32_t c : to_code_points(soft_text(runtime, input).view())) {
    words += is_word(c) && !inside ? 1 : 0;
    inside = is_word(c);
  }
  return words;
}

Value string(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("string", arguments, {});
  return soft_text(runtime, input);
}

Value safe(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("safe", arguments, {});
  return make_markup(*soft_text(runtime, input).text);
}

Value escape_text(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("escape", arguments, {});
  return escape(soft_text(runtime, input));
}

Value force_escape(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("forceescape", arguments, {});
  return make_markup(escape_html(soft_text(runtime, input).view()));
}

Value format(Runtime& runtime, const Value& input, const Arguments& arguments) {
  check(arguments.positional.empty() || arguments.keywords.empty(), ErrorKind::invalid_argument,
        "can't handle positional and keyword arguments at the same time");
  const String text = soft_text(runtime, input);
  if (arguments.keywords.empty()) {
    return percent_format(text, make_tuple(arguments.positional));
  }
  DictItems named;
  for (const auto& [key, value] : arguments.keywords) {
    named.set(Value(key), value);
  }
  return percent_format(text, make_dict(std::move(named)));
}

std::string quote_url(std::string_view text, bool in_query) {
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view("_.-~").find(c) != std::string_view::npos ||
                       (c == '/' && !in_query);
    if (plain) {
      out.push_back(c);
    } else if (c == ' ' && in_query) {
      out.push_back('+');
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    check_string_bytes(out.size());
  }
  return out;
}

Value urlencode(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("urlencode", arguments, {});
  if (input.is<String>() || !is_iterable(input)) {
    return quote_url(soft_text(runtime, input).view(), false);
  }
  const auto* dict = input.as<Dict>();
  const Value pairs = dict != nullptr ? Value(View{*dict, ViewKind::items}) : input;
  std::string out;
  for (const Value& item : collect(runtime, pairs)) {
    const std::vector<Value> pair = collect(runtime, item);
    check(pair.size() == 2, ErrorKind::invalid_argument,
          "urlencode needs pairs of key and value, found {} items", pair.size());
    out += out.empty() ? "" : "&";
    out += quote_url(to_text(pair[0]), true) + "=" + quote_url(to_text(pair[1]), true);
    check_string_bytes(out.size());
  }
  return out;
}

JsonStyle json_style(const Bound& bound) {
  JsonStyle style;
  style.ensure_ascii = bound.flag(0, false);
  style.sort_keys = bound.flag(3, false);
  if (bound.present(1)) {
    const auto* text = bound[1].as<String>();
    const auto width = text != nullptr ? 0 : std::max<std::int64_t>(bound.integer(1, 0), 0);
    check_string_bytes(static_cast<std::size_t>(width));
    style.indent =
        text != nullptr ? *text->text : std::string(static_cast<std::size_t>(width), ' ');
    style.item_separator = ",";
  }
  return style;
}

Value tojson(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound =
      bind("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style = json_style(bound);
  if (bound.present(2)) {
    const std::vector<Value> separators = collect(runtime, bound[2]);
    check(separators.size() == 2 && separators[0].is<String>() && separators[1].is<String>(),
          ErrorKind::invalid_argument, "tojson's separators must be two strings");
    style.item_separator = *separators[0].as<String>()->text;
    style.key_separator = *separators[1].as<String>()->text;
  }
  runtime.walk(input);
  return to_json_text(input, style);
}

Value pprint(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("pprint", arguments, {});
  runtime.walk(input);
  return pretty_print(input);
}

Value refused(Runtime&, const Value&, const Arguments&) {
  fail(ErrorKind::unsupported,
       "the filters filesizeformat, random, striptags, urlize, wordwrap and xmlattr are not "
       "supported in chat templates");
}

}  // namespace

std::span<const NamedFilter> text_filters() {
  static constexpr std::array<NamedFilter, 25> kFilters = {{{"upper", mapped<to_upper>},
                                                            {"lower", mapped<to_lower>},
                                                            {"capitalize", mapped<capitalize>},
                                                            {"title", title},
                                                            {"trim", trim_text},
                                                            {"replace", replace_text},
                                                            {"center", center_text},
                                                            {"indent", indent},
                                                            {"truncate", truncate},
                                                            {"wordcount", wordcount},
                                                            {"string", string},
                                                            {"safe", safe},
                                                            {"escape", escape_text},
                                                            {"e", escape_text},
                                                            {"forceescape", force_escape},
                                                            {"format", format},
                                                            {"urlencode", urlencode},
                                                            {"tojson", tojson},
                                                            {"pprint", pprint},
                                                            {"filesizeformat", refused},
                                                            {"random", refused},
                                                            {"striptags", refused},
                                                            {"urlize", refused},
                                                            {"wordwrap", refused},
                                                            {"xmlattr", refused}}};
  return kFilters;
}

}  // namespace automodel::text::jinja
