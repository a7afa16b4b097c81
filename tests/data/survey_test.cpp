#include "data/survey.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

/// Row i has the answer given; "!" is a row that cannot be used.
class Answers : public Dataset {
 public:
  explicit Answers(std::vector<std::vector<std::int32_t>> answers) : answers_(std::move(answers)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(answers_.size()); }
  TokenizedSample sample(std::int64_t index) const override {
    std::vector<std::int32_t> ids = answers_[static_cast<std::size_t>(index)];
    check(ids.front() != '!', ErrorKind::corrupt_data, "{}: unusable", location(index));
    std::vector<std::uint8_t> mask(ids.size(), 1);
    ids.insert(ids.begin(), {'q', '?'});
    mask.insert(mask.begin(), {0, 0});
    TokenizedSample sample;
    append_document(sample, ids, mask);
    return sample;
  }
  std::string location(std::int64_t index) const override {
    return fmt::format("answers:{}", index + 1);
  }
  std::uint64_t content_hash() const override { return 1; }

 private:
  std::vector<std::vector<std::int32_t>> answers_;
};

std::shared_ptr<const Dataset> answers(std::vector<std::vector<std::int32_t>> all) {
  return std::make_shared<Answers>(std::move(all));
}

TEST(Survey, CountsEveryRow) {
  const auto dataset = answers({{'a', kImEnd}, {'!'}, {'b', 'c'}, {'d', 'e', 'f'}});
  for (const int num_threads : {1, 4}) {
    const Survey found = survey(*dataset, chatml_context(), {.num_threads = num_threads});
    EXPECT_EQ(found.num_rows, 4);
    EXPECT_EQ(found.usable, (std::vector<std::int64_t>{0, 2, 3}));
    EXPECT_EQ(found.lengths, (std::vector<std::int64_t>{4, 4, 5}));
    EXPECT_EQ(found.trained, (std::vector<std::int64_t>{2, 2, 3}));
    EXPECT_EQ(found.audit.num_documents, 3);
    EXPECT_EQ(found.bad, (std::vector<BadRow>{{1, "answers:2: unusable"}}));
    EXPECT_EQ(found.failed, (std::vector<FailedCheck>{{Check::missing_eos, 2, "answers:3"}}));
  }
}

TEST(Survey, WhoIsToldOfRowsMayEndIt) {
  const auto stop = [](std::int64_t num_done, std::int64_t num_rows) {
    EXPECT_EQ(num_rows, 4);
    check(num_done < num_rows, ErrorKind::interrupted, "stopped");
  };
  const auto dataset = answers({{'a', kImEnd}, {'!'}, {'b', 'c'}, {'d', 'e', 'f'}});
  EXPECT_EQ(error_of([&] { survey(*dataset, chatml_context(), {.on_rows = stop}); }), "stopped");
}

TEST(Survey, ChecksOfTheTextAreAmongTheOthers) {
  const auto dataset = answers({{'a', kImEnd}});
  const std::vector<FailedTextCheck> failures = {{Check::template_differs, "a here, b there"}};
  const Survey found = survey(*dataset, chatml_context(), {.text_failures = failures});
  EXPECT_EQ(found.failed,
            (std::vector<FailedCheck>{{Check::template_differs, 0, "a here, b there"}}));
  EXPECT_EQ(describe_failure(found.failed[0], 1),
            "the chat template is not the model's own: a here, b there");
  EXPECT_TRUE(survey(*dataset, chatml_context(),
                     {.disabled = {"template_differs"}, .text_failures = failures})
                  .failed.empty());
}

TEST(Survey, FindsRowsThatAreThereTwice) {
  const auto dataset = answers({{'a', kImEnd}, {'b', kImEnd}, {'!'}, {'a', kImEnd}});
  EXPECT_EQ(survey(*dataset, chatml_context(), {}).duplicates,
            (Duplicates{1, "answers:4", "answers:1"}));
}

TEST(Survey, LooksAtSpreadRows) {
  const Survey found = survey(NumberRows(10), chatml_context(), {.max_rows = 4});
  EXPECT_EQ(found.rows, (std::vector<std::int64_t>{0, 2, 5, 7}));
  EXPECT_EQ(survey(NumberRows(3), chatml_context(), {.max_rows = 4}).rows.size(), 3U);
}

TEST(Survey, ChecksCanBeSwitchedOff) {
  const auto dataset = answers({{'b', 'c'}});
  EXPECT_TRUE(survey(*dataset, chatml_context(), {.disabled = {"missing_eos"}}).failed.empty());
  EXPECT_THAT(error_of([&] { survey(*dataset, chatml_context(), {.disabled = {"nothing"}}); }),
              HasSubstr("there is no check 'nothing'"));
}

TEST(Prepare, BadRowsStopOrAreLeftOut) {
  const auto dataset = answers({{'a', kImEnd}, {'!'}, {'b', kImEnd}});
  EXPECT_EQ(error_of([&] { prepare(dataset, chatml_context(), {}, false); }),
            "1 of 3 rows cannot be used; mend them or set skip_invalid_samples: true:\n"
            "  answers:2: unusable");
  const auto prepared = prepare(dataset, chatml_context(), {.max_rows = 1}, true);
  EXPECT_EQ(prepared.dataset->size(), 2);
  EXPECT_EQ(prepared.dataset->location(1), "answers:3");
  EXPECT_EQ(prepared.survey.bad.size(), 1U);
}

TEST(Prepare, ShowsTheFirstBadRows) {
  const auto dataset = answers(std::vector<std::vector<std::int32_t>>(8, {'!'}));
  EXPECT_THAT(error_of([&] { prepare(dataset, chatml_context(), {}, true); }),
              ::testing::AllOf(::testing::StartsWith("8 of 8 rows cannot be used:\n  answers:1"),
                               ::testing::EndsWith("answers:5: unusable\n  ... and 3 more")));
}

TEST(Prepare, FailedChecksStop) {
  const auto dataset = answers({{'a', kImEnd}, {'b'}});
  EXPECT_EQ(
      error_of([&] { prepare(dataset, chatml_context(), {}, false); }),
      "1 of 2 rows have an answer that does not end in an EOS token (first answers:2): the "
      "model would not learn to stop: use a chat template that ends each answer in one, or, if "
      "answers end in another special token, name that one in dataset.tokenizer.eos_token, or "
      "its id in model.eos_token_id. This is the check 'missing_eos'; if the data is right, "
      "list it in disabled_data_checks");
  EXPECT_EQ(
      prepare(dataset, chatml_context(), {.disabled = {"missing_eos"}}, false).dataset->size(), 2);
}

}  // namespace
}  // namespace automodel::data
