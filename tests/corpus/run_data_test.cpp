#include "corpus/run_data.h"

#include <cstdlib>

#include "corpus/support.h"

namespace automodel::corpus {
namespace {

using testing::HasSubstr;

constexpr const char* kValidation = R"(validation_dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: {}
)";

RunData load(const config::Recipe& recipe) {
  return load_run_data(recipe, read_model_facts(recipe.model));
}

TEST(RunData, SectionsOfARecipe) {
  const TinyCorpus corpus;
  const auto recipe =
      corpus.recipe({}, fmt::format(fmt::runtime(kValidation), corpus.path("train.jsonl")));
  const auto sections = data_sections(recipe);
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections[0].name, "dataset");
  EXPECT_EQ(sections[1].name, "validation_dataset");
  EXPECT_EQ(validation_section("other"), "validation_dataset_other");
  const auto data = load(recipe);
  EXPECT_EQ(data.train.dataset->size(), 3);
  EXPECT_EQ(data.validation.at("default").dataset->size(), 3);
}

TEST(RunData, ChecksStopARunAndCanBeSwitchedOff) {
  const TinyCorpus corpus;
  corpus.write_config(200);
  EXPECT_THAT(data::error_of([&] { load(corpus.recipe()); }),
              HasSubstr("'outside_vocabulary'; if the data is right, list it in "
                        "disabled_data_checks"));
  EXPECT_EQ(
      load(corpus.recipe({}, "disabled_data_checks: [outside_vocabulary]")).train.dataset->size(),
      3);
}

TEST(RunData, PacksAreMadeOnDemandOnly) {
  const TinyCorpus corpus;
  ::setenv("AUTOMODEL_CACHE", corpus.path("cache").c_str(), 1);
  const auto rows = load(corpus.recipe()).train.dataset;
  EXPECT_EQ(pack(corpus.recipe(), rows), nullptr);
  const auto packed = pack(corpus.recipe({"--packed_sequence.packed_sequence_size=128"}), rows);
  ASSERT_NE(packed, nullptr);
  EXPECT_EQ(packed->stats().num_documents, 3);
  ::unsetenv("AUTOMODEL_CACHE");
}

TEST(RunData, MegatronDataIsAsLongAsTheRun) {
  const TinyCorpus corpus;
  auto recipe = corpus.recipe();
  recipe.dataset.target = "megatron_dataset.MegatronPretraining";
  EXPECT_EQ(data_sections(recipe)[0].keys.keys.at("num_train_samples"), 4);
}

}  // namespace
}  // namespace automodel::corpus
