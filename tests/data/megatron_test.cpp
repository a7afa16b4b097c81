#include "data/megatron.h"

#include <set>

#include "data/token_files.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;
using Prefixes = std::vector<std::string>;

MegatronOptions read(const Json& values) {
  Keys keys(values, "megatron");
  auto options = read_megatron_options(keys);
  keys.finish();
  return options;
}

class Megatron : public ::testing::Test {
 protected:
  std::string prefix(const std::string& name, const std::vector<std::int32_t>& lengths) const {
    return write_indexed(folder_, name, lengths);
  }
  ScratchFolder folder_;
};

TEST_F(Megatron, SamplesAreWindowsOfTheShuffledDocuments) {
  const auto a = prefix("a", {5, 9, 0, 7});
  const auto rows =
      make_megatron_dataset({.prefixes = {a}, .own_split = true, .seq_length = 4, .seed = 3});
  ASSERT_EQ(rows->size(), 5) << "(21 - 1) / 4";
  std::set<std::int32_t> seen;
  for (std::int64_t i = 0; i < rows->size(); ++i) {
    const auto sample = rows->sample(i);
    EXPECT_EQ(sample, token_window(sample.ids));
    ASSERT_EQ(sample.ids.size(), 5U);
    seen.insert(sample.ids.begin(), sample.ids.end());
  }
  EXPECT_EQ(seen.size(), 21U) << "every token of every document";
  EXPECT_THAT(rows->location(0), HasSubstr(a + ".bin: document "));
}

