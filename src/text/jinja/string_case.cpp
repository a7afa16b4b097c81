// str methods that change or test the kind of characters.

#include <algorithm>
#include <array>

#include "text/jinja/binding.h"
#include "text/jinja/markup.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_methods.h"
#include "text/jinja/unicode.h"
#include "text/jinja/unicode_case.h"

namespace automodel::text::jinja {
namespace {

template <std::string (*map)(std::string_view)>
Value mapped(Runtime&, const String& self, const Arguments& arguments) {
  bind_positional("str method", arguments, 0, 0);
  return string_like(self, map(self.view()));
}

template <bool (*test)(std::string_view)>
Value tested(Runtime&, const String& self, const Arguments& arguments) {
  bind_positional("str method", arguments, 0, 0);
  return test(self.view());
}

// True for a text that is not empty and whose code points all pass.
template <bool (*test)(char32_t)>
bool all_of(std::string_view text) {
  const std::u32string points = to_code_points(text);
  return !points.empty() && std::all_of(points.begin(), points.end(), test);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_all_printable(std::string_view text) {
  const std::u32string points = to_code_points(text);
  return std::all_of(points.begin(), points.end(), is_printable);
}

bool is_identifier(std::string_view text) {
  const std::u32string points = to_code_points(text);
  return !points.empty() && (is_alphabetic(points[0]) || points[0] == '_') &&
         std::all_of(points.begin(), points.end(), is_word);
}

}  // namespace

std::span<const StringMethod> case_methods() {
  static constexpr std::array<StringMethod, 18> kMethods = {
      {{"upper", mapped<to_upper>},
       {"lower", mapped<to_lower>},
       {"title", mapped<to_title>},
       {"capitalize", mapped<capitalize>},
       {"swapcase", mapped<swap_case>},
       {"casefold", mapped<case_fold>},
       {"islower", tested<is_all_lower>},
       {"isupper", tested<is_all_upper>},
       {"istitle", tested<is_all_title>},
       {"isalpha", tested<all_of<is_alphabetic>>},
       {"isdigit", tested<all_of<is_digit>>},
       {"isdecimal", tested<all_of<is_decimal>>},
       {"isnumeric", tested<all_of<is_numeric>>},
       {"isalnum", tested<all_of<is_alphanumeric>>},
       {"isspace", tested<all_of<is_space>>},
       {"isascii", tested<is_ascii>},
       {"isprintable", tested<is_all_printable>},
       {"isidentifier", tested<is_identifier>}}};
  return kMethods;
}

}  // namespace automodel::text::jinja
