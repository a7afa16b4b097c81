#include "models/config_class.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "models/default_configs.h"
#include "models/registry.h"

namespace automodel::models {
namespace {

TEST(ConfigClass, IsTheDefaultOfItsType) {
  ::setenv("AUTOMODEL_CACHE", (::testing::TempDir() + "config_class_cache").c_str(), 1);
  for (const auto& [name, type] :
       {std::pair("GPT2Config", "gpt2"), std::pair("Qwen3MoeConfig", "qwen3_moe"),
        std::pair("DeepseekV3Config", "deepseek_v3"), std::pair("GPTNeoXConfig", "gpt_neox"),
        std::pair("OpenAIGPTConfig", "openai-gpt"), std::pair("Gemma3TextConfig", "gemma3_text")}) {
    EXPECT_EQ(read_json(folder_of_class(name) / "config.json").value("model_type", ""), type);
  }
  ::unsetenv("AUTOMODEL_CACHE");
}

std::optional<spec::ModelSpec> spec_or_none(const Json& config, const std::string& source) {
  try {
    return read_spec(config, source);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// class_configs.jsonl holds what Transformers' classes make of the arguments, where it is not the
/// default; parity/class_configs.py writes it.
TEST(ConfigClass, ComputesWhatFollowsFromArgumentsAsTransformersDoes) {
  ::setenv("AUTOMODEL_CACHE", (::testing::TempDir() + "config_class_cache").c_str(), 1);
  const auto usual = default_configs();
  std::vector<std::string> wrong;
  std::size_t understood = 0;
  for (const auto& text :
       split(trim(read_file(AM_SOURCE_DIR "/tests/models/class_configs.jsonl")), '\n')) {
    const Json line = parse_json(text, "class_configs.jsonl");
    const Json& arguments = line.at("arguments");
    Json made = usual.at(line.at("model_type"));
    made.update(line.at("other"));
    const auto folder = folder_of_class(line.at("class"), arguments);
    const auto expected = spec_or_none(made, "Transformers'");
    understood += expected ? 1 : 0;
    if (spec_or_none(read_json(folder / "config.json"), "ours") != expected) {
      wrong.push_back(fmt::format("{}({})", line.at("class").dump(), arguments.dump()));
    }
  }
  ::unsetenv("AUTOMODEL_CACHE");
  EXPECT_GT(understood, 420);
  EXPECT_TRUE(wrong.empty()) << fmt::format("{}", fmt::join(wrong, "\n"));
}

TEST(ConfigClass, ArgumentsHaveCommonNamesOrTheTypesOwn) {
  ::setenv("AUTOMODEL_CACHE", (::testing::TempDir() + "config_class_cache").c_str(), 1);
  const auto spec = [](const std::string& name, const Json& arguments) {
    return read_spec(read_json(folder_of_class(name, arguments) / "config.json"), name);
  };
  const Json common = {{"hidden_size", 256}, {"num_hidden_layers", 4}, {"num_attention_heads", 4}};
  const Json own = {{"n_embd", 256}, {"n_layer", 4}, {"n_head", 4}};
  for (const char* name :
       {"GPT2Config", "GPTJConfig", "CodeGenConfig", "GPTBigCodeConfig", "OpenAIGPTConfig"}) {
    EXPECT_EQ(spec(name, common), spec(name, own)) << name;
  }
  ::unsetenv("AUTOMODEL_CACHE");
}

TEST(ConfigClass, OtherArchitecturesAreNotSupported) {
  try {
    folder_of_class("BertConfig");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("the architecture of BertConfig is not "));
  }
}

}  // namespace
}  // namespace automodel::models