TEST_F(Megatron, TheSplitSharesOutTheDocuments) {
  const auto a = prefix("a", std::vector<std::int32_t>(10, 6));
  MegatronOptions options{.prefixes = {a}, .shares = {80, 10, 10}, .seq_length = 5};
  const auto documents = [&](MegatronSplit split) {
    options.split = split;
    const auto rows = make_megatron_dataset(options);
    std::set<std::int32_t> found;
    for (std::int64_t i = 0; i < rows->size(); ++i) {
      for (const std::int32_t id : rows->sample(i).ids) {
        found.insert(id / 100);
      }
    }
    return found;
  };
  EXPECT_EQ(documents(MegatronSplit::train), (std::set<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(documents(MegatronSplit::validation), (std::set<std::int32_t>{8}));
  EXPECT_EQ(documents(MegatronSplit::test), (std::set<std::int32_t>{9}));
  options.shares = {1, 0, 0};
  EXPECT_THAT(error_of([&] { make_megatron_dataset(options); }),
              HasSubstr("the split 'test' has none of the 10 documents"));
}

TEST_F(Megatron, BlendsByWeightOrBySize) {
  const auto a = prefix("a", {41});
  const auto b = prefix("b", {21});
  MegatronOptions options{.prefixes = {a, b}, .own_split = true, .seq_length = 4};
  EXPECT_EQ(make_megatron_dataset(options)->size(), 15) << "10 of the one, 5 of the other";
  options.weights = {1, 3};
  EXPECT_THAT(error_of([&] { make_megatron_dataset(options); }),
              HasSubstr("a blend by weights needs to know how many samples are wanted"));
  options.num_samples = 12;
  const auto rows = make_megatron_dataset(options);
  ASSERT_EQ(rows->size(), 12);
  std::int64_t of_b = 0;
  for (std::int64_t i = 0; i < rows->size(); ++i) {
    of_b += rows->location(i).find(b) == 0 ? 1 : 0;
  }
  EXPECT_EQ(of_b, 9) << "more than it has: it is read again";
}

TEST_F(Megatron, HeldOutDataDoNotBeginAgain) {
  MegatronOptions options{
      .prefixes = {prefix("a", {41})}, .own_split = true, .seq_length = 4, .num_samples = 12};
  const auto size = [&] { return make_megatron_dataset(options)->size(); };
  EXPECT_EQ(size(), 12) << "of 10";
  options.split = MegatronSplit::validation;
  EXPECT_EQ(size(), 10);
  options.num_samples = 3;
  EXPECT_EQ(size(), 3);
}

TEST_F(Megatron, PathsInEveryForm) {
  const auto a = prefix("data_a", {9});
  const auto b = prefix("data_b", {9});
  EXPECT_EQ(read({{"paths", a}}).prefixes, (Prefixes{a}));
  EXPECT_EQ(read({{"paths", folder_.path("data_*")}}).prefixes, (Prefixes{a, b}));
  EXPECT_EQ(read({{"paths", {a, b}}}).prefixes, (Prefixes{a, b}));
  const auto weighted = read({{"paths", {"30", a, 70, b}}});
  EXPECT_EQ(weighted.prefixes, (Prefixes{a, b}));
  EXPECT_EQ(weighted.weights, (std::vector<double>{30, 70}));
  const Json by_split = {{"train", {a}}, {"valid", b}};
  EXPECT_TRUE(read({{"paths", by_split}}).own_split);
  const auto validation = read({{"paths", by_split}, {"splits_to_build", "validation"}});
  EXPECT_EQ(validation.prefixes, (Prefixes{b}));
  EXPECT_EQ(validation.split, MegatronSplit::validation);
  const auto of_validation = [&](const Json& paths) {
    return read({{"paths", paths}, {"splits_to_build", "validation"}}).prefixes;
  };
  EXPECT_EQ(of_validation({{"train", a}, {"val", b}}), (Prefixes{b}));
  EXPECT_EQ(of_validation({{"train", a}, {"dev", b}}), (Prefixes{b}));
  EXPECT_THAT(error_of([&] { of_validation({{"val", a}, {"dev", b}}); }),
              HasSubstr("paths has 2 entries for the split 'validation'"));
  const auto file = folder_.write("blend.json", Json{{"train", {"1", a, "2", b}}}.dump());
  EXPECT_EQ(read({{"paths", file}}).weights, (std::vector<double>{1, 2}));
}

TEST_F(Megatron, WrongPathsAreNamed) {
  const auto a = prefix("a", {9});
  const auto error = [&](const Json& paths) { return error_of([&] { read({{"paths", paths}}); }); };
  EXPECT_THAT(error("nowhere"), HasSubstr("nowhere: there is no pair nowhere.bin and nowhere.idx"));
  EXPECT_THAT(error(Json::array()), HasSubstr("paths must be a list of prefixes"));
  EXPECT_THAT(error(Json::array({"1", a, "2"})), HasSubstr("paths must be a list of prefixes"));
  EXPECT_THAT(error(Json::array({"1", a, a, a})), HasSubstr("paths[2] must be a weight"));
  EXPECT_THAT(error(Json::array({"1", "2"})), HasSubstr("paths[1] must be a prefix"));
  EXPECT_THAT(error(7), HasSubstr("paths must be a prefix, a pattern, a list of them"));
  EXPECT_THAT(error({{"test", a}}), HasSubstr("paths has no entry 'train'"));
  prefix("more_a", {9});
  prefix("more_b", {9});
  EXPECT_THAT(error(Json::array({"1", folder_.path("more_*"), "1", a})),
              HasSubstr("a weight goes with one prefix"));
}

TEST_F(Megatron, OtherKeys) {
  const auto a = prefix("a", {9});
  const auto options = read({{"paths", a},
                             {"seq_length", 3},
                             {"seed", 5},
                             {"split", "0.99, 0.01, 0.00"},
                             {"splits_to_build", {"validation"}},
                             {"num_train_samples", 7},
                             {"num_val_samples", 8},
                             {"index_mapping_dir", "x"},
                             {"mmap_bin_files", true}});
  EXPECT_EQ(options.seq_length, 3);
  EXPECT_EQ(options.seed, 5U);
  EXPECT_EQ(options.shares, (std::array<double, 3>{0.99, 0.01, 0}));
  EXPECT_EQ(options.num_samples, 8);
  EXPECT_EQ(options.index_folder, "x");
  EXPECT_EQ(read({{"paths", a}, {"split", {9, 1}}}).shares, (std::array<double, 3>{9, 1, 0}));
  EXPECT_THAT(error_of([&] { read({{"paths", a}, {"split", "9,x"}}); }),
              HasSubstr("split must hold shares of training, validation and test data"));
  EXPECT_THAT(error_of([&] { read({{"paths", a}, {"splits_to_build", "all"}}); }),
              HasSubstr("splits_to_build must be one of train, validation and test"));
  EXPECT_THAT(error_of([&] { read({{"paths", a}, {"object_storage_config", {{"path", "s3"}}}}); }),
              HasSubstr("object_storage_config is not supported: paths must be files"));
}

TEST_F(Megatron, TheOrderIsKeptWhereAsked) {
  const auto a = prefix("a", {41});
  MegatronOptions options{.prefixes = {a}, .own_split = true, .seq_length = 4};
  const auto plain = make_megatron_dataset(options);
  options.index_folder = folder_.path("index");
  for (int i = 0; i < 2; ++i) {
    const auto kept = make_megatron_dataset(options);
    for (std::int64_t row = 0; row < plain->size(); ++row) {
      EXPECT_EQ(kept->sample(row), plain->sample(row));
    }
  }
  EXPECT_FALSE(std::filesystem::is_empty(folder_.path("index")));
}

}  // namespace
}  // namespace automodel::data
