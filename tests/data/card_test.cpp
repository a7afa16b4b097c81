#include "data/card.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Card : public ::testing::Test {
 protected:
  void configs(const std::string& yaml) const {
    folder_.write("README.md", "---\nlicense: mit\nconfigs:\n" + yaml + "---\n# About\n");
  }
  void files(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      folder_.write(name, "{\"text\": \"x\"}\n");
    }
  }
  std::optional<CardConfiguration> chosen(const std::string& name = "") const {
    return find_configuration(folder_.path(), name);
  }
  /// Relative to the folder.
  std::vector<std::string> taken(const std::string& split = "train",
                                 const std::string& name = "") const {
    std::vector<std::string> out;
    for (const auto& file : files_of_split(folder_.path(), *chosen(name), split, "bring it")) {
      out.push_back(std::filesystem::path(file).lexically_relative(folder_.path()).string());
    }
    return out;
  }
  std::string error(const std::string& name = "") const {
    return error_of([&] { chosen(name); });
  }

  ScratchFolder folder_;
};

TEST_F(Card, AFileOfKeysAloneCountsBeforeIt) {
  files({"a.jsonl", "b.jsonl"});
  configs("- {config_name: x, data_files: a.jsonl}\n");
  folder_.write(".huggingface.yaml", "license: mit\n");
  EXPECT_THAT(taken(), ElementsAre("a.jsonl"));
  folder_.write(".huggingface.yaml", "configs:\n- {config_name: x, data_files: b.jsonl}\n");
  EXPECT_THAT(taken(), ElementsAre("b.jsonl"));
  EXPECT_THAT(error("y"), HasSubstr(".huggingface.yaml: the card has no configuration 'y'"));
}

TEST_F(Card, DataFilesHaveSeveralForms) {
  configs(
      "- {config_name: text, data_files: 'a/*.jsonl'}\n"
      "- {config_name: list, data_files: [a.jsonl, ./b.jsonl]}\n"
      "- config_name: splits\n"
      "  data_files:\n"
      "  - split: train\n"
      "    path: a.jsonl\n"
      "  - split: test\n"
      "    path: [b.jsonl, c.jsonl]\n"
      "- {config_name: map, data_dir: x/, data_files: {train: a.jsonl, dev: [../b.jsonl]}}\n"
      "- {config_name: folder, data_dir: x}\n"
      "- config_name: 2024\n  default: yes\n  data_files:\n");
  using Splits = std::vector<CardSplit>;
  const auto card = read_card(folder_.path());
  ASSERT_EQ(card.size(), 6U);
  EXPECT_EQ(card[0].splits, (Splits{{"train", {"a/*.jsonl"}}}));
  EXPECT_EQ(card[1].splits, (Splits{{"train", {"a.jsonl", "b.jsonl"}}}));
  EXPECT_EQ(card[2].splits, (Splits{{"train", {"a.jsonl"}}, {"test", {"b.jsonl", "c.jsonl"}}}));
  EXPECT_EQ(card[3].splits, (Splits{{"train", {"x/a.jsonl"}}, {"dev", {"b.jsonl"}}}));
  EXPECT_EQ(card[4], (CardConfiguration{.name = "folder", .folder = "x"}));
  EXPECT_EQ(card[5], (CardConfiguration{.name = "2024", .is_default = true}));
}

TEST_F(Card, TheConfigurationIsNamedOrTheDefaultOrTheOnlyOne) {
  configs("- {config_name: b, data_files: b.jsonl}\n");
  EXPECT_EQ(chosen()->name, "b");
  configs("- {config_name: b, data_files: b.jsonl}\n- {config_name: plain, data_files: a.jsonl}\n");
  EXPECT_EQ(error(), folder_.path("README.md") +
                         ": the card lists several configurations, none as default; say which by "
                         "the key `name`: b, plain");
  EXPECT_EQ(chosen("plain")->name, "plain");
  EXPECT_EQ(error("plan"),
            folder_.path("README.md") +
                ": the card has no configuration 'plan'; did you mean 'plain'?; it lists "
                "b, plain");
  configs(
      "- {config_name: b, data_files: b.jsonl}\n- {config_name: default, data_files: a.jsonl}\n");
  EXPECT_EQ(chosen()->name, "default");
  configs(
      "- {config_name: b, data_files: b.jsonl, default: true}\n"
      "- {config_name: default, data_files: a.jsonl}\n");
  EXPECT_EQ(chosen()->name, "b");
  configs(
      "- {config_name: b, data_files: b.jsonl, default: true}\n"
      "- {config_name: a, data_files: a.jsonl, default: true}\n");
  EXPECT_THAT(error(), HasSubstr("several configurations, more than one as default; say which"));
}

