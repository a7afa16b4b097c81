// Filters that apply a filter or test to every item, on demand.

#include <array>

#include "base/error.h"
#include "text/jinja/attribute_path.h"
#include "text/jinja/binding.h"
#include "text/jinja/filters.h"
#include "text/jinja/iterate.h"
#include "text/jinja/lookup.h"
#include "text/jinja/print.h"
#include "text/jinja/runtime.h"

namespace automodel::text::jinja {
namespace {

using Transform = std::function<Value(Runtime&, const Value&)>;
using Predicate = std::function<bool(Runtime&, const Value&)>;

Arguments without_first(Arguments arguments, std::size_t count) {
  arguments.positional.erase(arguments.positional.begin(),
                             arguments.positional.begin() + static_cast<std::ptrdiff_t>(count));
  return arguments;
}

const Value* keyword(const Arguments& arguments, std::string_view name) {
  for (const auto& [key, value] : arguments.keywords) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

Transform attribute_transform(const Arguments& arguments) {
  for (const auto& entry : arguments.keywords) {
    check(entry.first == "attribute" || entry.first == "default", ErrorKind::invalid_argument,
          "Unexpected keyword argument '{}'", entry.first);
  }
  const Value* fallback = keyword(arguments, "default");
  return AttributePath(*keyword(arguments, "attribute"),
                       fallback != nullptr ? *fallback : Value(None{}));
}

Transform map_transform(const Arguments& arguments) {
  if (arguments.positional.empty() && keyword(arguments, "attribute") != nullptr) {
    return attribute_transform(arguments);
  }
  check(!arguments.positional.empty(), ErrorKind::invalid_argument,
        "map requires a filter argument");
  const std::string name = to_text(arguments.positional[0]);
  const Filter filter = find_filter(name);
  check(filter != nullptr, ErrorKind::invalid_argument, "No filter named '{}'.", name);
  return [filter, rest = without_first(arguments, 1)](Runtime& runtime, const Value& item) {
    Value result = filter(runtime, item, rest);
    runtime.allocate(result);
    return result;
  };
}

Predicate test_predicate(const Arguments& arguments, std::size_t skip) {
  if (arguments.positional.size() <= skip) {
    return [](Runtime&, const Value& item) { return truth(item); };
  }
  const std::string name = to_text(arguments.positional[skip]);
  const Test test = find_test(name);
  check(test != nullptr, ErrorKind::invalid_argument, "No test named '{}'.", name);
  return [test, rest = without_first(arguments, skip + 1)](Runtime& runtime, const Value& item) {
    return test(runtime, item, rest);
  };
}

// An iterator over `source` that begins with `make_step` when its first item is asked for.
template <typename MakeStep>
Value on_demand(const Value& source, const Arguments& arguments, const MakeStep& make_step) {
  using Step = decltype(make_step());
  auto next = [source, make_step, items = std::shared_ptr<Iterator>(),
               step = Step()](Runtime& runtime) mutable -> std::optional<Value> {
    if (!truth(source)) {
      return std::nullopt;
    }
    if (items == nullptr) {
      step = make_step();
      items = iterate(source);
    }
    while (const auto item = items->next(runtime)) {
      if (auto result = step(runtime, *item)) {
        return result;
      }
    }
    return std::nullopt;
  };
  return make_iterator("generator", std::move(next), join(measure(source), measure(arguments)));
}

using Step = std::function<std::optional<Value>(Runtime&, const Value&)>;

Value map(Runtime&, const Value& input, const Arguments& arguments) {
  return on_demand(input, arguments, [arguments]() -> Step {
    return [transform = map_transform(arguments)](Runtime& runtime, const Value& item) {
      return std::optional<Value>(transform(runtime, item));
    };
  });
}

Value filtered(const Value& input, const Arguments& arguments, bool by_attribute, bool wanted) {
  return on_demand(input, arguments, [arguments, by_attribute, wanted]() -> Step {
    check(!by_attribute || !arguments.positional.empty(), ErrorKind::invalid_argument,
          "Missing parameter for attribute name");
    const AttributePath path(by_attribute ? arguments.positional[0] : Value(None{}));
    const Predicate predicate = test_predicate(arguments, by_attribute ? 1 : 0);
    return [path, predicate, wanted](Runtime& runtime, const Value& item) {
      return predicate(runtime, path(runtime, item)) == wanted ? std::optional<Value>(item)
                                                               : std::nullopt;
    };
  });
}

Value select(Runtime&, const Value& input, const Arguments& arguments) {
  return filtered(input, arguments, false, true);
}

Value reject(Runtime&, const Value& input, const Arguments& arguments) {
  return filtered(input, arguments, false, false);
}

Value selectattr(Runtime&, const Value& input, const Arguments& arguments) {
  return filtered(input, arguments, true, true);
}

Value rejectattr(Runtime&, const Value& input, const Arguments& arguments) {
  return filtered(input, arguments, true, false);
}

}  // namespace

std::span<const NamedFilter> select_filters() {
  static constexpr std::array<NamedFilter, 5> kFilters = {{{"map", map},
                                                           {"select", select},
                                                           {"reject", reject},
                                                           {"selectattr", selectattr},
                                                           {"rejectattr", rejectattr}}};
  return kFilters;
}

}  // namespace automodel::text::jinja
