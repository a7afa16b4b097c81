#include "data/find_files.h"

#include <cstdlib>

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A hub cache with one data set, as huggingface_hub lays it out: snapshots hold links to blobs.
class HubDataset : public ::testing::Test {
 protected:
  HubDataset() {
    ::setenv("HF_HUB_CACHE", folder_.path().c_str(), 1);
    folder_.write("datasets--org--chats/refs/main", "c0ffee");
    folder_.write("datasets--org--chats/snapshots/c0ffee/README.md", "about");
    add("dataset_infos.json");
  }
  ~HubDataset() override { ::unsetenv("HF_HUB_CACHE"); }

  std::string snapshot(const std::string& name) const {
    return folder_.path("datasets--org--chats/snapshots/c0ffee/" + name);
  }
  void add(const std::string& name) const {
    const auto blob = folder_.write(fmt::format("datasets--org--chats/blobs/{}", ++num_blobs_),
                                    "{\"text\": \"x\"}\n");
    std::filesystem::create_directories(std::filesystem::path(snapshot(name)).parent_path());
    std::filesystem::create_symlink(blob, snapshot(name));
  }

  ScratchFolder folder_;
  mutable int num_blobs_ = 0;
};

TEST_F(HubDataset, FilesAreThoseOfTheSplit) {
  add("data/train-00000-of-00002.jsonl");
  add("data/train-00001-of-00002.jsonl");
  add("data/test-00000-of-00001.jsonl");
  EXPECT_THAT(find_data_files("org/chats", {}),
              ElementsAre(snapshot("data/train-00000-of-00002.jsonl"),
                          snapshot("data/train-00001-of-00002.jsonl")));
  EXPECT_THAT(find_data_files("org/chats", {.split = "test"}),
              ElementsAre(snapshot("data/test-00000-of-00001.jsonl")));
  EXPECT_THAT(find_data_files("org/chats", {.revision = "c0ffee"}).size(), 2U);
  EXPECT_THAT(error_of([] { find_data_files("org/chats", {.split = "validation"}); }),
              HasSubstr("of split 'validation', but of test and train; give the path of a file"));
}

TEST_F(HubDataset, APartNamesItsSplitExactly) {
  for (const auto* split : {"train_sft", "train_gen", "test_sft"}) {
    add(fmt::format("data/{}-00000-of-00001-0123abcd.parquet", split));
  }
  EXPECT_THAT(find_data_files("org/chats", {.split = "train_sft"}),
              ElementsAre(snapshot("data/train_sft-00000-of-00001-0123abcd.parquet")));
  EXPECT_THAT(error_of([] { find_data_files("org/chats", {}); }),
              HasSubstr("of split 'train', but of test_sft and train_gen and train_sft"));
}

TEST(FindFiles, ShardsHaveOneNameWithoutTheirNumbers) {
  EXPECT_EQ(without_shard_number("a/train-00000-of-00002.parquet"), "a/train-of-00002.parquet");
  EXPECT_EQ(without_shard_number("a/train-00001-of-00002-0123abcd.parquet"),
            "a/train-of-00002.parquet");
  EXPECT_EQ(without_shard_number("b/train-00001-of-00003.arrow"), "b/train-of-00003.arrow");
  EXPECT_EQ(without_shard_number("a/train-1.parquet"), "a/train-1.parquet");
}

TEST_F(HubDataset, FoldersMayBeSplits) {
  add("train/0000.jsonl");
  add("test/0000.jsonl");
  EXPECT_THAT(find_data_files("org/chats", {}), ElementsAre(snapshot("train/0000.jsonl")));
}

TEST_F(HubDataset, OneConfigurationIsTakenOfSeveralOneMustBeChosen) {
  add("plain/train-00000-of-00001.jsonl");
  EXPECT_THAT(find_data_files("org/chats", {}),
              ElementsAre(snapshot("plain/train-00000-of-00001.jsonl")));
  add("other/train.csv");
  EXPECT_EQ(error_of([] { find_data_files("org/chats", {}); }),
            "the data set org/chats in " + folder_.path("datasets--org--chats/snapshots/c0ffee") +
                " has several configurations; say which by the key `name`: "
                "other, plain");
  EXPECT_THAT(find_data_files("org/chats", {.configuration = "other"}),
              ElementsAre(snapshot("other/train.csv")));
  EXPECT_EQ(error_of([] { find_data_files("org/chats", {.configuration = "plan"}); }),
            "the data set org/chats in " + folder_.path("datasets--org--chats/snapshots/c0ffee") +
                " has no configuration 'plan'; did you mean 'plain'?; it has "
                "other, plain");
}

