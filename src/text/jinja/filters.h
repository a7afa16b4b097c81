#pragma once
// The filters by theme. Source: jinja2/filters.py; tojson as Transformers overrides it.

#include <span>
#include <string_view>

#include "text/jinja/ast.h"

namespace automodel::text::jinja {

struct NamedFilter {
  std::string_view name;
  Filter body;
};

std::span<const NamedFilter> text_filters();      // upper, trim, replace, indent, tojson ...
std::span<const NamedFilter> number_filters();    // abs, int, float, round
std::span<const NamedFilter> sequence_filters();  // first, join, length, reverse, batch ...
std::span<const NamedFilter> order_filters();     // sort, unique, min, groupby, dictsort ...
std::span<const NamedFilter> select_filters();    // map, select, rejectattr ...

}  // namespace automodel::text::jinja
