// str methods that take text apart, trim it or join it.

#include <array>
#include <limits>

#include "base/error.h"
#include "text/jinja/binding.h"
#include "text/jinja/iterate.h"
#include "text/jinja/markup.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_methods.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

std::size_t limit(std::int64_t most) {
  return most < 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(most);
}

Value list_like(const String& like, std::vector<std::string> parts) {
  std::vector<Value> values;
  values.reserve(parts.size());
  for (std::string& part : parts) {
    values.push_back(string_like(like, std::move(part)));
  }
  return make_list(std::move(values));
}

std::vector<std::string> split_whitespace_right(std::string_view text, std::int64_t most) {
  std::vector<std::string> parts;
  std::string_view rest = strip(text, nullptr, Side::right);
  while (!rest.empty() && parts.size() < limit(most)) {
    std::size_t start = rest.size();
    while (start > 0 && !is_space(decode_before(rest, start).value)) {
      start -= decode_before(rest, start).bytes;
    }
    parts.emplace_back(rest.substr(start));
    rest = strip(rest.substr(0, start), nullptr, Side::right);
  }
  if (!rest.empty()) {
    parts.emplace_back(rest);
  }
  return {parts.rbegin(), parts.rend()};
}

std::vector<std::string> split_by(std::string_view text, std::string_view separator,
                                  std::int64_t most) {
  std::vector<std::string> parts;
  while (parts.size() < limit(most)) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) {
      break;
    }
    parts.emplace_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.emplace_back(text);
  return parts;
}

std::vector<std::string> split_by_right(std::string_view text, std::string_view separator,
                                        std::int64_t most) {
  std::vector<std::string> parts;
  while (parts.size() < limit(most)) {
    const auto at = text.rfind(separator);
    if (at == std::string_view::npos) {
      break;
    }
    parts.emplace_back(text.substr(at + separator.size()));
    text = text.substr(0, at);
  }
  parts.emplace_back(text);
  return {parts.rbegin(), parts.rend()};
}

Value split_text(std::string_view name, const String& self, const Arguments& arguments) {
  const Bound bound = bind(name, arguments, {"sep", "maxsplit"});
  const std::int64_t most = bound.integer(1, -1);
  const bool right = name == "rsplit";
  if (!bound.present(0)) {
    return list_like(self, right ? split_whitespace_right(self.view(), most)
                                 : split_whitespace(self.view(), most));
  }
  const String separator = bound.text(0);
  check(!separator.text->empty(), ErrorKind::invalid_argument, "empty separator");
  return list_like(self, right ? split_by_right(self.view(), separator.view(), most)
                               : split_by(self.view(), separator.view(), most));
}

Value split(Runtime&, const String& self, const Arguments& arguments) {
  return split_text("split", self, arguments);
}

Value rsplit(Runtime&, const String& self, const Arguments& arguments) {
  return split_text("rsplit", self, arguments);
}

Value splitlines(Runtime&, const String& self, const Arguments& arguments) {
  const Bound bound = bind("splitlines", arguments, {"keepends"});
  return list_like(self, split_lines(self.view(), bound.flag(0, false)));
}

Value strip_text(std::string_view name, Side side, const String& self, const Arguments& arguments) {
  const Bound bound = bind_positional(name, arguments, 0, 1);
  if (!bound.present(0)) {
    return string_like(self, std::string(strip(self.view(), nullptr, side)));
  }
  const String chars = bound.text(0);
  return string_like(self, std::string(strip(self.view(), &chars, side)));
}

Value strip_both(Runtime&, const String& self, const Arguments& arguments) {
  return strip_text("strip", Side::both, self, arguments);
}

Value lstrip(Runtime&, const String& self, const Arguments& arguments) {
  return strip_text("lstrip", Side::left, self, arguments);
}

Value rstrip(Runtime&, const String& self, const Arguments& arguments) {
  return strip_text("rstrip", Side::right, self, arguments);
}

