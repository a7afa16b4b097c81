#include "data/weighted_blend.h"

#include <algorithm>

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

class Weighted : public ::testing::Test {
 protected:
  /// A part of `count` texts.
  Json part(const std::string& name, int count, const Json& more = Json::object()) const {
    std::string rows;
    for (int i = 0; i < count; ++i) {
      rows += fmt::format("{{\"text\": \"{}\"}}\n", i);
    }
    Json out = {{"_target_",
                 "nemo_automodel.components.datasets.llm.column_mapped_text_instruction_dataset."
                 "ColumnMappedTextInstructionDataset"},
                {"path_or_dataset_id", folder_.write(name + ".jsonl", rows)},
                {"column_mapping", {{"answer", "text"}}}};
    out.update(more);
    return out;
  }

  static std::unique_ptr<const Dataset> open(const Json& values) {
    Keys keys(values, "dataset blend");
    const auto options = read_weighted_blend_options(keys);
    keys.finish();
    return make_weighted_blend(options, test_context());
  }

  /// How often each place is in the data set.
  static std::map<std::string, int> counts(const Dataset& dataset) {
    std::map<std::string, int> out;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
      ++out[std::filesystem::path(dataset.location(i)).filename().string()];
    }
    return out;
  }

  ScratchFolder folder_;
};

TEST_F(Weighted, EveryPartIsSeenAsAWhole) {
  const auto blend =
      open({{"parts", {part("a", 3, {{"weight", 0.75}}), part("b", 2, {{"weight", 0.25}})}}});
  EXPECT_EQ(blend->size(), 8) << "two rows are a quarter of eight";
  EXPECT_EQ(counts(*blend), (std::map<std::string, int>{{"a.jsonl:1", 2},
                                                        {"a.jsonl:2", 2},
                                                        {"a.jsonl:3", 2},
                                                        {"b.jsonl:1", 1},
                                                        {"b.jsonl:2", 1}}));
}

TEST_F(Weighted, TheNumberOfSamplesMayBeGiven) {
  const auto blend = open({{"parts", {part("a", 3), part("b", 2)}}, {"num_samples", 4}});
  EXPECT_EQ(counts(*blend),
            (std::map<std::string, int>{
                {"a.jsonl:1", 1}, {"a.jsonl:2", 1}, {"b.jsonl:1", 1}, {"b.jsonl:2", 1}}));
}

TEST_F(Weighted, WhatIsNoWholePassIsSpreadOverThePart) {
  const auto blend = open({{"parts", {part("a", 9), part("b", 2)}}, {"num_samples", 6}});
  EXPECT_EQ(counts(*blend), (std::map<std::string, int>{{"a.jsonl:1", 1},
                                                        {"a.jsonl:4", 1},
                                                        {"a.jsonl:7", 1},
                                                        {"b.jsonl:1", 2},
                                                        {"b.jsonl:2", 1}}));
}

TEST_F(Weighted, BadRowsAreLeftOutOfAllPartsOrNone) {
  folder_.write("bad.jsonl", "{\"text\": \"x\"}\n{oops\n");
  Json bad = part("unused", 1);
  bad["path_or_dataset_id"] = folder_.path("bad.jsonl");
  EXPECT_THAT(error_of([&] { open({{"parts", {part("a", 1), bad}}}); }),
              HasSubstr("bad.jsonl:2:2: not valid JSON"));
  const auto blend = open({{"parts", {part("a", 1), bad}}, {"skip_invalid_samples", true}});
  EXPECT_EQ(blend->size(), 2);
  EXPECT_EQ(blend->num_left_out(), 1);
}

TEST_F(Weighted, WrongPartsAreNamed) {
  const auto error = [&](const Json& parts) { return error_of([&] { open({{"parts", parts}}); }); };
  EXPECT_EQ(error(nullptr), "parts must be a list of data sets, found null");
  EXPECT_EQ(error(Json::array({"a.jsonl"})),
            "parts[0] must be a data set ({_target_: ..., weight: 0.5, ...}), found \"a.jsonl\"");
  EXPECT_EQ(error({part("a", 1), {{"weight", 1}}}),
            "parts[1] needs _target_, the kind of its data set");
  EXPECT_EQ(error(Json::array({part("a", 1, {{"weight", -1}})})),
            "parts[0].weight must be a number above 0, found -1");
  EXPECT_EQ(error(Json::array({part("a", 1, {{"skip_invalid_samples", true}})})),
            "parts[0].skip_invalid_samples: one serves all parts; set it beside `parts`");
  EXPECT_THAT(error({part("a", 9), part("b", 9, {{"weight", 1e-12}})}),
              HasSubstr("rows are needed to see all rows of every part; change the weights, or "
                        "set num_samples"));
  EXPECT_EQ(error_of([&] { open({{"parts", Json::array({part("a", 1)})}, {"num_samples", 0}}); }),
            "num_samples must be at least 1, found 0");
}

TEST(WithParts, TheSectionThenItsParts) {
  const Json section = {{"parts", {{{"path", "a"}}, {{"path", "b"}}}}};
  EXPECT_EQ(with_parts(section), (std::vector<Json>{section, {{"path", "a"}}, {{"path", "b"}}}));
  EXPECT_EQ(with_parts({{"path", "a"}}), (std::vector<Json>{{{"path", "a"}}}));
}

}  // namespace
}  // namespace automodel::data
