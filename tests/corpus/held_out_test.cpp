#include "corpus/held_out.h"

#include "corpus/support.h"

namespace automodel::corpus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> warnings(const TinyCorpus& corpus, const std::string& more) {
  const auto recipe = corpus.recipe({}, R"(validation_dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: )" + corpus.path(more));
  return load_run_data(recipe, read_model_facts(recipe.model)).warnings;
}

TEST(HeldOut, TheTrainingRowsAreNot) {
  const TinyCorpus corpus;
  const std::string message =
      "validation_dataset: its 3 rows are exactly the training rows: its loss does not tell how "
      "the model does on new rows. Give other rows, or parts of one data set (dataset.split: "
      "train[:90%], validation_dataset.split: train[90%:])";
  EXPECT_THAT(warnings(corpus, "train.jsonl"), ElementsAre(message));
  EXPECT_THAT(warnings(corpus, "train.jsonl\n  split: train[1:]"),
              ElementsAre(HasSubstr("2 of the 2 rows looked at are training rows as well")));
  corpus.write_rows("copy.jsonl", {"one", "two", "three"});
  EXPECT_THAT(warnings(corpus, "copy.jsonl"), ElementsAre(message));
  corpus.write_rows("some.jsonl", {"four", "three"});
  EXPECT_THAT(warnings(corpus, "some.jsonl"),
              ElementsAre(HasSubstr("1 of the 2 rows looked at are training rows as well")));
}

TEST(HeldOut, OtherRowsAre) {
  const TinyCorpus corpus;
  corpus.write_rows("other.jsonl", {"four", "five"});
  EXPECT_THAT(warnings(corpus, "other.jsonl"), IsEmpty());
}

}  // namespace
}  // namespace automodel::corpus