Value join(Runtime& runtime, const String& self, const Arguments& arguments) {
  const Bound bound = bind_positional("join", arguments, 1, 1);
  std::string out;
  std::size_t count = 0;
  const auto items = iterate(bound[0]);
  while (const auto item = items->next(runtime)) {
    const auto* text = item->as<String>();
    check(text != nullptr, ErrorKind::invalid_argument,
          "sequence item {}: expected str instance, {} found", count, type_name(*item));
    out += count++ > 0 ? self.view() : std::string_view();
    out += escaped_for(self, *text);
    check_string_bytes(out.size());
  }
  return string_like(self, std::move(out));
}

Value cut(const String& self, std::size_t at, std::size_t size) {
  const std::string_view text = self.view();
  return make_tuple({string_like(self, std::string(text.substr(0, at))),
                     string_like(self, std::string(text.substr(at, size))),
                     string_like(self, std::string(text.substr(at + size)))});
}

Value partition(Runtime&, const String& self, const Arguments& arguments) {
  const String separator = bind_positional("partition", arguments, 1, 1).text(0);
  check(!separator.text->empty(), ErrorKind::invalid_argument, "empty separator");
  const auto at = self.view().find(separator.view());
  return at == std::string_view::npos ? cut(self, self.text->size(), 0)
                                      : cut(self, at, separator.text->size());
}

Value rpartition(Runtime&, const String& self, const Arguments& arguments) {
  const String separator = bind_positional("rpartition", arguments, 1, 1).text(0);
  check(!separator.text->empty(), ErrorKind::invalid_argument, "empty separator");
  const auto at = self.view().rfind(separator.view());
  return at == std::string_view::npos ? cut(self, 0, 0) : cut(self, at, separator.text->size());
}

}  // namespace

std::string_view strip(std::string_view text, const String* chars, Side side) {
  const std::u32string set = chars != nullptr ? to_code_points(chars->view()) : std::u32string();
  const auto removable = [&](char32_t c) {
    return chars != nullptr ? set.find(c) != std::u32string::npos : is_space(c);
  };
  while (side != Side::right && !text.empty() && removable(decode(text, 0).value)) {
    text.remove_prefix(decode(text, 0).bytes);
  }
  while (side != Side::left && !text.empty() && removable(decode_before(text, text.size()).value)) {
    text.remove_suffix(decode_before(text, text.size()).bytes);
  }
  return text;
}

std::vector<std::string> split_whitespace(std::string_view text, std::int64_t most) {
  std::vector<std::string> parts;
  std::string_view rest = strip(text, nullptr, Side::left);
  while (!rest.empty() && parts.size() < limit(most)) {
    std::size_t end = 0;
    while (end < rest.size() && !is_space(decode(rest, end).value)) {
      end += decode(rest, end).bytes;
    }
    parts.emplace_back(rest.substr(0, end));
    rest = strip(rest.substr(end), nullptr, Side::left);
  }
  if (!rest.empty()) {
    parts.emplace_back(rest);
  }
  return parts;
}

std::vector<std::string> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    std::size_t end = at + point.bytes;
    if (is_line_break(point.value)) {
      end += point.value == '\r' && end < text.size() && text[end] == '\n' ? 1 : 0;
      lines.emplace_back(text.substr(start, (keep_ends ? end : at) - start));
      start = end;
    }
    at = end;
  }
  if (start < text.size()) {
    lines.emplace_back(text.substr(start));
  }
  return lines;
}

std::span<const StringMethod> split_methods() {
  static constexpr std::array<StringMethod, 9> kMethods = {{{"split", split},
                                                            {"rsplit", rsplit},
                                                            {"splitlines", splitlines},
                                                            {"strip", strip_both},
                                                            {"lstrip", lstrip},
                                                            {"rstrip", rstrip},
                                                            {"join", join},
                                                            {"partition", partition},
                                                            {"rpartition", rpartition}}};
  return kMethods;
}

}  // namespace automodel::text::jinja
