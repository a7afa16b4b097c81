#include "corpus/model_facts.h"

#include "corpus/support.h"

namespace automodel::corpus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ModelFacts, OfAFolder) {
  const TinyCorpus corpus;
  const auto facts = read_model_facts(corpus.recipe().model);
  EXPECT_EQ(facts.vocab_size, 264);
  EXPECT_EQ(facts.max_tokens, 64);
  EXPECT_THAT(facts.stop_ids, ElementsAre(261));
  EXPECT_EQ(facts.open_text({.name = facts.name}).eos_id, data::kImEnd);
  EXPECT_THAT(data::error_of([&] { facts.open_text({.name = corpus.path("nowhere")}); }),
              HasSubstr("nowhere"));
}

TEST(ModelFacts, WhereATokenizerIs) {
  const TinyCorpus corpus;
  const std::string model = corpus.path("model");
  std::filesystem::create_directories(model + "/inner");
  EXPECT_EQ(find_tokenizer({.name = model}, model, "/snapshot"), "/snapshot");
  EXPECT_EQ(find_tokenizer({.name = model, .revision = "v2"}, model, "/snapshot"), model);
  EXPECT_EQ(find_tokenizer({.name = model, .subfolder = "inner"}, "", ""), model + "/inner");
  EXPECT_EQ(data::error_of([&] { find_tokenizer({.name = model, .subfolder = "outer"}, "", ""); }),
            "dataset.tokenizer.subfolder: there is no folder " + model + "/outer");
  EXPECT_THAT(data::error_of(
                  [&] { find_tokenizer({.name = "org/name", .revision = "v2"}, "org/name", ""); }),
              HasSubstr("the hub model 'org/name' (revision v2) is not in the local cache"));
}

TEST(ModelFacts, OverridesOfTheRecipeCount) {
  const TinyCorpus corpus;
  auto model = corpus.recipe().model;
  model.config_overrides = {{"max_position_embeddings", 32}};
  EXPECT_EQ(read_model_facts(model).max_tokens, 32);
}

TEST(ModelFacts, AFolderWithoutConfig) {
  const TinyCorpus corpus;
  auto model = corpus.recipe().model;
  std::filesystem::remove(corpus.path("model/config.json"));
  EXPECT_THAT(data::error_of([&] { read_model_facts(model); }),
              HasSubstr("has no config.json; a Hugging Face model folder has"));
}

}  // namespace
}  // namespace automodel::corpus
