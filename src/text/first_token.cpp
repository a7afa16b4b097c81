#include "text/first_token.h"

#include <utility>

#include "text/class_steps.h"

namespace automodel::text {
namespace {

bool is_template(const Json& step) {
  return step.is_object() && step.value("type", Json()) == "TemplateProcessing";
}

/// The steps that `step` is, or consists of.
Json steps_of(const Json& step) {
  if (step.is_null()) {
    return Json::array();
  }
  return step.value("type", Json()) == "Sequence" ? step.at("processors") : Json::array({step});
}

}  // namespace

Json with_first_token(Json tokenizer, const std::string& token, std::int32_t id) {
  Json steps = steps_of(tokenizer.value("post_processor", Json()));
  if (steps.empty() || !is_template(steps.back())) {
    const Json whole = class_steps::text("A");
    steps.push_back(class_steps::around({whole}, {whole, class_steps::text("B", 1)}));
  }
  Json& last = steps.back();
  for (const char* texts : {"single", "pair"}) {
    last[texts].insert(last[texts].begin(), class_steps::special(token));
  }
  last["special_tokens"][token] = {{"id", token}, {"ids", {id}}, {"tokens", {token}}};
  tokenizer["post_processor"] = steps.size() == 1
                                    ? steps.front()
                                    : Json{{"type", "Sequence"}, {"processors", std::move(steps)}};
  return tokenizer;
}

}  // namespace automodel::text
