#include "checkpoint/export.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/file.h"
#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "models/classifiers.h"
#include "tests/checkpoint/tiny_gguf.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"
#include "text/mistral_split.h"
#include "text/tokenizer.h"
#include "text/tokenizer_config.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::expect_same;
using automodel::testing::strip_prefix;
using automodel::testing::TemporaryFolder;
using automodel::testing::tiny_config;
using automodel::testing::tiny_gguf;
using automodel::testing::tiny_parameters;
using automodel::testing::write_text;
using automodel::testing::write_tiny_model;
namespace fs = std::filesystem;

/// A tiny model in source/, and what a test exports in out/.
class Export : public ::testing::Test {
 protected:
  Export() {
    write_tiny_model(folder_ / "source");
    source_ = open_model((folder_ / "source").string());
    parameters_ = load_parameters(source_, at::kFloat, Use::freeze);
  }
  ModelFolder exported(const ExportOptions& options) {
    export_hf_folder(folder_ / "out", source_, parameters_, options);
    return open_model((folder_ / "out").string());
  }

  TemporaryFolder folder_;
  ModelFolder source_;
  nn::Parameters parameters_;
};

TEST_F(Export, OfAnImportIsTheSame) {
  const auto model = exported({});
  expect_same(load_parameters(model, at::kFloat), parameters_);
  EXPECT_EQ(model.config, source_.config);
  for (const auto* file : {"model.safetensors", "tokenizer.json", "tokenizer_config.json"}) {
    EXPECT_EQ(read_file(folder_ / "out" / file), read_file(folder_ / "source" / file)) << file;
  }
}

TEST_F(Export, Converts) {
  const auto model = exported({.dtype = at::kBFloat16});
  EXPECT_EQ(model.config["dtype"], "bfloat16");
  EXPECT_EQ(stored_dtype(model), at::kBFloat16);
  expect_same(load_parameters(model, at::kBFloat16), tiny_parameters(tiny_config(), at::kBFloat16));
}

TEST_F(Export, WeightsKeepATypeOfTheirOwn) {
  const std::string norm = "model.norm.weight";
  const std::string head = "lm_head.weight";
  for (auto& parameter : parameters_.all()) {
    const bool keeps = parameter.spec.name == norm;
    parameter.spec.rounding = keeps ? spec::Rounding::none : spec::Rounding::any;
  }
  source_ = exported({.dtype = at::kBFloat16});
  EXPECT_EQ(source_.weights->info(norm).dtype, at::kFloat);
  EXPECT_EQ(source_.weights->info(head).dtype, at::kBFloat16);
  parameters_ = load_parameters(source_, std::nullopt);  // the flag is gone
  EXPECT_EQ(export_hf_folder(folder_ / "again", source_, parameters_, {}), at::kBFloat16);
  EXPECT_EQ(read_file(folder_ / "again/model.safetensors"),
            read_file(folder_ / "out/model.safetensors"));
}

/// What config.json says and what the files hold are two things.
TEST_F(Export, TheTypeIsTheWantedOneElseThatOfTheFiles) {
  Json config = tiny_config();
  config["dtype"] = "bfloat16";
  write_tiny_model(folder_ / "source", config, tiny_parameters(config));
  source_ = open_model((folder_ / "source").string());
  parameters_ = load_parameters(source_, std::nullopt);
  const auto types = [this](const char* name, const ExportOptions& options) {
    const auto said = export_hf_folder(folder_ / name, source_, parameters_, options);
    const auto model = open_model((folder_ / name).string());
    for (const auto& weight : model.weights->names()) {
      EXPECT_EQ(model.weights->info(weight).dtype, said) << weight;
    }
    EXPECT_EQ(model.config["dtype"], dtype_name(said));
    return said;
  };
  EXPECT_EQ(types("own", {}), at::kFloat);
  EXPECT_EQ(types("narrow", {.dtype = at::kBFloat16}), at::kBFloat16);
  EXPECT_EQ(types("half", {.dtype = at::kHalf}), at::kHalf);
  source_.config["dtype"] = "float32";
  write_tiny_model(folder_ / "source", source_.config, tiny_parameters(config, at::kBFloat16));
  source_ = open_model((folder_ / "source").string());
  parameters_ = load_parameters(source_, std::nullopt);
  EXPECT_EQ(types("own narrow", {}), at::kBFloat16);
  EXPECT_EQ(types("wide", {.dtype = at::kFloat}), at::kFloat);
}

