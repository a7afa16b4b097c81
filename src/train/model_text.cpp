#include "train/model_text.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/json_text.h"
#include "data/limit.h"
#include "models/stop_ids.h"
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

}  // namespace

data::TextContext model_text(const checkpoint::ModelFolder& model) {
  auto text = model.gguf ? gguf_text(*model.gguf) : data::load_text_context(model.path);
  text.max_tokens = data::lesser_limit(text.max_tokens, model.spec.max_positions);
  return text;
}

Json given_ids(const checkpoint::ModelFolder& model, const Json& tokens,
               const text::Tokenizer& tokenizer) {
  Json ids = Json::object();
  for (const char* name : {"bos_token", "pad_token"}) {
    const auto key = std::string(name) + "_id";
    const auto id = tokenizer.token_to_id(text_at(tokens, name));
    const bool has_row = tokens.contains(name) && id && *id < model.spec.vocab_size;
    if (has_row && !model.token_ids.contains(key)) {
      ids[key] = *id;
    }
  }
  return ids;
}

void set_text(checkpoint::ModelFolder& model, checkpoint::TextSource text,
              const data::TextContext& used, const std::vector<std::int32_t>& ends) {
  auto stops = models::stop_ids(model.path, model.config, model.token_ids);
  const auto is_new = [&](std::int32_t id) { return std::ranges::find(stops, id) == stops.end(); };
  const bool is_decided = model.token_ids.contains("eos_token_id");
  if (used.eos_id && is_new(*used.eos_id) && (!is_decided || text.keys.contains("eos_token"))) {
    text.ids["eos_token_id"] = *used.eos_id;
    stops.push_back(*used.eos_id);
  }
  if (!is_decided) {
    std::ranges::copy_if(ends, std::back_inserter(text.answer_ends), is_new);
  }
  text.ids.update(given_ids(model, text.keys, used.tokenizer));
  model.text = std::move(text);
}

std::vector<std::int32_t> stop_ids(const checkpoint::ModelFolder& model,
                                   const data::TextContext& text) {
  auto ids = models::stop_ids(model.path, model.config, model.token_ids);
  if (model.text && model.text->ids.contains("eos_token_id")) {
    ids.push_back(model.text->ids.at("eos_token_id"));
  }
  if (model.text) {
    std::ranges::copy(model.text->answer_ends, std::back_inserter(ids));
  }
  if (!ids.empty()) {
    return ids;
  }
  return text.eos_id ? std::vector<std::int32_t>{*text.eos_id} : std::vector<std::int32_t>{};
}

}  // namespace automodel::train
