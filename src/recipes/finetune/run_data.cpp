#include "recipes/finetune/run_data.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/json_text.h"
#include "base/known.h"
#include "base/text.h"
#include "corpus/answer_ends.h"
#include "models/classifiers.h"
#include "models/find_model.h"
#include "models/stop_ids.h"
#include "text/token_difference.h"
#include "text/tokenizer_class.h"
#include "text/tokenizer_files.h"
#include "train/model_text.h"
#include "train/tokens.h"

namespace automodel::recipes {
namespace {

constexpr const char* kMistralFix = "fix_mistral_regex";
/// Keys of dataset.tokenizer that tokenizer_config.json has, too.
constexpr auto kExported =
    std::to_array<const char*>({"bos_token", "eos_token", "pad_token", "model_max_length",
                                "truncation_side", "padding_side", "chat_template", kMistralFix});

data::TextContext gguf_text(const std::filesystem::path& file) {
  return train::model_text(checkpoint::open_model(file.string(), {.weights = false}));
}

data::TextContext open_text(const checkpoint::ModelFolder& source,
                            const corpus::TokenizerPlace& place) {
  const auto path = corpus::find_tokenizer(place, source.name, source.path);
  if (path == source.path) {
    return train::model_text(source);
  }
  return std::filesystem::is_directory(path) ? data::load_text_context(path) : gguf_text(path);
}

/// As corpus::open_text, but without complaint where nobody may need the model's own tokenizer.
std::optional<data::TextContext> used_text(const config::Recipe& recipe,
                                           const checkpoint::ModelFolder& source, bool is_own) {
  try {
    return corpus::open_text(recipe, model_facts(source)).used;
  } catch (const Error&) {
    if (is_own) {
      return std::nullopt;
    }
    throw;
  }
}

/// A fresh model's config.json may be made for another tokenizer than its rows': its ids are words
/// of this one then, or nothing.
std::vector<std::string> foreign_ids(const config::Recipe& recipe,
                                     const checkpoint::ModelFolder& source,
                                     const text::Tokenizer& tokenizer) {
  if (!recipe.model.is_fresh() || !source.text || source.text->folder == source.path) {
    return {};
  }
  std::vector<std::string> keys;
  const Json ids = checkpoint::special_token_ids(source.config);
  for (const auto& [key, id] : ids.items()) {
    if (id.is_number_integer() && !tokenizer.is_special(id.get<std::int32_t>())) {
      keys.push_back(fmt::format("model.{} ({})", key, id.dump()));
    }
  }
  return keys;
}

/// Where readers of the saved model cut a text otherwise than the run, which no file can prevent:
/// its type has a class of its own, whatever its tokenizer_config.json names. Empty: nowhere.
std::string forced_class(const checkpoint::ModelFolder& source, const text::Tokenizer& used) {
  text::TokenizerConfig of_file;
  of_file.tokenizer_class = text::kFileClass;
  const auto name = text::tokenizer_class(of_file, source.config, Json::object());
  if (name.empty() || !source.text || source.text->folder == source.path ||
      !std::filesystem::is_directory(source.text->folder)) {
    return "";
  }
  try {
    const auto saved = text::load_tokenizer(source.text->folder, source.config).tokenizer;
    const auto difference = text::token_difference(used, saved, "by the class");
    return difference.empty() ? "" : fmt::format("{}: {}", name, difference);
  } catch (const Error& error) {  // it cannot be built of this vocabulary
    return fmt::format("{}: {}", name, error.message());
  }
}

/// By their names, to be saved as files of these names.
Json template_sources(const data::TextContext& used) {
  data::require_template(used, /*has_tools=*/false);
  Json sources = Json::object();
  for (const auto& [name, one] : used.templates) {
    check(!name.empty() && std::filesystem::path(name).filename() == name,
          ErrorKind::invalid_argument,
          "chat_template has a template with the name '{}', by which it cannot be saved; give it a "
          "name without '/'",
          name);
    sources[name] = one.source();
  }
  return sources;
}

}  // namespace

data::TextContext open_tokenizer(const std::filesystem::path& path) {
  return path.extension() == ".gguf" ? gguf_text(path) : data::load_text_context(path);
}

corpus::ModelFacts model_facts(const checkpoint::ModelFolder& source) {
  return {.name = source.name,
          .vocab_size = source.spec.vocab_size,
          .max_tokens = source.spec.max_positions,
          .num_labels = source.spec.num_labels,
          .class_names = source.spec.is_classifier() ? models::class_names(source.config)
                                                     : std::vector<std::string>(),
          .stop_ids = models::stop_ids(source.path, source.config, source.token_ids),
          .open_text = [source](const corpus::TokenizerPlace& place) {
            return open_text(source, place);
          }};
}

data::LoaderOptions loader_options(const config::Recipe& recipe, const RunData& data,
                                   const spec::ModelSpec& spec) {
  auto options = corpus::loader_options(recipe, data.lengths);
  options.limits = train::row_limits(spec);
  return options;
}

void set_trained_text(const config::Recipe& recipe, checkpoint::ModelFolder& source) {
  const auto place = corpus::tokenizer_place(recipe, source.name);
  if (!place) {
    return;
  }
  checkpoint::TextSource text{corpus::find_tokenizer(*place, source.name, source.path)};
  for (const char* key : kExported) {
    if (const Json value = known(recipe.dataset.tokenizer).keys.value(key, Json());
        !value.is_null()) {
      text.keys[key] = value;
    }
  }
  const auto chat_template = corpus::given_template(recipe);
  const bool is_own = text.folder == source.path && text.keys.empty() && chat_template.empty() &&
                      !known(recipe.dataset.tokenizer).add_bos_token;
  if (is_own && source.spec.is_classifier()) {
    return;
  }
  auto used = used_text(recipe, source, is_own);
  if (!used) {
    return;
  }
  const bool is_fixed = used->mistral_split && used->mistral_split->is_fixed;
  if (is_fixed || text.keys.contains(kMistralFix)) {
    text.keys[kMistralFix] = is_fixed;
  }
  if (data::misses_bos(*used, used->tokenizer.encode("").ids)) {
    text.keys["add_bos_token"] = true;
  }
  if (!chat_template.empty()) {
    used = data::with_chat_template(std::move(*used), chat_template);
  }
  if (!chat_template.empty() || text.keys.contains("chat_template")) {
    text.keys["chat_template"] = template_sources(*used);
  }
  train::set_text(source, std::move(text), *used, corpus::answer_ends(recipe.dataset, *used));
  const auto& set = known(source.text);
  if (is_own && set.keys.empty() && set.ids.empty() && set.answer_ends.empty()) {
    source.text.reset();  // every file stays as it is
  }
}

RunData load_run_data(const config::Recipe& recipe, const checkpoint::ModelFolder& source,
                      const OnPreparation& on_preparation) {
  auto data = corpus::load_run_data(recipe, model_facts(source), on_preparation);
  if (const auto keys = foreign_ids(recipe, source, data.text.tokenizer); !keys.empty()) {
    data.warnings.push_back(fmt::format(
        "the model's config.json is made for another tokenizer: {} no special token of this one. "
        "The embedding of pad_token_id stays zero, and answers end at eos_token_id; set {}, or "
        "null",
        join(keys, ", ") + (keys.size() == 1 ? " is" : " are"), keys.size() == 1 ? "it" : "them"));
  }
  if (const auto forced = forced_class(source, data.text.tokenizer); !forced.empty()) {
    data.warnings.push_back(fmt::format(
        "AutoTokenizer and this program read the tokenizer of a saved model of type {} by the "
        "class {}. Load it with PreTrainedTokenizerFast.from_pretrained, or train with a tokenizer "
        "of that class",
        text_at(source.config, "model_type"), forced));
  }
  return data;
}

}  // namespace automodel::recipes