TEST_F(Export, WhatCameRoundedGoesSoUntilItChanges) {
  const std::string norm = "model.norm.weight";
  source_ = exported({.dtype = at::kBFloat16});
  source_.spec.float32_parts = {norm};
  parameters_ = load_parameters(source_, std::nullopt);
  EXPECT_EQ(parameters_.at(norm).scalar_type(), at::kFloat);
  export_hf_folder(folder_ / "again", source_, parameters_, {.dtype = at::kBFloat16});
  EXPECT_EQ(read_file(folder_ / "again/model.safetensors"),
            read_file(folder_ / "out/model.safetensors"));
  parameters_.at(norm).add_(1e-4);
  export_hf_folder(folder_ / "trained", source_, parameters_, {.dtype = at::kBFloat16});
  const auto trained = open_model((folder_ / "trained").string());
  EXPECT_EQ(trained.weights->info(norm).dtype, at::kFloat);
  EXPECT_TRUE(at::equal(trained.weights->tensor(norm), parameters_.at(norm)));
}

/// Also where its module has another name than the parameter.
TEST_F(Export, AnAdapterIsAChange) {
  const std::string weight = "model.layers.0.self_attn.q_proj.weight";
  source_ = exported({.dtype = at::kBFloat16});
  source_.spec.float32_parts = {weight};
  parameters_ = load_parameters(source_, std::nullopt, Use::freeze);
  auto module = *std::ranges::find(source_.modules, weight,
                                   [](const auto& m) { return m.weight.pieces.front().ours; });
  module.name = "what.transformers.calls.it";
  parameters_.add_adapter(module, at::randn(module.a_shape(2)), {at::randn(module.b_shape(2))}, 1);
  export_hf_folder(folder_ / "merged", source_, parameters_, {.dtype = at::kBFloat16});
  const auto merged = open_model((folder_ / "merged").string());
  EXPECT_TRUE(
      at::equal(merged.weights->tensor(weight), merged_value(parameters_, weight, at::kFloat)));
}

TEST_F(Export, Shards) {
  const auto model = exported({.max_shard_bytes = 1000});
  EXPECT_TRUE(fs::exists(folder_ / "out/model.safetensors.index.json"));
  expect_same(load_parameters(model, at::kFloat), parameters_);
}

TEST_F(Export, MergesAdapters) {
  at::manual_seed(1);
  const std::string prefix = "model.layers.1.mlp.down_proj";
  parameters_ = with_adapter(std::move(parameters_),
                             {.path = "adapter",
                              .config = {.rank = 2, .alpha = 4},
                              .layers = {{prefix, at::randn({2, 12}), at::randn({8, 2})}}},
                             source_.modules);
  const auto merged = load_parameters(exported({}), at::kFloat);
  EXPECT_TRUE(at::equal(merged.at(prefix + ".weight"),
                        merged_value(parameters_, prefix + ".weight", at::kFloat)));
  EXPECT_FALSE(at::equal(merged.at(prefix + ".weight"), parameters_.at(prefix + ".weight")));
  EXPECT_EQ(merged.all().size() + 2, parameters_.all().size());
}

TEST_F(Export, DescribesTheNewStorage) {
  source_.config["quantization_config"] = {{"bits", 4}};
  source_.config["auto_map"] = {{"AutoConfig", "configuration_x.X"}};
  source_.config["_name_or_path"] = "elsewhere";
  source_.config["torch_dtype"] = "float32";
  Json config = exported_config(source_, at::kHalf);
  EXPECT_EQ(config["dtype"], "float16");
  for (const auto* key : {"auto_map", "quantization_config", "_name_or_path", "torch_dtype"}) {
    EXPECT_FALSE(config.contains(key)) << key;
  }
  source_.config.erase("dtype");
  config = exported_config(source_, at::kHalf);
  EXPECT_EQ(config["torch_dtype"], "float16");
  EXPECT_FALSE(config.contains("dtype"));
}

