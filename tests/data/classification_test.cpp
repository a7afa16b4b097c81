#include "data/classification.h"

#include "data/batch.h"
#include "data/checks.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Rows {
 public:
  explicit Rows(const std::string& lines)
      : options_{.paths = {folder_.write("rows.jsonl", lines)}} {}

  ClassificationOptions& options() { return options_; }
  TokenizedSample first(const TextContext& context = test_context()) const {
    return make_classification_dataset(options_, context)->sample(0);
  }
  std::string error(const TextContext& context = test_context()) const {
    return error_of([&] { first(context); });
  }

 private:
  ScratchFolder folder_;
  ClassificationOptions options_;
};

TEST(Classification, ADocumentEndsInItsClass) {
  const Rows rows(R"({"text": "xyz", "label": 7})");
  const auto sample = rows.first();
  EXPECT_THAT(sample.ids, ElementsAre('x', 'y', 'z', 7));
  EXPECT_THAT(sample.loss_mask, ElementsAre(0, 0, 0, 1));
  EXPECT_TRUE(sample.notes.ends_in_class);
  EXPECT_EQ(num_tokens(sample), 3);
  EXPECT_TRUE(
      failed_checks(sample, test_context(), {.vocab_size = 'z' + 1, .max_tokens = 3}).empty());
}

TEST(Classification, TheLastTokenIsLabelled) {
  const Rows rows(R"({"text": "xyz", "label": 7})");
  for (const bool drops : {false, true}) {
    const std::vector<TokenizedSample> samples = {rows.first()};
    const Batch batch = collate(samples, std::vector<std::int64_t>{0}, {.drop_last_token = drops});
    EXPECT_THAT(batch.ids, ElementsAre('x', 'y', 'z'));
    EXPECT_THAT(batch.labels, ElementsAre(kIgnoreLabel, kIgnoreLabel, 7));
  }
}

TEST(Classification, ClassesAreNumbersOrNames) {
  const auto label = [](const std::string& value, std::vector<std::string> labels = {}) {
    Rows rows(R"({"text": "x", "label": )" + value + "}");
    rows.options().labels = std::move(labels);
    return rows.first().ids.back();
  };
  EXPECT_EQ(label("2"), 2);
  EXPECT_EQ(label("\"2\""), 2) << "as CSV has it";
  EXPECT_EQ(label("true"), 1);
  EXPECT_EQ(label("\"good\"", {"bad", "good"}), 1);
  EXPECT_EQ(label("0", {"bad", "good"}), 0);
}

TEST(Classification, OtherClassesAreErrors) {
  for (const char* value : {"-1", "1.5", "\"x\"", "null", "[]", "3000000000"}) {
    const Rows rows(R"({"text": "x", "label": )" + std::string(value) + "}");
    EXPECT_THAT(rows.error(), HasSubstr(std::string("rows.jsonl:1: column 'label' is ") + value +
                                        ", expected the number of a class, from 0 on, or give "
                                        "their names by `labels` (-1 stands in splits"));
  }
  Rows named(R"({"text": "x", "label": "goood"})");
  named.options().labels = {"bad", "good"};
  EXPECT_THAT(named.error(), HasSubstr("column 'label' is 'goood', which is none of `labels` (bad, "
                                       "good); did you mean 'good'?"));
  EXPECT_THAT(Rows(R"({"text": "x"})").error(), HasSubstr("the row has no column 'label'"));
  EXPECT_THAT(Rows(R"({"text": "", "label": 0})").error(),
              HasSubstr("column 'text' is empty: there is no token to tell the class from"));
}

TEST(Classification, NamesOfTheModelCount) {
  auto context = test_context();
  context.class_names = {"good", "bad"};
  Rows rows(R"({"text": "x", "label": "bad"})");
  EXPECT_EQ(rows.first(context).ids.back(), 1);
  rows.options().labels = {"bad", "good"};
  EXPECT_EQ(rows.first(context).ids.back(), 0) << "labels are what the column holds";
  auto other = context;
  other.class_names = {"bad", "good"};
  EXPECT_NE(content_hash(context), content_hash(other));
}

