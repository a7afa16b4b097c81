#pragma once
// Statements to text.

#include <string>
#include <utility>
#include <vector>

#include "text/jinja/evaluator.h"
#include "text/jinja/parser.h"

namespace automodel::text::jinja {

struct RenderedTemplate {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> generations;  // byte ranges of generation blocks
};

/// Renders a template with these variables. Errors carry the frame "rendering line L of the chat
/// template 'NAME'". Throws Error(invalid_argument) with Jinja's or Python's text where those
/// raise, and where a limit is reached.
RenderedTemplate render(const Template& tree, const Variables& variables, Runtime& runtime);

}  // namespace automodel::text::jinja
