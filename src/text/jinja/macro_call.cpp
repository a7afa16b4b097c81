#include "text/jinja/macro_call.h"

#include <algorithm>

#include "base/error.h"
#include "text/jinja/print.h"

namespace automodel::text::jinja {
namespace {

using Keywords = std::vector<std::pair<std::string, Value>>;

std::optional<Value> take(Keywords& keywords, std::string_view name) {
  const auto at = std::ranges::find(keywords, name, &Keywords::value_type::first);
  if (at == keywords.end()) {
    return std::nullopt;
  }
  Value value = std::move(at->second);
  keywords.erase(at);
  return value;
}

std::string name_of(const MacroBody& macro) {
  return macro.name.empty() ? "None" : string_repr(macro.name);
}

Value rest_of_keywords(Keywords keywords) {
  DictItems items;
  for (auto& [name, value] : keywords) {
    items.set(Value(std::move(name)), std::move(value));
  }
  return make_dict(std::move(items));
}

void check_keywords(const MacroBody& macro, const Keywords& keywords) {
  for (const auto& keyword : keywords) {
    check(keyword.first != "caller", ErrorKind::invalid_argument,
          "macro {} was invoked with two values for the special caller argument. This is most "
          "likely a bug.",
          name_of(macro));
  }
  check(keywords.empty(), ErrorKind::invalid_argument, "macro {} takes no keyword argument {}",
        name_of(macro), keywords.empty() ? "" : string_repr(keywords[0].first));
}

}  // namespace

void bind_macro_arguments(const MacroBody& macro, const Arguments& arguments, Frame& frame) {
  const std::vector<Value>& positional = arguments.positional;
  Keywords keywords = arguments.keywords;
  const std::size_t count = macro.parameters.size();
  for (std::size_t i = 0; i < count; ++i) {
    variable(frame, macro.parameter_slots[i]) =
        i < positional.size() ? std::optional(positional[i]) : take(keywords, macro.parameters[i]);
  }
  if (macro.caller) {
    auto caller = take(keywords, "caller");
    const bool given = caller && !caller->is<None>();
    variable(frame, *macro.caller) = given ? *caller : make_undefined("No caller defined");
  }
  if (macro.kwargs) {
    variable(frame, *macro.kwargs) = rest_of_keywords(std::move(keywords));
  } else {
    check_keywords(macro, keywords);
  }
  if (macro.varargs) {
    const auto rest =
        positional.begin() + static_cast<std::ptrdiff_t>(std::min(count, positional.size()));
    variable(frame, *macro.varargs) = make_tuple({rest, positional.end()});
  } else {
    check(positional.size() <= count, ErrorKind::invalid_argument,
          "macro {} takes not more than {} argument(s)", name_of(macro), count);
  }
}

}  // namespace automodel::text::jinja
