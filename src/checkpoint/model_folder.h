#pragma once
// A model on disk, opened: what it is, where its weights come from and what belongs to it.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "checkpoint/stored_layout.h"
#include "spec/lora_modules.h"
#include "spec/model_spec.h"
#include "tensor/gguf.h"
#include "tensor/weights.h"

namespace automodel::checkpoint {

/// The tokenizer and chat template that a model has in place of its own files'.
struct TextSource {
  std::filesystem::path folder;  // or .gguf file
  /// Keys of tokenizer_config.json that go before the files'; "chat_template", an object of names
  /// and templates, takes the place of all of theirs.
  Json keys = Json::object();
  /// Keys of config.json and generation_config.json that follow from it, e.g. eos_token_id.
  Json ids = Json::object();
  /// What ends answers beside that: further values of eos_token_id.
  std::vector<std::int32_t> answer_ends = {};
  /// The config.json beside which the tokenizer was taken (tokenizer_class.h); null: the folder's.
  Json model_config = nullptr;
};

/// The ids of special tokens that a config.json has, as generation_config.json has them.
Json special_token_ids(const Json& config);

struct ModelFolder {
  std::string name;            // as the user gave it
  std::string revision;        // of a model in the hub's cache
  std::filesystem::path path;  // the folder or the .gguf file
  Json config;                 // config.json, overrides applied
  spec::ModelSpec spec;
  StoredLayout layout;                          // of the spec's parameters on disk
  std::vector<spec::LoraModule> modules;        // its linear layers as Transformers has them
  std::vector<std::string> ignored_weights;     // parts of names of weights beside them
  std::vector<std::string> fresh_parameters;    // that the files lack: loading draws them
  std::shared_ptr<const WeightSource> weights;  // null if opened without them
  std::shared_ptr<const GgufFile> gguf;         // null for a folder
  std::optional<TextSource> text;               // none: its own, for export
  Json token_ids = Json::object();              // overrides that generation_config.json has, too
};

struct OpenOptions {
  std::string revision = "main";           // of a model in the hub's cache
  Json config_overrides = Json::object();  // as models::with_overrides
  bool weights = true;                     // false: config and tokenizer suffice
  /// A classifier's head is drawn anew although the files have one.
  bool fresh_head = false;
};

/// Opens a Hugging Face folder, a hub id that is in the local cache, or a .gguf file. Reads
/// headers, no values. With overrides that make a classifier of a language model (see
/// models/classifiers.h) its head is fresh and the language model's is not loaded. Throws
/// Error(not_found) for what is not there, Error(corrupt_data | unsupported) as models::read_spec
/// and open_folder_weights.
ModelFolder open_model(const std::string& name, const OpenOptions& options = {});

/// Where these files have the parameters of such a model: a body that was saved alone is without
/// its prefix, and a tied matrix may have the head's name in place of the embedding's.
StoredLayout layout_of(const spec::ModelSpec& spec, const WeightSource& weights);

/// What config.json says, else the type of the first weight.
at::ScalarType stored_dtype(const ModelFolder& model);

/// The element type that "torch_dtype: auto" means: the stored one, but float32 for float64, in
/// which nothing is calculated.
at::ScalarType auto_dtype(const ModelFolder& model);

/// The files of a folder that hold a tokenizer and chat templates, relative to it.
std::vector<std::filesystem::path> text_files(const std::filesystem::path& folder);

/// Whether a tokenizer is among them.
bool has_tokenizer(const std::filesystem::path& folder);

/// The files beside config.json, the weights and text_files that belong to a model (generation
/// defaults, what prepares images, licence), relative to its folder.
std::vector<std::filesystem::path> auxiliary_files(const std::filesystem::path& folder);

}  // namespace automodel::checkpoint