TEST(Classification, TheModelsHeadLimitsThem) {
  auto context = test_context();
  context.num_labels = 2;
  EXPECT_THAT(Rows(R"({"text": "x", "label": 2})").error(context),
              HasSubstr("column 'label' is class 2, but the model tells 2 classes, from 0 on; set "
                        "model.num_labels"));
  EXPECT_EQ(Rows(R"({"text": "x", "label": 1})").first(context).ids.back(), 1);
}

TEST(Classification, PairsAreJoinedByTheTokenizer) {
  Rows rows(R"({"text": "x", "other": "y", "label": 0})");
  rows.options().pair_column = "other";
  EXPECT_THAT(rows.first().ids, ElementsAre('x', 'y', 0));
  EXPECT_THAT(rows.first(test_context({}, true)).ids, ElementsAre(kBos, 'x', kBos, 'y', 0));
}

TEST(Classification, LongRowsAreCut) {
  Rows rows(R"({"text": "uvwxyz", "label": 1})");
  rows.options().max_length = 4;
  EXPECT_THAT(rows.first().ids, ElementsAre('u', 'v', 'w', 'x', 1));
  EXPECT_TRUE(rows.first().notes.truncated);
  EXPECT_THAT(rows.first(test_context({}, true)).ids, ElementsAre(kBos, 'u', 'v', 'w', 1));
  auto context = test_context();
  context.max_tokens = 2;
  context.cuts_beginning = true;
  EXPECT_THAT(rows.first(context).ids, ElementsAre('y', 'z', 1));
  rows.options().max_length = 0;
  EXPECT_THAT(rows.first(context).ids, ElementsAre('y', 'z', 1)) << "to the model's limit";
  context = test_context();
  context.prepends_bos = true;
  rows.options().max_length = 3;
  EXPECT_THAT(rows.first(context).ids, ElementsAre(kBos, 'u', 'v', 1));
}

TEST(Classification, RolesAndSpecialTokensAreSeen) {
  auto context = test_context();
  context.finds_roles = true;
  const auto sample = Rows(R"({"text": "a</s>", "label": 0})").first(context);
  EXPECT_THAT(sample.roles, ElementsAre(Role::text, Role::text, Role::label));
  EXPECT_TRUE(sample.notes.special_in_content);
}

TEST(Classification, UpstreamsKeys) {
  const auto read = [](const Json& values) {
    Keys keys(values, "dataset");
    const auto options = read_mrpc_options(keys);
    keys.finish();
    return options;
  };
  const auto options = read({{"path_or_dataset", "nyu-mll/glue"},
                             {"split", "validation"},
                             {"num_samples_limit", 5},
                             {"trust_remote_code", true},
                             {"max_length", nullptr}});
  EXPECT_EQ(options.rows.configuration, "mrpc");
  EXPECT_EQ(options.text_column, "sentence1");
  EXPECT_EQ(options.pair_column, "sentence2");
  EXPECT_EQ(options.rows.max_rows, 5);
  EXPECT_EQ(options.max_length, 0);
  EXPECT_EQ(read({{"path_or_dataset", "mine.csv"}}).rows.configuration, "");
  EXPECT_THAT(error_of([&] { read({{"path_or_dataset", "x"}, {"max_length", -1}}); }),
              HasSubstr("max_length must be a positive number of tokens, found -1"));
  Keys keys({{"path_or_dataset_id", "x"}, {"labels", 3}}, "dataset");
  EXPECT_THAT(error_of([&] { read_classification_options(keys); }),
              HasSubstr("labels must be a list of the classes' names, found 3"));
  Keys twice({{"path_or_dataset_id", "x"}, {"labels", {"a", "b", "a"}}}, "dataset");
  EXPECT_THAT(error_of([&] { read_classification_options(twice); }),
              HasSubstr("labels lists the class 'a' twice; its place in the list is its number"));
}

}  // namespace
}  // namespace automodel::data
