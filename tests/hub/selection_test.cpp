#include "hub/selection.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<RepoFile> files_of(const std::vector<std::string>& names) {
  std::vector<RepoFile> files;
  for (const auto& name : names) {
    files.push_back({.path = name});
  }
  return files;
}

fs::path empty_folder(const std::string& name) {
  const fs::path folder = fs::path(::testing::TempDir()) / ("automodel_hub_" + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

std::vector<std::string> selected(const std::vector<std::string>& names,
                                  const Selection& selection) {
  std::vector<std::string> out;
  for (const auto& file : select_files(files_of(names), selection)) {
    out.push_back(file.path);
  }
  return out;
}

std::string error_of(const std::vector<std::string>& names, const Selection& selection) {
  try {
    selected(names, selection);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

const std::vector<std::string> kEverything = {".gitattributes",
                                              "README.md",
                                              "additional_chat_templates/tool_use.jinja",
                                              "chat_template.jinja",
                                              "config.json",
                                              "consolidated.safetensors",
                                              "flax_model.msgpack",
                                              "model.safetensors",
                                              "onnx/config.json",
                                              "onnx/model.onnx",
                                              "pytorch_model.bin",
                                              "tokenizer.json",
                                              "tokenizer.model",
                                              "variant/model.safetensors"};

TEST(Selection, ModelIsConfigurationTokenizerAndWeightsInOneFormat) {
  EXPECT_THAT(selected(kEverything, {.need = Need::model}),
              ElementsAre(".gitattributes", "README.md", "additional_chat_templates/tool_use.jinja",
                          "chat_template.jinja", "config.json", "model.safetensors",
                          "tokenizer.json", "tokenizer.model"));
  EXPECT_THAT(
      selected(kEverything, {.need = Need::config}),
      ElementsAre(".gitattributes", "README.md", "additional_chat_templates/tool_use.jinja",
                  "chat_template.jinja", "config.json", "tokenizer.json", "tokenizer.model"));
  EXPECT_EQ(selected(kEverything, {.need = Need::all}), kEverything);
}

TEST(Selection, WeightsHaveAnOrderOfPreference) {
  EXPECT_THAT(selected({"consolidated.safetensors", "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors", "model.safetensors.index.json"},
                       {.need = Need::model}),
              ElementsAre("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                          "model.safetensors.index.json"));
  EXPECT_THAT(selected({"a.gguf", "pytorch_model-00001-of-00001.bin", "training_args.bin"},
                       {.need = Need::model}),
              ElementsAre("pytorch_model-00001-of-00001.bin"));
  EXPECT_THAT(selected({"adapter_config.json", "adapter_model.safetensors"}, {.need = Need::model}),
              ElementsAre("adapter_config.json", "adapter_model.safetensors"));
  EXPECT_THAT(selected({"adapter_config.json", "adapter_model.bin"}, {.need = Need::model}),
              ElementsAre("adapter_config.json", "adapter_model.bin"));
  EXPECT_THAT(selected({"a.gguf"}, {.need = Need::model}), ElementsAre("a.gguf"));
}

TEST(Selection, AModelCanBeUsedWithoutItsPapers) {
  const std::vector<std::string> papers = {".gitattributes", "LICENSE.txt", "NOTICE", "README.md",
                                           "USE_POLICY.md"};
  auto names = papers;
  names.insert(names.end(), {"config.json", "merges.txt", "model.safetensors"});
  EXPECT_EQ(selected(names, {.need = Need::model}), names);
  const auto required = [&](Need need) {
    return required_files(files_of(names), {.need = need}).size();
  };
  EXPECT_EQ(required(Need::model), 3U);
  EXPECT_EQ(required(Need::config), 2U);
  EXPECT_EQ(required(Need::all), names.size());
}

TEST(Selection, SeveralQuantisationsAreAQuestion) {
  EXPECT_THAT(error_of({"a.Q4.gguf", "a.Q8.gguf"}, {.need = Need::model}),
              HasSubstr("has 2 .gguf files; name the one that you want: a.Q4.gguf, a.Q8.gguf"));
}

TEST(Selection, ACardSaysWhatElseIsWanted) {
  const std::vector<std::string> names = {".gitattributes", "README.md", "a.jsonl", "b.jsonl"};
  EXPECT_THAT(selected(names, {.need = Need::card}), ElementsAre(".gitattributes", "README.md"));
  EXPECT_THAT(selected({".huggingface.yaml", "a.jsonl"}, {.need = Need::card}),
              ElementsAre(".huggingface.yaml"));
  const auto read_card = [](const fs::path&) {
    return [](const std::string& path) { return path == "b.jsonl"; };
  };
  EXPECT_THAT(selected(names, {.need = Need::described, .read_card = read_card}),
              ElementsAre(".gitattributes", "README.md", "b.jsonl"));
}

TEST(Selection, PatternsNameFiles) {
  EXPECT_THAT(selected(kEverything, {.need = Need::pattern, .patterns = {"onnx/", "*.bin"}}),
              ElementsAre("onnx/config.json", "onnx/model.onnx", "pytorch_model.bin"));
  EXPECT_THAT(error_of(kEverything, {.need = Need::pattern, .patterns = {"confg.json"}}),
              HasSubstr("has no file 'confg.json'; did you mean 'config.json'"));
}

TEST(Selection, FolderWithoutListingIsCompleteWithAllThatAModelNeeds) {
  const auto folder = empty_folder("complete");
  const auto add = [&](const std::string& name, const std::string& text = "{}") {
    write_file_atomic(folder / name, text);
  };
  add("config.json");
  EXPECT_FALSE(looks_complete(folder, Need::config));
  add("tokenizer.json");
  EXPECT_TRUE(looks_complete(folder, Need::config));
  EXPECT_FALSE(looks_complete(folder, Need::model));
  add("model.safetensors.index.json",
      R"({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}})");
  add("1.safetensors");
  EXPECT_FALSE(looks_complete(folder, Need::model));
  add("2.safetensors");
  EXPECT_TRUE(looks_complete(folder, Need::model));
  EXPECT_FALSE(looks_complete(folder, Need::all));
  add("model.safetensors.index.json", "[]");
  EXPECT_FALSE(looks_complete(folder, Need::model));
}

TEST(Selection, AdaptersAndGgufFilesAreCompleteWithoutAConfiguration) {
  const auto adapter = empty_folder("adapter"), gguf = empty_folder("gguf");
  write_file_atomic(adapter / "adapter_config.json", "{}");
  EXPECT_TRUE(looks_complete(adapter, Need::config));
  EXPECT_FALSE(looks_complete(adapter, Need::model));
  write_file_atomic(adapter / "adapter_model.safetensors", "");
  EXPECT_TRUE(looks_complete(adapter, Need::model));
  EXPECT_FALSE(looks_complete(gguf, Need::model));
  write_file_atomic(gguf / "a-Q8_0.gguf", "");
  EXPECT_TRUE(looks_complete(gguf, Need::model));
}

}  // namespace
}  // namespace automodel::hub
