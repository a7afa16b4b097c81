#include "models/stop_ids.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/error.h"

namespace automodel::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StopIds : public ::testing::Test {
 protected:
  StopIds() { std::filesystem::create_directories(folder_); }
  ~StopIds() override { std::filesystem::remove_all(folder_); }
  void write_defaults(const std::string& text) const {
    std::ofstream(folder_ / "generation_config.json") << text;
  }

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / "automodel_stop_ids";
};

TEST_F(StopIds, OfConfigWithoutGenerationDefaults) {
  EXPECT_THAT(stop_ids(folder_, {{"eos_token_id", 7}}), ElementsAre(7));
  EXPECT_THAT(stop_ids(folder_, {{"eos_token_id", {7, 9}}}), ElementsAre(7, 9));
  EXPECT_TRUE(stop_ids(folder_, {{"eos_token_id", nullptr}}).empty());
}

TEST_F(StopIds, GenerationDefaultsComeFirst) {
  write_defaults(R"({"eos_token_id": [1, 2]})");
  EXPECT_THAT(stop_ids(folder_, {{"eos_token_id", 7}}), ElementsAre(1, 2));
  write_defaults("{}");
  EXPECT_THAT(stop_ids(folder_, {{"eos_token_id", 7}}), ElementsAre(7));
}

TEST_F(StopIds, ARecipesComeBeforeBoth) {
  write_defaults(R"({"eos_token_id": [1, 2]})");
  const Json config = {{"eos_token_id", 7}};
  EXPECT_THAT(stop_ids(folder_, config, {{"eos_token_id", {3, 4}}}), ElementsAre(3, 4));
  EXPECT_THAT(stop_ids(folder_, config, {{"pad_token_id", 3}}), ElementsAre(1, 2));
}

TEST_F(StopIds, OfAnotherTypeAreRefused) {
  for (const Json& wrong :
       {Json("</s>"), Json({1, nullptr}), Json(-1), Json(12345678901234), Json(1.5)}) {
    try {
      stop_ids(folder_, {{"eos_token_id", wrong}});
      FAIL() << wrong;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("config.json")) << wrong;
      EXPECT_THAT(error.what(), HasSubstr("expected the id of a token or a list of such"));
    }
  }
}

}  // namespace
}  // namespace automodel::models
