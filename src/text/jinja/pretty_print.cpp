#include "text/jinja/pretty_print.h"

#include <algorithm>

#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/string_methods.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

constexpr std::int64_t kWidth = 80;

using Entries = std::vector<std::pair<Value, Value>>;

bool orderable(const Value& a, const Value& b) {
  return (a.is<String>() && b.is<String>()) || (as_number(a) && as_number(b));
}

Entries sorted_entries(const Dict& dict) {
  Entries entries = dict->entries();
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return orderable(a.first, b.first) ? less(a.first, b.first)
                                       : type_name(a.first) < type_name(b.first);
  });
  return entries;
}

// `value` with the entries of all dicts in it sorted.
Value sorted(const Value& value) {
  if (const auto* dict = value.as<Dict>()) {
    DictItems items;
    for (const auto& [key, entry] : sorted_entries(*dict)) {
      items.set(key, sorted(entry));
    }
    return make_dict(std::move(items));
  }
  if (!value.is<List>() && !value.is<Tuple>()) {
    return value;
  }
  std::vector<Value> items;
  for (const Value& item :
       value.is<List>() ? value.as<List>()->values() : value.as<Tuple>()->values()) {
    items.push_back(sorted(item));
  }
  return value.is<List>() ? make_list(std::move(items)) : make_tuple(std::move(items));
}

std::int64_t size_of(std::string_view text) {
  return static_cast<std::int64_t>(count_characters(text));
}

class PrettyPrinter {
 public:
  std::string take() { return std::move(out_); }

  // indent: the column; allowance: how many characters must still fit behind.
  void print(const Value& value, std::int64_t indent, std::int64_t allowance) {
    check_string_bytes(out_.size());
    const std::string whole = repr(value);
    if (size_of(whole) <= kWidth - indent - allowance) {
      out_ += whole;
      return;
    }
    ++level_;
    if (const auto* dict = value.as<Dict>()) {
      print_dict(*dict, indent, allowance + 1);
    } else if (const auto* list = value.as<List>()) {
      out_ += "[";
      print_items(list->values(), indent, allowance + 1);
      out_ += "]";
    } else if (const auto* tuple = value.as<Tuple>()) {
      const std::string_view end = tuple->values().size() == 1 ? ",)" : ")";
      out_ += "(";
      print_items(tuple->values(), indent, allowance + size_of(end));
      out_ += end;
    } else if (const auto* text = value.as<String>(); text != nullptr && !text->markup) {
      print_text(text->view(), indent, allowance);
    } else {
      out_ += whole;
    }
    --level_;
  }

 private:
  void new_line(std::int64_t indent) {
    out_ += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
  }

  void print_dict(const Dict& dict, std::int64_t indent, std::int64_t allowance) {
    out_ += "{";
    const auto& entries = dict->entries();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) {
        out_ += ",";
        new_line(indent + 1);
      }
      const std::string key = repr(entries[i].first);
      out_ += key + ": ";
      const bool last = i + 1 == entries.size();
      print(entries[i].second, indent + 1 + size_of(key) + 2, last ? allowance : 1);
    }
    out_ += "}";
  }

  void print_items(const std::vector<Value>& items, std::int64_t indent, std::int64_t allowance) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) {
        out_ += ",";
        new_line(indent + 1);
      }
      print(items[i], indent + 1, i + 1 == items.size() ? allowance : 1);
    }
  }

  // Words with the whitespace behind them.
  static std::vector<std::string> words(std::string_view line) {
    std::vector<std::string> out;
    bool spaces = true;
    for (const char32_t c : to_code_points(line)) {
      if (out.empty() || (spaces && !is_space(c))) {
        out.emplace_back();
      }
      spaces = is_space(c);
      out.back() += to_utf8(c);
    }
    return out;
  }

  static void wrap(std::string_view line, std::int64_t width, std::int64_t last_width,
                   std::vector<std::string>& chunks) {
    const std::vector<std::string> parts = words(line);
    std::string current;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string candidate = current + parts[i];
      const std::int64_t room = i + 1 == parts.size() ? last_width : width;
      if (size_of(string_repr(candidate)) <= room) {
        current = candidate;
        continue;
      }
      if (!current.empty()) {
        chunks.push_back(string_repr(current));
      }
      current = parts[i];
    }
    if (!current.empty()) {
      chunks.push_back(string_repr(current));
    }
  }

  void print_text(std::string_view text, std::int64_t indent, std::int64_t allowance) {
    const bool outermost = level_ == 1;
    indent += outermost ? 1 : 0;
    allowance += outermost ? 1 : 0;
    const std::vector<std::string> lines = split_lines(text, true);
    const std::int64_t width = kWidth - indent;
    std::vector<std::string> chunks;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::int64_t last_width = i + 1 == lines.size() ? width - allowance : width;
      const std::string whole = string_repr(lines[i]);
      if (size_of(whole) <= last_width) {
        chunks.push_back(whole);
      } else {
        wrap(lines[i], width, last_width, chunks);
      }
    }
    print_chunks(chunks, indent, outermost && chunks.size() > 1);
  }

  void print_chunks(const std::vector<std::string>& chunks, std::int64_t indent, bool enclosed) {
    out_ += enclosed ? "(" : "";
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (i > 0) {
        new_line(indent);
      }
      out_ += chunks[i];
    }
    out_ += enclosed ? ")" : "";
  }

  std::string out_;
  int level_ = 0;
};

}  // namespace

std::string pretty_print(const Value& value) {
  PrettyPrinter printer;
  printer.print(sorted(value), 0, 0);
  return printer.take();
}

}  // namespace automodel::text::jinja