TEST_F(Export, MakesTheTextFilesOfAGgufFile) {
  write_text(folder_ / "m.gguf", tiny_gguf());
  source_ = open_model((folder_ / "m.gguf").string());
  parameters_ = load_parameters(source_, at::kFloat);
  const auto model = exported({});
  expect_same(load_parameters(model, at::kFloat), parameters_);
  EXPECT_EQ(auxiliary_files(model.path), (std::vector<fs::path>{"generation_config.json"}));
  EXPECT_EQ(text_files(model.path),
            (std::vector<fs::path>{"tokenizer.json", "tokenizer_config.json"}));
  EXPECT_EQ(read_json(folder_ / "out/generation_config.json"), Json({{"eos_token_id", 0}}));
  EXPECT_EQ(read_json(folder_ / "out/tokenizer_config.json")["eos_token"], "<|end|>");
  const auto tokenizer = text::Tokenizer::from_json(read_json(folder_ / "out/tokenizer.json"), "t");
  EXPECT_EQ(tokenizer.encode("ab").ids, std::vector<std::int32_t>{3});
}

TEST_F(Export, EveryEndOfAnAnswerOfAGgufFileIsKept) {
  write_text(folder_ / "m.gguf", tiny_gguf(/*eot=*/2));
  source_ = open_model((folder_ / "m.gguf").string());
  parameters_ = load_parameters(source_, at::kFloat);
  source_.text = TextSource{.folder = folder_ / "m.gguf", .ids = {{"eos_token_id", 3}}};
  const Json ends = {{"eos_token_id", {3, 0, 2}}};
  EXPECT_EQ(exported({}).config["eos_token_id"], 3);
  EXPECT_EQ(read_json(folder_ / "out/generation_config.json"), ends);
  source_.text = std::nullopt;
  export_hf_folder(folder_ / "own", source_, parameters_, {});
  const Json own = {0, 2};
  EXPECT_EQ(read_json(folder_ / "own/config.json")["eos_token_id"], own);
  EXPECT_EQ(read_json(folder_ / "own/generation_config.json")["eos_token_id"], own);
}

TEST_F(Export, NamesNewEndsOfAnswersBesideTheModels) {
  write_text(folder_ / "m.gguf", tiny_gguf());
  source_ = open_model((folder_ / "m.gguf").string());
  parameters_ = load_parameters(source_, at::kFloat);
  source_.text = TextSource{.folder = source_.path, .answer_ends = {1}};
  const Json ends = Json::array({1, 0});
  EXPECT_EQ(exported({}).config["eos_token_id"], ends);
  EXPECT_EQ(read_json(folder_ / "out/generation_config.json"), Json({{"eos_token_id", ends}}));
}

TEST_F(Export, ASplitThatTheRunFixedIsInTheFile) {
  const char* file = R"({"pre_tokenizer": {"type": "ByteLevel"}})";
  write_text(folder_ / "source/tokenizer.json", file);
  source_.text = TextSource{.folder = source_.path, .keys = {{"fix_mistral_regex", true}}};
  exported({});
  EXPECT_EQ(read_json(folder_ / "out/tokenizer.json"),
            text::with_mistral_split(parse_json(file, "test")));
  EXPECT_EQ(read_json(folder_ / "out/tokenizer_config.json")["fix_mistral_regex"], true);
  source_.text->keys["fix_mistral_regex"] = false;
  export_hf_folder(folder_ / "kept", source_, parameters_, {});
  EXPECT_EQ(read_file(folder_ / "kept/tokenizer.json"), file);
}

TEST_F(Export, TheTokenizersClassIsThatOfItsFolder) {
  const fs::path other = folder_ / "other";
  write_tiny_model(other);
  write_text(other / "config.json", R"({"model_type": "phi3"})");
  write_text(other / "tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizer"})");
  const auto written_class = [&](const char* name) {
    EXPECT_EQ(read_file(folder_ / name / "tokenizer.json"), read_file(other / "tokenizer.json"));
    return read_json(folder_ / name / "tokenizer_config.json")["tokenizer_class"];
  };
  source_.text = TextSource{.folder = other};
  exported({});
  EXPECT_EQ(written_class("out"), "PreTrainedTokenizerFast") << "the model is a llama";
  const auto adapter = [&](const char* name) {
    fs::create_directories(folder_ / name);
    write_auxiliary_files(folder_ / name, source_);
    return written_class(name);
  };
  EXPECT_EQ(adapter("adapter"), "PreTrainedTokenizerFast") << "no config.json says phi3";
  fs::remove(other / "config.json");
  EXPECT_EQ(adapter("of an adapter"), "LlamaTokenizer");
  source_.text->model_config = {{"model_type", "phi3"}};
  EXPECT_EQ(adapter("of its base"), "PreTrainedTokenizerFast");
}

