#pragma once
// Rendering of small templates for the tests of the Jinja interpreter.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "text/jinja/from_json.h"
#include "text/jinja/renderer.h"

namespace automodel::text::jinja {

/// What templates in these tests see: `messages`, a user's "hi" and an assistant's "yo".
inline Variables test_variables() {
  const Json messages = {{{"role", "user"}, {"content", "hi"}},
                         {{"role", "assistant"}, {"content", "yo"}}};
  return {{"messages", from_json(messages)}};
}

inline std::string render_text(std::string_view source, const RenderLimits& limits = {}) {
  const Template tree = parse_template(source, "test");
  Runtime runtime(limits);
  return render(tree, test_variables(), runtime).text;
}

/// The message of the error that parsing or rendering gives, or nothing.
inline std::optional<std::string> error_of(std::string_view source,
                                           const RenderLimits& limits = {}) {
  try {
    render_text(source, limits);
  } catch (const Error& error) {
    return error.message();
  }
  return std::nullopt;
}

struct Row {
  std::string_view expression;
  std::string_view expected;
};

/// Each expression prints as expected (Jinja 3.1.6 on Python 3.11 gave the texts).
inline void expect_texts(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.expression);
    const std::string source = "{{ " + std::string(row.expression) + " }}";
    EXPECT_NO_THROW(EXPECT_EQ(render_text(source), row.expected));
  }
}

/// Each expression fails with this text.
inline void expect_errors(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.expression);
    const std::string source = "{{ " + std::string(row.expression) + " }}";
    EXPECT_EQ(error_of(source).value_or("(no error)"), row.expected);
  }
}

/// Each whole template fails with a text that begins so.
inline void expect_template_errors(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.expression);
    const std::string error = error_of(row.expression).value_or("(no error)");
    EXPECT_EQ(error.substr(0, row.expected.size()), row.expected) << error;
  }
}

/// Each whole template renders as expected.
inline void expect_templates(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.expression);
    EXPECT_NO_THROW(EXPECT_EQ(render_text(row.expression), row.expected));
  }
}

}  // namespace automodel::text::jinja
