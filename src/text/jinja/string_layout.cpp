// str methods that pad and format.

#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/jinja/binding.h"
#include "text/jinja/brace_format.h"
#include "text/jinja/markup.h"
#include "text/jinja/operators.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_methods.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

std::string filled(std::int64_t count, std::string_view fill) {
  const auto times = static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
  check_string_bytes(saturating_multiply(times, fill.size()));
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += fill;
  }
  return out;
}

std::int64_t missing(std::string_view text, std::int64_t width) {
  const auto size = static_cast<std::int64_t>(count_characters(text));
  return std::max<std::int64_t>(0, width - std::min(width, size));
}

struct Layout {
  std::int64_t width;
  std::string fill;
};

Layout layout(std::string_view name, const String& self, const Arguments& arguments) {
  const Bound bound = bind_positional(name, arguments, 1, 2);
  std::string fill = " ";
  if (bound.given(1)) {
    const String given = bound.text(1);
    check(count_characters(given.view()) == 1, ErrorKind::invalid_argument,
          "The fill character must be exactly one character long");
    fill = escaped_for(self, given);
    check(count_characters(fill) == 1, ErrorKind::invalid_argument,
          "The fill character must be exactly one character long");
  }
  return {bound.integer(0, 0), fill};
}

Value center_text(Runtime&, const String& self, const Arguments& arguments) {
  const Layout to = layout("center", self, arguments);
  return string_like(self, center(self.view(), to.width, to.fill));
}

Value ljust(Runtime&, const String& self, const Arguments& arguments) {
  const Layout to = layout("ljust", self, arguments);
  return string_like(self, *self.text + filled(missing(self.view(), to.width), to.fill));
}

Value rjust(Runtime&, const String& self, const Arguments& arguments) {
  const Layout to = layout("rjust", self, arguments);
  return string_like(self, filled(missing(self.view(), to.width), to.fill) + *self.text);
}

Value zfill(Runtime&, const String& self, const Arguments& arguments) {
  const std::int64_t width = bind_positional("zfill", arguments, 1, 1).integer(0, 0);
  const std::string_view text = self.view();
  const std::size_t sign = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  return string_like(self, std::string(text.substr(0, sign)) + filled(missing(text, width), "0") +
                               std::string(text.substr(sign)));
}

Value expand_tabs(Runtime&, const String& self, const Arguments& arguments) {
  const std::int64_t size = bind("expandtabs", arguments, {"tabsize"}).integer(0, 8);
  std::string out;
  std::int64_t column = 0;
  for (const char32_t c : to_code_points(self.view())) {
    if (c == '\t') {
      const std::int64_t count = size > 0 ? size - column % size : 0;
      out += filled(count, " ");
      column += count;
    } else {
      out += to_utf8(c);
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
    check_string_bytes(out.size());
  }
  return string_like(self, std::move(out));
}

Value format(Runtime& runtime, const String& self, const Arguments& arguments) {
  return brace_format(runtime, self, arguments);
}

Value format_map(Runtime& runtime, const String& self, const Arguments& arguments) {
  const Bound bound = bind_positional("format_map", arguments, 1, 1);
  require_defined(bound[0]);
  const auto* dict = bound[0].as<Dict>();
  check(dict != nullptr, ErrorKind::invalid_argument, "format_map() needs a dict, not {}",
        type_name(bound[0]));
  Arguments named;
  for (const auto& [key, value] : (*dict)->entries()) {
    if (const auto* text = key.as<String>()) {
      named.keywords.emplace_back(*text->text, value);
    }
  }
  return brace_format(runtime, self, named);
}

Value refused(Runtime&, const String&, const Arguments&) {
  fail(ErrorKind::unsupported, "the str methods encode, maketrans and translate are not supported");
}

}  // namespace

std::string center(std::string_view text, std::int64_t width, std::string_view fill) {
  const std::int64_t total = missing(text, width);
  const std::int64_t left = total / 2 + (total & width & 1);
  return filled(left, fill) + std::string(text) + filled(total - left, fill);
}

std::span<const StringMethod> layout_methods() {
  static constexpr std::array<StringMethod, 10> kMethods = {{{"center", center_text},
                                                             {"ljust", ljust},
                                                             {"rjust", rjust},
                                                             {"zfill", zfill},
                                                             {"expandtabs", expand_tabs},
                                                             {"format", format},
                                                             {"format_map", format_map},
                                                             {"encode", refused},
                                                             {"maketrans", refused},
                                                             {"translate", refused}}};
  return kMethods;
}

}  // namespace automodel::text::jinja
