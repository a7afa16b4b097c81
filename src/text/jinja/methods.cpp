#include "text/jinja/methods.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/error.h"
#include "text/jinja/binding.h"
#include "text/jinja/equality.h"
#include "text/jinja/print.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_methods.h"

namespace automodel::text::jinja {
namespace {

using MethodTable = std::unordered_map<std::string_view, const StringMethod*>;

const MethodTable& string_table() {
  static const MethodTable kTable = [] {
    MethodTable table;
    for (const auto methods :
         {search_methods(), split_methods(), case_methods(), layout_methods()}) {
      for (const StringMethod& method : methods) {
        table.emplace(method.name, &method);
      }
    }
    return table;
  }();
  return kTable;
}

template <std::size_t size>
bool any_of(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Value forbidden(const Value& self, std::string_view name) {
  return make_undefined(
      fmt::format("access to attribute '{}' of '{}' object is unsafe.", name, type_name(self)));
}

Value bound_method(std::string_view name, const Value& self, Function::Body body) {
  return make_function(std::string(name), std::move(body), measure(self));
}

const std::vector<Value>& values_of(const Value& sequence) {
  const auto* list = sequence.as<List>();
  return list != nullptr ? list->values() : sequence.as<Tuple>()->values();
}

std::int64_t count_items(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Value item = bind_positional("count", arguments, 1, 1)[0];
  runtime.walk(self);
  return std::count_if(values_of(self).begin(), values_of(self).end(),
                       [&](const Value& value) { return equals(value, item); });
}

std::int64_t index_of(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind_positional("index", arguments, 1, 3);
  runtime.walk(self);
  const auto& values = values_of(self);
  const auto size = static_cast<std::int64_t>(values.size());
  const auto position = [&](std::size_t i, std::int64_t otherwise) {
    const std::int64_t at = bound.integer(i, otherwise);
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const std::int64_t end = position(2, size);
  for (std::int64_t i = position(1, 0); i < end; ++i) {
    if (equals(values[static_cast<std::size_t>(i)], bound[0])) {
      return i;
    }
  }
  check(self.is<List>(), ErrorKind::invalid_argument, "tuple.index(x): x not in tuple");
  fail(ErrorKind::invalid_argument, "{} is not in list", repr(bound[0]));
}

std::optional<Value> sequence_method(const Value& self, std::string_view name) {
  if (name == "count") {
    return bound_method(name, self, [self](Runtime& runtime, const Arguments& arguments) {
      return Value(count_items(runtime, self, arguments));
    });
  }
  if (name == "index") {
    return bound_method(name, self, [self](Runtime& runtime, const Arguments& arguments) {
      return Value(index_of(runtime, self, arguments));
    });
  }
  return std::nullopt;
}

std::optional<Value> list_method(const Value& self, std::string_view name) {
  static constexpr std::array<std::string_view, 8> kMutating = {
      "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"};
  if (any_of(kMutating, name)) {
    return forbidden(self, name);
  }
  if (name == "copy") {
    return bound_method(name, self, [self](Runtime& runtime, const Arguments& arguments) {
      bind_positional("copy", arguments, 0, 0);
      runtime.read(self);
      return make_list(self.as<List>()->values());
    });
  }
  return sequence_method(self, name);
}

Value get_entry(const Dict& dict, const Arguments& arguments) {
  const Bound bound = bind_positional("get", arguments, 1, 2);
  const Value* value = dict->find(bound[0]);
  return value != nullptr ? *value : bound.get(1, None{});
}

std::optional<Value> dict_view(const Value& self, std::string_view name) {
  const auto kind = name == "items"    ? std::optional(ViewKind::items)
                    : name == "keys"   ? std::optional(ViewKind::keys)
                    : name == "values" ? std::optional(ViewKind::values)
                                       : std::nullopt;
  if (!kind) {
    return std::nullopt;
  }
  return bound_method(name, self, [self, kind = *kind](Runtime&, const Arguments& arguments) {
    bind_positional("dict view", arguments, 0, 0);
    return Value(View{*self.as<Dict>(), kind});
  });
}

std::optional<Value> dict_method(const Value& self, std::string_view name) {
  static constexpr std::array<std::string_view, 5> kMutating = {"clear", "pop", "popitem",
                                                                "setdefault", "update"};
  if (any_of(kMutating, name)) {
    return forbidden(self, name);
  }
  if (name == "get") {
    return bound_method(name, self, [self](Runtime&, const Arguments& arguments) {
      return get_entry(*self.as<Dict>(), arguments);
    });
  }
  if (name == "copy") {
    return bound_method(name, self, [self](Runtime& runtime, const Arguments& arguments) {
      bind_positional("copy", arguments, 0, 0);
      runtime.read(self);
      return make_dict(*self.as<Dict>()->items);
    });
  }
  if (name == "fromkeys") {
    return bound_method(name, self, [](Runtime&, const Arguments&) -> Value {
      fail(ErrorKind::unsupported, "dict.fromkeys is not supported; write the dict");
    });
  }
  return dict_view(self, name);
}

}  // namespace

std::optional<Value> find_string_method(const String& self, std::string_view name) {
  const auto at = string_table().find(name);
  if (at == string_table().end()) {
    return std::nullopt;
  }
  return bound_method(
      name, self, [self, body = at->second->body](Runtime& runtime, const Arguments& arguments) {
        runtime.read(self);
        return body(runtime, self, arguments);
      });
}

std::optional<Value> find_container_method(const Value& self, std::string_view name) {
  if (self.is<List>()) {
    return list_method(self, name);
  }
  if (self.is<Dict>()) {
    return dict_method(self, name);
  }
  return self.is<Tuple>() ? sequence_method(self, name) : std::nullopt;
}

}  // namespace automodel::text::jinja
