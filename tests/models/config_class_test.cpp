#include "models/config_class.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/error.h"
#include "base/json.h"

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
