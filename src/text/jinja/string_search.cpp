// str methods that look for text or replace it.

#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/jinja/binding.h"
#include "text/jinja/markup.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_methods.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

struct Window {
  std::string_view text;
  std::size_t first = 0;  // the code point at which it starts
  bool valid = true;      // false if it starts behind the end of the whole
};

std::int64_t clamp_bound(const Bound& bound, std::size_t i, std::int64_t otherwise,
                         std::int64_t size) {
  std::int64_t value = bound.present(i) ? bound.integer(i, otherwise) : otherwise;
  if (value < 0) {
    value = std::max<std::int64_t>(0, value + size);
  }
  return value;
}

// The part of `text` that arguments i (start) and i + 1 (end), in code points, select.
Window window(std::string_view text, const Bound& bound, std::size_t i) {
  if (!bound.present(i) && !bound.present(i + 1)) {
    return {text};
  }
  const auto size = static_cast<std::int64_t>(count_characters(text));
  const std::int64_t start = clamp_bound(bound, i, 0, size);
  const std::int64_t end = std::min(clamp_bound(bound, i + 1, size, size), size);
  if (start > size || start > end) {
    return {{}, 0, false};
  }
  const std::size_t from = byte_of(text, static_cast<std::size_t>(start));
  const std::size_t to = byte_of(text, static_cast<std::size_t>(end));
  return {text.substr(from, to - from), static_cast<std::size_t>(start)};
}

std::int64_t position(const Window& where, std::size_t byte) {
  return static_cast<std::int64_t>(where.first + count_characters(where.text.substr(0, byte)));
}

std::int64_t find_text(std::string_view name, const String& self, const Arguments& arguments) {
  const Bound bound = bind_positional(name, arguments, 1, 3);
  const String part = bound.text(0);
  const Window where = window(self.view(), bound, 1);
  const bool last = name[0] == 'r';
  const auto at = last ? where.text.rfind(part.view()) : where.text.find(part.view());
  return !where.valid || at == std::string_view::npos ? -1 : position(where, at);
}

Value find(Runtime&, const String& self, const Arguments& arguments) {
  return find_text("find", self, arguments);
}

Value rfind(Runtime&, const String& self, const Arguments& arguments) {
  return find_text("rfind", self, arguments);
}

Value index_text(std::string_view name, const String& self, const Arguments& arguments) {
  const std::int64_t at = find_text(name, self, arguments);
  check(at >= 0, ErrorKind::invalid_argument, "substring not found");
  return at;
}

Value index(Runtime&, const String& self, const Arguments& arguments) {
  return index_text("index", self, arguments);
}

Value rindex(Runtime&, const String& self, const Arguments& arguments) {
  return index_text("rindex", self, arguments);
}

Value count(Runtime&, const String& self, const Arguments& arguments) {
  const Bound bound = bind_positional("count", arguments, 1, 3);
  const String part = bound.text(0);
  const Window where = window(self.view(), bound, 1);
  if (!where.valid) {
    return std::int64_t{0};
  }
  if (part.text->empty()) {
    return static_cast<std::int64_t>(count_characters(where.text)) + 1;
  }
  std::int64_t times = 0;
  for (auto at = where.text.find(part.view()); at != std::string_view::npos;
       at = where.text.find(part.view(), at + part.text->size())) {
    ++times;
  }
  return times;
}

Value affix(std::string_view name, const String& self, const Arguments& arguments) {
  const Bound bound = bind_positional(name, arguments, 1, 3);
  const Window where = window(self.view(), bound, 1);
  const bool start = name == "startswith";
  const auto matches = [&](const Value& value) {
    const auto* text = value.as<String>();
    check(text != nullptr, ErrorKind::invalid_argument,
          "{} first arg must be str or a tuple of str, not {}", name, type_name(value));
    return where.valid &&
           (start ? where.text.starts_with(text->view()) : where.text.ends_with(text->view()));
  };
  if (const auto* tuple = bound[0].as<Tuple>()) {
    return std::any_of(tuple->values().begin(), tuple->values().end(), matches);
  }
  return matches(bound[0]);
}

Value starts_with(Runtime&, const String& self, const Arguments& arguments) {
  return affix("startswith", self, arguments);
}

Value ends_with(Runtime&, const String& self, const Arguments& arguments) {
  return affix("endswith", self, arguments);
}

Value replace_text(Runtime&, const String& self, const Arguments& arguments) {
  const Bound bound = bind_positional("replace", arguments, 2, 3);
  const std::string to = escaped_for(self, bound.text(1));
  return string_like(self, replace(self.view(), bound.text(0).view(), to, bound.integer(2, -1)));
}

Value remove_prefix(Runtime&, const String& self, const Arguments& arguments) {
  const String prefix = bind_positional("removeprefix", arguments, 1, 1).text(0);
  const std::string_view text = self.view();
  return string_like(
      self, std::string(text.starts_with(prefix.view()) ? text.substr(prefix.text->size()) : text));
}

Value remove_suffix(Runtime&, const String& self, const Arguments& arguments) {
  const String suffix = bind_positional("removesuffix", arguments, 1, 1).text(0);
  const std::string_view text = self.view();
  return string_like(self, std::string(text.ends_with(suffix.view())
                                           ? text.substr(0, text.size() - suffix.text->size())
                                           : text));
}

std::string insert_between(std::string_view text, std::string_view piece, std::size_t most) {
  check_string_bytes(
      saturating_add(text.size(), saturating_multiply(text.size() + 1, piece.size())));
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (used < most) {
      out += piece;
      ++used;
    }
    const std::size_t bytes = decode(text, at).bytes;
    out += text.substr(at, bytes);
    at += bytes;
  }
  if (used < most) {
    out += piece;
  }
  return out;
}

}  // namespace

std::string replace(std::string_view text, std::string_view from, std::string_view to,
                    std::int64_t count) {
  const std::size_t most = count < 0 ? std::string_view::npos : static_cast<std::size_t>(count);
  if (from.empty()) {
    return insert_between(text, to, most);
  }
  std::string out;
  std::size_t at = 0;
  for (std::size_t used = 0; used < most; ++used) {
    const auto hit = text.find(from, at);
    if (hit == std::string_view::npos) {
      break;
    }
    out += text.substr(at, hit - at);
    out += to;
    check_string_bytes(out.size());
    at = hit + from.size();
  }
  out += text.substr(at);
  check_string_bytes(out.size());
  return out;
}

std::span<const StringMethod> search_methods() {
  static constexpr std::array<StringMethod, 10> kMethods = {{{"find", find},
                                                             {"rfind", rfind},
                                                             {"index", index},
                                                             {"rindex", rindex},
                                                             {"count", count},
                                                             {"startswith", starts_with},
                                                             {"endswith", ends_with},
                                                             {"replace", replace_text},
                                                             {"removeprefix", remove_prefix},
                                                             {"removesuffix", remove_suffix}}};
  return kMethods;
}

}  // namespace automodel::text::jinja
