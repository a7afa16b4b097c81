#include "engine/commands/attach.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/base_files.h"
#include "data/answer_end.h"
#include "data/limit.h"
#include "recipes/finetune/checkpoint_model.h"
#include "text/tokenizer_class.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_files.h"
#include "train/model_text.h"

namespace automodel::engine {
namespace {

/// Whether the adapter has the base model's tokenizer: what it says may depend on config.json.
bool shares_tokenizer(const std::filesystem::path& adapter, const checkpoint::ModelFolder& base) {
  const auto file = text::tokenizer_file_in(adapter);
  const auto own = base.path / file.filename();
  return !file.empty() && std::filesystem::is_regular_file(own) &&
         read_file(file) == read_file(own);
}

/// The settings of a tokenizer by the adapter's files and by the base model's.
struct BothConfigs {
  text::TokenizerConfig given;
  text::TokenizerConfig own;
};

/// The tokens that the adapter's files have in another place than the base model's. An id of the
/// base model is replaced by that of a tokenizer that it shares alone.
Json given_tokens(const BothConfigs& configs, const Json& model_config, bool is_shared) {
  const auto& [given, own] = configs;
  const bool has_padding = !model_config.value("pad_token_id", Json()).is_null();
  Json tokens = Json::object();
  if (is_shared && given.bos_token && given.bos_token != own.bos_token) {
    tokens["bos_token"] = *given.bos_token;
  }
  if ((is_shared || !has_padding) && given.pad_token && given.pad_token != own.pad_token) {
    tokens["pad_token"] = *given.pad_token;
  }
  return tokens;
}

/// The class that the base model's files name, if the adapter's have the same tokenizer by another
/// name, as they must without a config.json: llama.cpp's conversion goes by the base's.
Json base_class(const BothConfigs& configs, const Json& model_config) {
  const auto& [given, own] = configs;
  const auto taken = [&](const text::TokenizerConfig& config) {
    return text::tokenizer_class(config, model_config, Json::object());
  };
  const bool is_renamed =
      !own.tokenizer_class.empty() && own.tokenizer_class != given.tokenizer_class;
  Json keys = Json::object();
  if (is_renamed && taken(given) == taken(own)) {
    keys["tokenizer_class"] = own.tokenizer_class;
  }
  return keys;
}

}  // namespace

std::optional<data::TextContext> use_adapter_text(checkpoint::ModelFolder& base,
                                                  const std::filesystem::path& adapter) {
  if (!checkpoint::has_tokenizer(adapter)) {
    return std::nullopt;
  }
  const ErrorContext context("reading the tokenizer and chat template in {}", adapter.string());
  const bool is_own = shares_tokenizer(adapter, base);
  checkpoint::TextSource source{.folder = adapter, .model_config = is_own ? base.config : Json()};
  auto loaded = text::load_tokenizer(adapter, source.model_config);
  auto text = data::make_text_context(std::move(loaded.tokenizer), loaded.config);
  text.max_tokens = data::lesser_limit(text.max_tokens, base.spec.max_positions);
  const BothConfigs configs{.given = text::read_tokenizer_config(adapter),
                            .own = text::read_tokenizer_config(base.path)};
  source.ids = train::given_ids(base, given_tokens(configs, base.config, is_own), text.tokenizer);
  if (is_own) {
    source.keys = base_class(configs, base.config);
  }
  const auto end = data::answer_end(text);
  train::set_text(base, std::move(source), text,
                  end ? std::vector{*end} : std::vector<std::int32_t>{});
  return text;
}

checkpoint::ModelFolder open_base_of(const checkpoint::PeftAdapter& adapter,
                                     const std::string& name, const std::string& revision) {
  const bool has_head = adapter.head_vd.defined();
  Json overrides = recipes::overrides_beside(adapter.path).value_or(Json::object());
  overrides.update(checkpoint::base_overrides(adapter));
  if (has_head) {
    overrides.update(recipes::class_names_beside(adapter.path));
  }
  return checkpoint::open_model(
      name, {.revision = revision, .config_overrides = overrides, .fresh_head = has_head});
}

nn::Parameters attach_adapter(nn::Parameters parameters, const checkpoint::PeftAdapter& adapter,
                              const checkpoint::ModelFolder& base) {
  if (const auto warning = checkpoint::other_base_warning(adapter.path, base.path)) {
    fmt::print(stderr, "warning: {}\n", *warning);
  }
  return checkpoint::with_adapter(std::move(parameters), adapter, base.modules);
}

}  // namespace automodel::engine
