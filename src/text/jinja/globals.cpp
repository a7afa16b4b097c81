#include "text/jinja/globals.h"

#include <unordered_map>

#include "base/error.h"
#include "text/jinja/binding.h"
#include "text/jinja/clock.h"
#include "text/jinja/iterate.h"
#include "text/jinja/namespace.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/runtime.h"

namespace automodel::text::jinja {
namespace {

constexpr std::int64_t kMaxRange = 100'000;

Value range(Runtime&, const Arguments& arguments) {
  const Bound bound = bind_positional("range", arguments, 1, 3);
  const bool one = arguments.positional.size() == 1;
  const Range out{one ? 0 : bound.integer(0, 0), bound.integer(one ? 0 : 1, 0),
                  bound.integer(2, 1)};
  check(out.step != 0, ErrorKind::invalid_argument, "range() arg 3 must not be zero");
  const std::int64_t size = out.size();
  check(size >= 0 && size <= kMaxRange, ErrorKind::invalid_argument,
        "Range too big. The sandbox blocks ranges larger than MAX_RANGE ({}).", kMaxRange);
  return out;
}

DictItems dict_items(Runtime& runtime, std::string_view function, const Arguments& arguments) {
  check(arguments.positional.size() <= 1, ErrorKind::invalid_argument,
        "{} expected at most 1 argument, got {}", function, arguments.positional.size());
  DictItems items;
  if (!arguments.positional.empty()) {
    const Value& source = arguments.positional[0];
    require_defined(source);
    if (const auto* dict = source.as<Dict>()) {
      runtime.read(source);
      items = *dict->items;
    } else {
      for (const Value& entry : collect(runtime, source)) {
        const std::vector<Value> pair = collect(runtime, entry);
        check(pair.size() == 2, ErrorKind::invalid_argument,
              "dictionary update sequence element has length {}; 2 is required", pair.size());
        items.set(pair[0], pair[1]);
      }
    }
  }
  for (const auto& [key, value] : arguments.keywords) {
    items.set(Value(key), value);
  }
  return items;
}

Value dict(Runtime& runtime, const Arguments& arguments) {
  return make_dict(dict_items(runtime, "dict", arguments));
}

Value make_namespace(Runtime& runtime, const Arguments& arguments) {
  DictItems attributes = dict_items(runtime, "namespace", arguments);
  for (const auto& entry : attributes.entries()) {
    if (const auto* name = entry.first.as<String>()) {
      Namespace::check_name(name->view());
    }
  }
  return std::shared_ptr<Object>(runtime.make<Namespace>(std::move(attributes)));
}

Value cycler(Runtime& runtime, const Arguments& arguments) {
  check(arguments.keywords.empty(), ErrorKind::invalid_argument,
        "cycler() takes no keyword arguments");
  check(!arguments.positional.empty(), ErrorKind::invalid_argument,
        "at least one item has to be provided");
  return std::shared_ptr<Object>(runtime.make<Cycler>(arguments.positional));
}

Value joiner(Runtime& runtime, const Arguments& arguments) {
  const Bound bound = bind("joiner", arguments, {"sep"});
  return std::shared_ptr<Object>(runtime.make<Joiner>(bound.get(0, Value(std::string(", ")))));
}

Value raise_exception(Runtime&, const Arguments& arguments) {
  const Bound bound = bind("raise_exception", arguments, {"message"}, 1);
  fail(ErrorKind::invalid_argument, "{}", to_text(bound[0]));
}

Value strftime_now(Runtime& runtime, const Arguments& arguments) {
  const String format = bind("strftime_now", arguments, {"format"}, 1).text(0);
  return format_time(format.view(), runtime.now());
}

Value lipsum(Runtime&, const Arguments&) {
  fail(ErrorKind::unsupported, "lipsum() is not supported in chat templates");
}

}  // namespace

std::optional<Value> find_global(std::string_view name) {
  static const std::unordered_map<std::string_view, Value> kGlobals = {
      {"range", make_function("range", range)},
      {"dict", make_function("dict", dict)},
      {"namespace", make_function("namespace", make_namespace)},
      {"cycler", make_function("cycler", cycler)},
      {"joiner", make_function("joiner", joiner)},
      {"lipsum", make_function("lipsum", lipsum)},
      {"raise_exception", make_function("raise_exception", raise_exception)},
      {"strftime_now", make_function("strftime_now", strftime_now)}};
  const auto at = kGlobals.find(name);
  return at != kGlobals.end() ? std::optional(at->second) : std::nullopt;
}

}  // namespace automodel::text::jinja
