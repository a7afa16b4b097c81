#include "data/class_names.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

LabelColumn listed(Names names) {
  return {.name = "label", .class_names = std::move(names), .holds_names = true};
}

LabelColumn known_otherwise(Names names) {
  return {.name = "label", .class_names = std::move(names)};
}

TEST(ClassNames, CellsAreWhatTheRecipeLists) {
  EXPECT_EQ(class_of("good", listed({"bad", "good"})), 1);
  EXPECT_EQ(class_of(1, listed({"1", "2", "3"})), 0) << "a name, not a number";
  EXPECT_EQ(class_of("3", listed({"1", "2", "3"})), 2);
  EXPECT_EQ(class_of(true, listed({"True", "False"})), 0);
  EXPECT_EQ(class_of(1, listed({"bad", "good"})), 1) << "the place in the list";
  EXPECT_EQ(class_of("1", listed({"bad", "good"})), 1) << "as CSV has it";
  EXPECT_EQ(class_of(1.0, listed({})), 1) << "a column that once had a null";
  EXPECT_THROW(class_of(1.5, listed({})), Error);
}

TEST(ClassNames, WhatIsNotListedIsAnError) {
  const auto error = [](const Json& cell, Names names) {
    return error_of([&] { class_of(cell, listed(std::move(names))); });
  };
  EXPECT_EQ(
      error("goood", {"bad", "good"}),
      "column 'label' is 'goood', which is none of `labels` (bad, good); did you mean 'good'?");
  EXPECT_THAT(error(0, {"1", "2"}), HasSubstr("column 'label' is '0', which is none of `labels`"));
  EXPECT_THAT(error(true, {"no", "yes"}), HasSubstr("column 'label' is 'true', which is none of"));
  EXPECT_THAT(error(-1, {"bad", "good"}), HasSubstr("column 'label' is '-1', which is none of"));
}

TEST(ClassNames, OfTheModel) {
  const auto column = known_otherwise({"good", "bad"});
  EXPECT_EQ(class_of("bad", column), 1);
  EXPECT_EQ(class_of(0, column), 0);
  EXPECT_EQ(class_of("0", column), 0);
  EXPECT_EQ(class_of(true, column), 1);
  EXPECT_EQ(error_of([&] { class_of("badd", column); }),
            "column 'label' is 'badd', which is none of the model's classes (good, bad); did you "
            "mean 'bad'?");
  EXPECT_THAT(error_of([&] { class_of(-1, column); }),
              HasSubstr("column 'label' is -1, expected the number of a class, from 0 on (-1 "));
}

TEST(ClassNames, NumbersThatNameAnotherClass) {
  const auto stars = known_otherwise({"1", "2", "3"});
  EXPECT_EQ(class_of("3", stars), 2);
  EXPECT_EQ(error_of([&] { class_of(1, stars); }),
            "column 'label' is 1, which is the name of class 0 and the number of class '2'; if the "
            "column holds names, list them by `labels`: [1, 2, 3]");
  EXPECT_EQ(class_of(1, known_otherwise({"0", "1"})), 1) << "both are the same";
}

}  // namespace
}  // namespace automodel::data