TEST_F(Export, OfOtherTokensThanTheEosTheNewIdIsTheOnlyOne) {
  write_text(folder_ / "source/generation_config.json",
             R"({"eos_token_id": 2, "pad_token_id": 5})");
  source_.text =
      TextSource{.folder = source_.path, .ids = {{"eos_token_id", 3}, {"pad_token_id", 1}}};
  EXPECT_EQ(exported({}).config["pad_token_id"], 1);
  EXPECT_EQ(read_json(folder_ / "out/generation_config.json"),
            Json({{"eos_token_id", {3, 2}}, {"pad_token_id", 1}}));
}

TEST_F(Export, GivenTemplatesTakeThePlaceOfAll) {
  write_text(folder_ / "source/tokenizer_config.json", R"({"chat_template": "old"})");
  fs::create_directories(folder_ / "source/additional_chat_templates");
  write_text(folder_ / "source/additional_chat_templates/rag.jinja", "old");
  source_.text = TextSource{
      .folder = source_.path,
      .keys = {{"chat_template", {{"default", "{{ messages }}"}, {"tool_use", "{{ tools }}"}}}}};
  exported({});
  const std::map<std::string, std::string> expected = {{"default", "{{ messages }}"},
                                                       {"tool_use", "{{ tools }}"}};
  EXPECT_EQ(text::read_tokenizer_config(folder_ / "out").chat_templates, expected);
  EXPECT_EQ(read_json(folder_ / "out/tokenizer_config.json"), Json::object());
}

TEST_F(Export, LeavesAFolderInUseAlone) {
  expect_error(ErrorKind::invalid_argument, "exists already",
               [this] { export_hf_folder(folder_ / "source", source_, parameters_, {}); });
}

TEST_F(Export, OfAClassifierNamesItsClasses) {
  source_ = open_model((folder_ / "source").string(),
                       {.config_overrides = models::classifier_overrides(2)});
  parameters_ = load_parameters(source_, at::kFloat);
  const auto model = exported({});
  EXPECT_EQ(model.config["architectures"], Json::array({"LlamaForSequenceClassification"}));
  EXPECT_EQ(model.config["id2label"], (Json{{"0", "LABEL_0"}, {"1", "LABEL_1"}}));
  EXPECT_EQ(model.config["label2id"], (Json{{"LABEL_0", 0}, {"LABEL_1", 1}}));
  EXPECT_FALSE(model.config.contains("num_labels"));
  expect_same(load_parameters(model, at::kFloat), parameters_);
}

/// Transformers before 5 loads a folder with the body's prefix or without it, not one between.
TEST_F(Export, OfAClassifierHasItsPrefixAlsoIfTheSourceIsABodyAlone) {
  const std::string norm = "model.norm.weight";
  auto stored = tiny_parameters(tiny_config());
  for (auto& parameter : stored.all()) {
    parameter.value = parameter.value.to(parameter.spec.name == norm ? at::kBFloat16 : at::kFloat);
  }
  write_tiny_model(folder_ / "source", tiny_config(), stored);
  strip_prefix(folder_ / "source");
  source_ = open_model((folder_ / "source").string(),
                       {.config_overrides = models::classifier_overrides(2)});
  parameters_ = load_parameters(source_, std::nullopt);
  const auto model = exported({});
  for (const auto& name : model.weights->names()) {
    EXPECT_TRUE(name.starts_with("model.") || name == "score.weight") << name;
  }
  EXPECT_EQ(model.weights->info(norm).dtype, at::kBFloat16) << "as it came";
  expect_same(load_parameters(model, std::nullopt), parameters_);
}

}  // namespace
}  // namespace automodel::checkpoint
