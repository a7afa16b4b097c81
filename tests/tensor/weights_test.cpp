#include "tensor/weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "tensor/safetensors_shards.h"
#include "tests/tensor/expect_error.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;
namespace fs = std::filesystem;

constexpr std::string_view kIndex = "model.safetensors.index.json";

TEST(SameButForRounding, ComparesInTheNarrowerType) {
  const auto exact = at::rand({5});
  EXPECT_TRUE(same_but_for_rounding(exact, exact.to(at::kBFloat16)));
  EXPECT_TRUE(same_but_for_rounding(exact.to(at::kBFloat16), exact));
  EXPECT_FALSE(same_but_for_rounding(exact, exact.add(0.1).to(at::kBFloat16)));
  EXPECT_FALSE(same_but_for_rounding(exact, exact.view({1, 5})));
}

class FolderWeightsTest : public ::testing::Test {
 protected:
  /// Two files: the first holds "a", the second "b".
  void write_two_shards() const {
    write_sharded_safetensors(
        folder_.path(), std::vector<NamedInfo>{{"a", info_}, {"b", info_}},
        [](const std::string&) { return at::ones({2}); }, 8);
  }
  void change_index(std::string_view from, std::string_view to) const {
    std::string text = read_file(folder_ / kIndex);
    text.replace(text.find(from), from.size(), to);
    write_file_atomic(folder_ / kIndex, text);
  }
  void expect_open_error(ErrorKind kind, std::string_view text) const {
    expect_error(kind, text, [this] { open_folder_weights(folder_.path()); });
  }
  TemporaryFolder folder_;
  TensorInfo info_{at::kFloat, {2}};
};

TEST_F(FolderWeightsTest, OneFile) {
  write_safetensors(folder_ / "model.safetensors", std::vector<NamedTensor>{{"a", at::ones({2})}});
  const auto weights = open_folder_weights(folder_.path());
  EXPECT_EQ(weights->names(), std::vector<std::string>{"a"});
  EXPECT_EQ(weights->info("a"), info_);
  EXPECT_EQ(weights->file("a"), folder_ / "model.safetensors");
  expect_error(ErrorKind::not_found, "no weight 'b'", [&] { weights->tensor("b"); });
}

TEST_F(FolderWeightsTest, TwoFiles) {
  write_two_shards();
  const auto weights = open_folder_weights(folder_.path());
  EXPECT_EQ(weights->names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(weights->contains("b"));
  EXPECT_TRUE(at::equal(weights->tensor("b"), at::ones({2})));
  EXPECT_EQ(weights->file("b").filename(), "model-00002-of-00002.safetensors");
}

TEST_F(FolderWeightsTest, MissingShard) {
  write_two_shards();
  fs::remove(folder_ / "model-00002-of-00002.safetensors");
  expect_open_error(ErrorKind::not_found, "model-00002-of-00002.safetensors is missing");
}

TEST_F(FolderWeightsTest, IndexNamesAWeightThatIsNotThere) {
  write_two_shards();
  change_index("\"a\"", "\"c\"");
  expect_open_error(ErrorKind::corrupt_data, "does not hold 'c'");
}

TEST_F(FolderWeightsTest, FileHoldsAWeightThatTheIndexLacks) {
  write_two_shards();
  const fs::path shard = folder_ / "model-00001-of-00002.safetensors";
  write_safetensors(shard, std::vector<NamedTensor>{{"a", at::ones({2})}, {"c", at::ones({2})}});
  expect_open_error(ErrorKind::corrupt_data, "00001-of-00002.safetensors holds 'c', which");
}

TEST_F(FolderWeightsTest, AWeightInTwoFiles) {
  write_two_shards();
  const fs::path shard = folder_ / "model-00001-of-00002.safetensors";
  write_safetensors(shard, std::vector<NamedTensor>{{"a", at::ones({2})}, {"b", at::ones({2})}});
  expect_open_error(ErrorKind::corrupt_data, "the weight 'b' is in two files");
}

TEST_F(FolderWeightsTest, BothForms) {
  write_two_shards();
  write_safetensors(folder_ / "model.safetensors", std::vector<NamedTensor>{{"a", at::ones({2})}});
  expect_open_error(ErrorKind::invalid_argument, "remove one of them");
}

/// MLX writes an index beside a single file, too.
TEST_F(FolderWeightsTest, AnIndexOfOneFile) {
  write_safetensors(folder_ / "model.safetensors", std::vector<NamedTensor>{{"a", at::ones({2})}});
  write_file_atomic(folder_ / kIndex, R"({"weight_map":{"a":"model.safetensors"}})");
  EXPECT_EQ(open_folder_weights(folder_.path())->names(), std::vector<std::string>{"a"});
  write_file_atomic(folder_ / kIndex, R"({"weight_map":{"b":"model.safetensors"}})");
  expect_open_error(ErrorKind::corrupt_data, "does not hold 'b'");
}

TEST_F(FolderWeightsTest, BadIndex) {
  const auto expect_index_error = [this](std::string_view json, std::string_view text) {
    write_file_atomic(folder_ / kIndex, json);
    expect_open_error(ErrorKind::corrupt_data, text);
  };
  expect_index_error("[]", "'weight_map' is missing or empty");
  expect_index_error(R"({"weight_map":{}})", "'weight_map' is missing or empty");
  expect_index_error(R"({"weight_map":{"a":3}})", "the file of 'a' is not a string");
  expect_index_error(R"({"weight_map":{"a":"../x"}})", "which is not a file name");
  expect_index_error(R"({"weight_map":{"a":"m\u0000x"}})",
                     R"(said to be in "m\u0000x", which is not a file name)");
  expect_index_error(R"({"weight_map":{"a":"x","a":"y"}})", "'a' appears twice");
  write_file_atomic(folder_ / kIndex, Json{{"weight_map", {{"a", std::string(300, 'n')}}}}.dump());
  expect_open_error(ErrorKind::not_found, "says that it holds 'a'");
}

TEST_F(FolderWeightsTest, NoWeights) {
  expect_open_error(ErrorKind::not_found, "has neither model.safetensors nor");
  write_file_atomic(folder_ / "pytorch_model.bin", "");
  expect_open_error(ErrorKind::unsupported, "a pickle that can run code");
  expect_error(ErrorKind::not_found, "is not a folder", [] { open_folder_weights("/nowhere"); });
}

}  // namespace
}  // namespace automodel
