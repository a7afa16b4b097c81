#include "text/jinja/markup.h"

#include "text/html.h"
#include "text/jinja/print.h"

namespace automodel::text::jinja {

std::string escape_html(std::string_view text) {
  std::string out = text::escape_html(text);
  check_string_bytes(out.size());
  return out;
}

Value escape(const Value& value) {
  const auto* text = value.as<String>();
  if (text != nullptr && text->markup) {
    return value;
  }
  return make_markup(escape_html(to_text(value)));
}

Value string_like(const String& like, std::string text) {
  return like.markup ? make_markup(std::move(text)) : Value(std::move(text));
}

std::string escaped_for(const String& like, const String& argument) {
  return like.markup && !argument.markup ? escape_html(argument.view()) : *argument.text;
}

}  // namespace automodel::text::jinja
