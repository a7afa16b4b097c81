#pragma once
// Text inside HTML.

#include <string>
#include <string_view>

namespace automodel::text {

/// For text between tags and in quoted attributes, as markupsafe does it.
std::string escape_html(std::string_view text);

}  // namespace automodel::text
