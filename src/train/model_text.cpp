#include "train/model_text.h"

#include "base/error.h"
#include "tensor/gguf_facts.h"
#include "tensor/gguf_vocabulary.h"
#include "text/gguf_tokenizer.h"

namespace automodel::train {
namespace {

data::TextContext gguf_text(const GgufFile& file) {
  const auto source = file.path().string();
  const auto made =
      text::tokenizer_from_gguf(gguf_vocabulary(file), GgufFacts(file).architecture(), source);
  return data::make_text_context(text::Tokenizer::from_json(made.tokenizer, source),
                                 text::parse_tokenizer_config(made.tokenizer_config, source));
}

/// Appends eos_token_id, a number or a list of numbers.
std::vector<std::int32_t> eos_ids(const Json& config) {
  const auto found = config.find("eos_token_id");
  if (found == config.end() || found->is_null()) {
    return {};
  }
  check(found->is_number_integer() || found->is_array(), ErrorKind::corrupt_data,
        "eos_token_id is {}, expected an integer or a list of integers", found->dump());
  return found->is_array() ? found->get<std::vector<std::int32_t>>()
                           : std::vector<std::int32_t>{found->get<std::int32_t>()};
}

}  // namespace

data::TextContext model_text(const checkpoint::ModelFolder& model) {
  auto text = model.gguf ? gguf_text(*model.gguf) : data::load_text_context(model.path);
  text.max_tokens = model.spec.max_positions;
  return text;
}

std::vector<std::int32_t> stop_ids(const checkpoint::ModelFolder& model,
                                   const data::TextContext& text) {
  const auto defaults = model.path / "generation_config.json";
  if (std::filesystem::exists(defaults)) {
    if (auto ids = eos_ids(read_json(defaults)); !ids.empty()) {
      return ids;
    }
  }
  if (auto ids = eos_ids(model.config); !ids.empty()) {
    return ids;
  }
  return text.eos_id ? std::vector<std::int32_t>{*text.eos_id} : std::vector<std::int32_t>{};
}

}  // namespace automodel::train