/// Writes a card whose front matter is `configs`, in YAML.
void write_card(const ScratchFolder& folder, const std::string& place, const std::string& configs) {
  folder.write(place + "README.md", "---\nconfigs: " + configs + "\n---\n# About\n");
}

TEST_F(HubDataset, TheCardSaysWhichFilesAreASplit) {
  const auto card = [&](const std::string& configs) {
    write_card(folder_, "datasets--org--chats/snapshots/c0ffee/", configs);
  };
  add("clean.jsonl");
  add("raw.jsonl");
  EXPECT_EQ(find_data_files("org/chats", {}).size(), 2U) << "by names";
  card(
      "[{config_name: default, data_files: [{split: train, path: clean.jsonl}, {split: validation, "
      "path: raw.jsonl}, {split: test, path: test.jsonl}]}]");
  EXPECT_THAT(find_data_files("org/chats", {}), ElementsAre(snapshot("clean.jsonl")));
  EXPECT_THAT(find_data_files("org/chats", {.split = "validation"}),
              ElementsAre(snapshot("raw.jsonl")));
  EXPECT_THAT(error_of([] { find_data_files("org/chats", {.split = "test"}); }),
              HasSubstr("no data file of that name is there; bring it by 'automodel download "
                        "org/chats --repo-type dataset', or give the paths of the files meant"));
  EXPECT_THAT(error_of([] { find_data_files("org/chats", {.split = "dev"}); }),
              HasSubstr("has no split 'dev'; the card lists train, validation, test"));
}

TEST_F(HubDataset, TheCardNamesConfigurations) {
  for (const auto* name : {"data/CC-1/0.jsonl", "data/CC-2/0.jsonl", "sample/10BT/0.jsonl",
                           "sample/100BT/0.jsonl", "v2/rows.jsonl"}) {
    add(name);
  }
  write_card(folder_, "datasets--org--chats/snapshots/c0ffee/",
             "[{config_name: default, data_files: [{split: train, path: data/*/*}]}, "
             "{config_name: sample-10BT, data_files: [{split: train, path: sample/10BT/*}]}, "
             "{config_name: v2, data_dir: v2}]");
  EXPECT_THAT(find_data_files("org/chats", {}),
              ElementsAre(snapshot("data/CC-1/0.jsonl"), snapshot("data/CC-2/0.jsonl")));
  EXPECT_THAT(find_data_files("org/chats", {.configuration = "sample-10BT"}),
              ElementsAre(snapshot("sample/10BT/0.jsonl")));
  EXPECT_THAT(find_data_files("org/chats", {.configuration = "v2"}),
              ElementsAre(snapshot("v2/rows.jsonl")));
  EXPECT_THAT(error_of([] { find_data_files("org/chats", {.configuration = "10BT"}); }),
              HasSubstr("the card has no configuration '10BT'"));
}

TEST(FindDataFiles, AFoldersCardCountsToo) {
  const ScratchFolder folder;
  const std::string path = folder.path();
  const auto a = folder.write("a.jsonl", "");
  const auto b = folder.write("b.jsonl", "");
  const auto inner = folder.write("x/val.jsonl", "");
  write_card(folder, "",
             "[{config_name: a, data_files: a.jsonl, default: true}, {config_name: b, data_files: "
             "b.jsonl}, {config_name: x, data_dir: x}, {config_name: y, data_dir: y}, "
             "{config_name: all, data_files: '*'}]");
  EXPECT_THAT(find_data_files(path, {}), ElementsAre(a));
  EXPECT_THAT(find_data_files(path, {.configuration = "b"}), ElementsAre(b));
  EXPECT_THAT(find_data_files(path, {.split = "validation", .configuration = "x"}),
              ElementsAre(inner));
  EXPECT_THAT(error_of([&] { find_data_files(path, {.configuration = "x"}); }),
              HasSubstr("of split 'train', but of validation"));
  EXPECT_EQ(error_of([&] { find_data_files(path, {.configuration = "y"}); }),
            "the folder " + path +
                ": the card in it names the folder 'y' for the configuration 'y', which is not "
                "there; complete the copy, or give the paths of the files meant");
  folder.write("c.csv", "");
  EXPECT_THAT(error_of([&] { find_data_files(path, {.configuration = "all"}); }),
              HasSubstr("has files of several kinds, such as a.jsonl and c.csv"));
}

