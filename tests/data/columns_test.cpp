#include "data/columns.h"

#include "data/support.h"

namespace automodel::data {
namespace {

TEST(Columns, MissingOnesAreNamedWithTheirNeighbours) {
  const Json row = {{"question", "Why?"}, {"answer", 5}};
  EXPECT_EQ(text_column(row, "question"), "Why?");
  EXPECT_EQ(column(row, "answer"), 5);
  EXPECT_EQ(error_of([&] { column(row, "questions"); }),
            "the row has no column 'questions'; did you mean 'question'?; its columns are: "
            "question, answer");
  EXPECT_THAT(error_of([&] { column({{"messages", Json::array()}}, "question"); }),
              ::testing::EndsWith("its columns are: messages; rows of turns are read by _target_: "
                                  "nemo_automodel.components.datasets.llm.ChatDataset"));
  EXPECT_EQ(error_of([&] { text_column(row, "answer"); }),
            "column 'answer' must hold a string, found number (5)");
}

}  // namespace
}  // namespace automodel::data