TEST_F(Card, FilesAreInTheOrderOfThePatterns) {
  files({"a.jsonl", "b.jsonl", "sub/c.jsonl", "sub/notes.md", "sub/d.csv", "sub/.hidden.jsonl"});
  configs(
      "- config_name: default\n"
      "  data_files:\n"
      "  - {split: train, path: [b.jsonl, '**/*']}\n"
      "  - {split: held_out, path: sub/notes.md}\n"
      "  - {split: gone, path: [a.jsonl, gone.jsonl]}\n"
      "  - {split: text, path: 'sub/*.md'}\n");
  EXPECT_THAT(taken(), ElementsAre("b.jsonl", "a.jsonl", "b.jsonl", "sub/c.jsonl", "sub/d.csv"))
      << "a file that is named twice is read twice, as by `datasets`";
  EXPECT_THAT(taken("held_out"), ElementsAre("sub/notes.md")) << "whatever is named";
  EXPECT_EQ(error_of([&] { taken("train_"); }),
            folder_.path("README.md") +
                ": the configuration 'default' has no split 'train_'; did you mean 'train'?; the "
                "card lists train, held_out, gone, text");
  EXPECT_EQ(error_of([&] { taken("gone"); }),
            folder_.path("README.md") +
                ": the card names 'gone.jsonl' for the split 'gone' of the configuration "
                "'default', and no data file of that name is there; bring it");
  EXPECT_THAT(error_of([&] { taken("text"); }), HasSubstr("the card names 'sub/*.md'"));
}

TEST_F(Card, TakesTheFilesOfAllSplits) {
  const CardConfiguration one{.name = "a",
                              .splits = {{"train", {"a/*.jsonl"}}, {"test", {"b.jsonl"}}}};
  EXPECT_TRUE(one.takes("a/x.jsonl") && one.takes("b.jsonl"));
  EXPECT_FALSE(one.takes("a/x/y.jsonl") || one.takes("x.jsonl"));
  const CardConfiguration below{.name = "b", .folder = "b/"};
  EXPECT_TRUE(below.takes("b/x/y.jsonl"));
  EXPECT_FALSE(below.takes("bb/x.jsonl"));
  EXPECT_TRUE((CardConfiguration{.folder = "."}.takes("x.jsonl")));
}

TEST_F(Card, ManyCardsNameNoFiles) {
  EXPECT_FALSE(chosen("any")) << "no card";
  for (const auto* text : {"", "about configs\n", "---\nconfigs: [\n", "---x\nconfigs: []\n---\n",
                           "---\n---\n", "---\nlicense: [mit\n---\n", "---\nconfigs:\n---\n",
                           "---\nconfigs: []\n---\n", "---\nconfigs: [{config_name: a}]\n---\n"}) {
    folder_.write("README.md", text);
    EXPECT_FALSE(chosen("any")) << text;
  }
  configs("- {config_name: a}\n- {config_name: b, data_files: b.jsonl}\n");
  EXPECT_FALSE(chosen("a")) << "by the names of files, as without a card";
  EXPECT_TRUE(chosen("b"));
}

TEST_F(Card, LineEndsAndMarksDoNotMatter) {
  folder_.write("README.md",
                "\xEF\xBB\xBF---\r\nconfigs:\r\n- config_name: a\r\n  data_files: a.jsonl\r\n---");
  ASSERT_TRUE(chosen());
  EXPECT_EQ(chosen()->splits, (std::vector<CardSplit>{{"train", {"a.jsonl"}}}));
}

TEST_F(Card, AConfigurationMayBeOneOfThousands) {
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text +=
        fmt::format("- {{config_name: c{0}, data_files: [{{split: train, path: {0}/*}}]}}\n", i);
  }
  configs(text);
  EXPECT_EQ(chosen("c2999")->splits.front().patterns.front(), "2999/*");
}

TEST_F(Card, WhatIsNotAsDatasetsWantsItIsAnError) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {" a: 1\n", "README.md:4:2: `configs` must be a list of configurations"},
      {"- default\n", "README.md:4:3: each of `configs` must be a mapping with a `config_name`"},
      {"- {data_files: a}\n", "must be a mapping with a `config_name`"},
      {"- {config_name: [a]}\n", "README.md:4:17: `config_name` must be a text"},
      {"- {config_name: a, data_files: [{path: b}]}\n", "must have a `split` and a `path`"},
      {"- {config_name: a, data_files: [{split: b, path: c}, d]}\n", "must have a `split` and a"},
      {"- {config_name: a, data_files: [b, {split: c, path: d}]}\n", "a path of `data_files` must"},
      {"- {config_name: a, data_files: []}\n", "no path of a data file is given"},
      {"- {config_name: a, data_files: [{split: b, path: c}, {split: b, path: d}]}\n",
       "the split 'b' is there twice"},
      {"- {config_name: a, data_files: ../b}\n", "'../b' is not in the folder of the card"},
      {"- {config_name: a, data_files: /b}\n", "'/b' is not in the folder of the card"},
      {"- {config_name: a, data_files: 'hf://datasets/b/c'}\n", "is not in the folder of the card"},
      {"- {config_name: a\n", "not valid YAML"},
  };
  for (const auto& [yaml, text] : cases) {
    configs(yaml);
    EXPECT_THAT(error(), HasSubstr(text)) << yaml;
    EXPECT_THAT(error(), HasSubstr("put it right, or give the paths of the files")) << yaml;
  }
  configs("- {config_name: a, data_files: '**.jsonl'}\n");
  EXPECT_THAT(error_of([&] { taken(); }), HasSubstr("'**' stands for folders"));
}

}  // namespace
}  // namespace automodel::data
