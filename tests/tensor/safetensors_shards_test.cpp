#include "tensor/safetensors_shards.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "tests/tensor/expect_error.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::TemporaryFolder;
namespace fs = std::filesystem;

std::vector<NamedInfo> bytes_of(std::vector<std::int64_t> sizes) {
  std::vector<NamedInfo> tensors;
  for (const std::int64_t size : sizes) {
    tensors.push_back({fmt::format("t{}", tensors.size()), {at::kByte, {size}}});
  }
  return tensors;
}

std::vector<std::vector<std::string>> names_of(std::span<const WeightShard> shards) {
  std::vector<std::vector<std::string>> names;
  for (const WeightShard& shard : shards) {
    names.emplace_back();
    for (const NamedInfo& tensor : shard.tensors) {
      names.back().push_back(tensor.name);
    }
  }
  return names;
}

TEST(PlanShards, FillsInOrderAndGivesLargeTensorsTheirOwn) {
  const auto shards = plan_shards(bytes_of({6, 12, 2, 6, 2, 2}), 10);
  EXPECT_THAT(names_of(shards), ElementsAre(ElementsAre("t1"), ElementsAre("t0", "t2"),
                                            ElementsAre("t3", "t4", "t5")));
  EXPECT_EQ(shards[2].file, "model-00003-of-00003.safetensors");
}

TEST(PlanShards, OneFileHasNoNumber) {
  const auto shards = plan_shards(bytes_of({4, 6}), 10);
  ASSERT_EQ(shards.size(), 1U);
  EXPECT_EQ(shards[0].file, "model.safetensors");
  EXPECT_EQ(plan_shards({}, 10).size(), 1U);
}

TEST(PlanShards, RefusesAnEmptyShard) {
  expect_error(ErrorKind::invalid_argument, "must be positive", [] { plan_shards({}, 0); });
}

TEST(WriteSharded, WritesAnIndexAndRemovesLeftovers) {
  const TemporaryFolder folder;
  const auto tensors = bytes_of({6, 12, 2});
  const auto zeros = [](std::int64_t size) { return at::zeros({size}, at::kByte); };
  const auto provider = [&](const std::string& name) {
    return zeros(tensors[static_cast<std::size_t>(name[1] - '0')].info.shape[0]);
  };
  write_sharded_safetensors(folder.path(), tensors, provider, 7);
  const Json index = read_json(folder / "model.safetensors.index.json");
  EXPECT_EQ(index["metadata"]["total_size"], 20);
  EXPECT_EQ(index["metadata"]["total_parameters"], 20);
  EXPECT_EQ(index["weight_map"]["t2"], "model-00003-of-00003.safetensors");

  write_file_atomic(folder / "model-card.safetensors", "of the user");
  write_sharded_safetensors(folder.path(), tensors, provider);
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    files.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(files,
              ::testing::UnorderedElementsAre("model-card.safetensors", "model.safetensors"));
}

}  // namespace
}  // namespace automodel