TEST_F(HubDataset, WhatIsNotInTheCacheIsSaid) {
  EXPECT_THAT(error_of([] { find_data_files("org/none", {}); }),
              HasSubstr("bring it by 'automodel download org/none --repo-type dataset'"));
  EXPECT_THAT(error_of([] { find_data_files("org/chats", {.revision = "v2"}); }),
              HasSubstr("has not the revision 'v2' but main; bring it by 'automodel download "
                        "org/chats --repo-type dataset --revision v2'"));
}

TEST(SavedDataset, FilesAreThoseOfItsState) {
  const ScratchFolder folder;
  const auto save = [&](const std::string& place, const std::string& split) {
    folder.write(place + "/cache-01.arrow", "");
    folder.write(place + "/state.json",
                 "{\"_data_files\": [{\"filename\": \"data-00000-of-00001.arrow\"}], \"_split\": " +
                     split + "}");
    return folder.write(place + "/data-00000-of-00001.arrow", "");
  };
  const auto one = save("one", "null");
  EXPECT_THAT(find_data_files(folder.path("one"), {}), ElementsAre(one));
  const auto eval = save("eval", "\"validation\"");
  EXPECT_THAT(find_data_files(folder.path("eval"), {.split = "validation"}), ElementsAre(eval));
  EXPECT_THAT(error_of([&] { find_data_files(folder.path("eval"), {}); }),
              HasSubstr("of split 'train', but of validation"));
  folder.write("all/dataset_dict.json", R"({"splits": ["train", "test"]})");
  const auto train = save("all/train", "\"train\"");
  const auto test = save("all/test", "\"train\"");
  EXPECT_THAT(find_data_files(folder.path("all"), {}), ElementsAre(train));
  EXPECT_THAT(find_data_files(folder.path("all"), {.split = "test"}), ElementsAre(test));
}

TEST(SavedDataset, ASplitMayBeEmpty) {
  const ScratchFolder folder;
  folder.write("dataset_dict.json", R"({"splits": ["train", "test"]})");
  folder.write("test/state.json", R"({"_data_files": [], "_split": null})");
  folder.write("train/state.json", R"({"_data_files": [{"filename": "data.arrow"}]})");
  const auto train = folder.write("train/data.arrow", "");
  EXPECT_THAT(find_data_files(folder.path(), {}), ElementsAre(train));
  EXPECT_THAT(error_of([&] { find_data_files(folder.path(), {.split = "test"}); }),
              HasSubstr("has no data file"));
}

TEST(SavedDataset, AStateOfAnotherKindIsAnError) {
  const ScratchFolder folder;
  for (const auto* state : {"[]", "{}", R"({"_data_files": [{"filename": "../a.arrow"}]})",
                            R"({"_data_files": [{"filename": ""}]})", R"({"_data_files": [3]})"}) {
    folder.write("state.json", state);
    EXPECT_EQ(error_of([&] { find_data_files(folder.path(), {}); }),
              folder.path("state.json") +
                  ": \"_data_files\" must list files of this folder, as "
                  "Dataset.save_to_disk writes it");
  }
}

TEST(FindPaths, PatternsAreSorted) {
  const ScratchFolder folder;
  const auto b = folder.write("b.jsonl", "");
  const auto a = folder.write("a.jsonl", "");
  EXPECT_THAT(find_paths(folder.path("*.jsonl")), ElementsAre(a, b));
  EXPECT_THAT(find_paths(a), ElementsAre(a));
}

TEST(FindPaths, TwoStarsStandForAnyNumberOfFolders) {
  const ScratchFolder folder;
  for (const char* name :
       {"a.jsonl", "sub/b.jsonl", "sub/x[1]/c.jsonl", "sub/.hidden/d.jsonl", "sub/x[1]/e.txt"}) {
    std::filesystem::create_directories(std::filesystem::path(folder.path(name)).parent_path());
    folder.write(name, "{}");
  }
  const auto found = [&](const std::string& pattern) {
    std::vector<std::string> out;
    for (const auto& file : find_paths(folder.path(pattern))) {
      out.push_back(std::filesystem::relative(file, folder.path()).string());
    }
    return out;
  };
  EXPECT_THAT(found("**/*.jsonl"), ElementsAre("a.jsonl", "sub/b.jsonl", "sub/x[1]/c.jsonl"));
  EXPECT_THAT(found("sub/**/*.jsonl"), ElementsAre("sub/b.jsonl", "sub/x[1]/c.jsonl"));
  EXPECT_THAT(found("sub/**/x*/*.txt"), ElementsAre("sub/x[1]/e.txt"));
  EXPECT_THAT(found("sub/**"), ElementsAre("sub/b.jsonl", "sub/x[1]/c.jsonl", "sub/x[1]/e.txt"));
  EXPECT_THAT(error_of([&] { find_data_files(folder.path(), {}); }),
              HasSubstr("holds data files and so do folders in it"));
}

