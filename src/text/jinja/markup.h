#pragma once
// HTML escaping as markupsafe does it: text joined with Markup is escaped.

#include <string>
#include <string_view>

#include "text/jinja/value.h"

namespace automodel::text::jinja {

std::string escape_html(std::string_view text);
/// markupsafe.escape: Markup as it is, else the escaped str(value), marked.
Value escape(const Value& value);
/// A str of the same class as `like`.
Value string_like(const String& like, std::string text);
/// What `like`'s methods make of a text argument: escaped if `like` is Markup and the argument is
/// not.
std::string escaped_for(const String& like, const String& argument);

}  // namespace automodel::text::jinja
