#include "engine/commands/attach.h"

#include <fmt/format.h>

#include <cstdio>

#include "checkpoint/base_files.h"
#include "data/answer_end.h"
#include "data/limit.h"
#include "recipes/finetune/checkpoint_model.h"
#include "train/model_text.h"

namespace automodel::engine {

std::optional<data::TextContext> use_adapter_text(checkpoint::ModelFolder& base,
                                                  const std::filesystem::path& adapter) {
  if (!checkpoint::has_tokenizer(adapter)) {
    return std::nullopt;
  }
  auto text = data::load_text_context(adapter);
  text.max_tokens = data::lesser_limit(text.max_tokens, base.spec.max_positions);
  const auto end = data::answer_end(text);
  train::set_text(base, {adapter}, text, end ? std::vector{*end} : std::vector<std::int32_t>{});
  return text;
}

checkpoint::ModelFolder open_base_of(const checkpoint::PeftAdapter& adapter,
                                     const std::string& name, const std::string& revision) {
  Json overrides = recipes::overrides_beside(adapter.path).value_or(Json::object());
  overrides.update(checkpoint::base_overrides(adapter));
  return checkpoint::open_model(name, {.revision = revision, .config_overrides = overrides});
}

nn::Parameters attach_adapter(nn::Parameters parameters, const checkpoint::PeftAdapter& adapter,
                              const checkpoint::ModelFolder& base) {
  if (const auto warning = checkpoint::other_base_warning(adapter.path, base.path)) {
    fmt::print(stderr, "warning: {}\n", *warning);
  }
  return checkpoint::with_adapter(std::move(parameters), adapter, base.modules);
}

}  // namespace automodel::engine