TEST(FindDataFiles, AFilesNameMaySpeakOfAnotherSplit) {
  const ScratchFolder folder;
  const auto val = folder.write("my_val.jsonl.gz", "");
  const auto test = folder.write("test.jsonl", "");
  EXPECT_THAT(find_data_files(val, {.split = "validation"}), ElementsAre(val));
  EXPECT_THAT(find_data_files(val, {}), ElementsAre(val)) << "train is whatever is given";
  EXPECT_THAT(find_data_files(test, {.split = "test"}), ElementsAre(test));
  EXPECT_THAT(error_of([&] { find_data_files(test, {.split = "validation"}); }),
              HasSubstr("test.jsonl: split 'validation' is asked for"));
  EXPECT_THAT(error_of([&] { find_data_files(folder.path("*"), {.split = "test"}); }),
              HasSubstr("my_val.jsonl.gz: split 'test' is asked for"));
}

TEST(FindDataFiles, AFoldersFilesAreOfOneKind) {
  const ScratchFolder folder;
  const auto lines = folder.write("a.jsonl.gz", "");
  const auto array = folder.write("b.json", "");
  folder.write("LICENSE.txt", "MIT");
  folder.write(".a.jsonl", "");
  std::filesystem::create_directories(folder.path(".old/x"));
  folder.write(".old/x/a.jsonl", "");
  EXPECT_THAT(find_data_files(folder.path(), {}), ElementsAre(lines, array));
  folder.write("c.parquet", "");
  EXPECT_THAT(error_of([&] { find_data_files(folder.path(), {}); }),
              HasSubstr("has files of several kinds, such as a.jsonl.gz and c.parquet; give the "
                        "path of those that are meant, e.g. by a pattern like FOLDER/*.jsonl"));
}

TEST(FindDataFiles, WordsOfSplits) {
  const ScratchFolder folder;
  const auto train = folder.write("training-data.jsonl", "");
  const auto val = folder.write("interval_val.jsonl", "");
  const auto test = folder.write("testing.jsonl", "");
  EXPECT_THAT(find_data_files(folder.path(), {}), ElementsAre(train)) << "no held-out rows";
  EXPECT_THAT(find_data_files(folder.path(), {.split = "validation"}), ElementsAre(val));
  EXPECT_THAT(find_data_files(folder.path(), {.split = "test"}), ElementsAre(test));
}

TEST(FindDataFiles, SplitsMayBeWrittenInCapitals) {
  const ScratchFolder folder;
  const auto train = folder.write("Train.csv", "");
  const auto test = folder.write("TEST.csv", "");
  EXPECT_THAT(find_data_files(folder.path(), {}), ElementsAre(train)) << "no held-out rows";
  EXPECT_THAT(find_data_files(folder.path(), {.split = "test"}), ElementsAre(test));
  EXPECT_THAT(find_data_files(test, {.split = "test"}), ElementsAre(test));
}

TEST(FindDataFiles, AFolderMayBeACopyOfAHubDataset) {
  const ScratchFolder folder;
  const std::string row = "{\"text\": \"x\"}\n";
  folder.write("README.md", "about");
  folder.write(".cache/huggingface/train.jsonl", row);
  const auto train = folder.write("data/train-00000-of-00001.jsonl", row);
  const auto test = folder.write("data/test-00000-of-00001.jsonl", row);
  const std::string path = folder.path();
  EXPECT_THAT(find_data_files(path, {}), ElementsAre(train));
  EXPECT_THAT(find_data_files(path, {.split = "test"}), ElementsAre(test));
  EXPECT_EQ(error_of([&] { find_data_files(path, {.configuration = "plain"}); }),
            "the folder " + path + " has no configuration 'plain'; it has none");
  folder.write("rows.jsonl", row);
  EXPECT_THAT(error_of([&] { find_data_files(path, {}); }),
              HasSubstr("holds data files and so do folders in it"));
  const auto plain = folder.write("plain/train.jsonl", row);
  EXPECT_THAT(find_data_files(path, {.configuration = "plain"}), ElementsAre(plain));
}

}  // namespace
}  // namespace automodel::data
