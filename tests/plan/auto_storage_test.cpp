#include "plan/auto_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "base/file.h"

namespace automodel::plan {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class AutoStorageTest : public ::testing::Test {
 protected:
  AutoStorageTest() { fs::create_directories(folder_); }
  ~AutoStorageTest() override { remove_tree(folder_); }

  void write_weights(const std::string& name, const std::string& header) const {
    std::string bytes(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(bytes.data(), &length, sizeof(length));
    write_file_atomic(folder_ / name, bytes + header);
  }
  std::optional<Storage> found(const std::string& config, const Json& overrides = Json::object()) {
    write_file_atomic(folder_ / "config.json", config);
    return auto_storage(
        {.pretrained_model_name_or_path = folder_.string(), .config_overrides = overrides});
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / "auto_storage";
};

TEST_F(AutoStorageTest, IsWhatTheConfigurationSays) {
  EXPECT_EQ(found(R"({"dtype": "bfloat16", "torch_dtype": "float32"})"), Storage::bfloat16);
  EXPECT_EQ(found(R"({"torch_dtype": "torch.float16"})"), Storage::float16);
  EXPECT_EQ(found(R"({"torch_dtype": "float64"})"), Storage::float32);
  EXPECT_EQ(found("{}", {{"dtype", "bfloat16"}}), Storage::bfloat16);
}

TEST_F(AutoStorageTest, ElseThatOfTheFirstFloatingPointWeight) {
  write_weights("model.safetensors",
                R"({"c": {"dtype": "F32", "shape": [1], "data_offsets": [10, 14]},
                    "a": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
                    "__metadata__": {"dtype": "F16"},
                    "b": {"dtype": "BF16", "shape": [1], "data_offsets": [8, 10]}})");
  for (const auto* config : {"{}", R"({"dtype": "auto"})", R"({"dtype": null})"}) {
    EXPECT_EQ(found(config), Storage::bfloat16) << config;
  }
}

TEST_F(AutoStorageTest, OfSeveralFilesTheFirstHasTheFirstWeight) {
  write_file_atomic(folder_ / "model.safetensors.index.json",
                    R"({"weight_map": {"a": "2.safetensors", "b": "1.safetensors"}})");
  write_weights("2.safetensors",
                R"({"a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}})");
  EXPECT_EQ(found("{}"), std::nullopt);
  write_weights("1.safetensors", R"({"b": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}})");
  EXPECT_EQ(found("{}"), Storage::float32);
  write_weights("1.safetensors",
                R"({"b": {"dtype": "F16", "shape": [0], "data_offsets": [0, 0]}})");
  EXPECT_EQ(found("{}"), Storage::float16);
}

TEST_F(AutoStorageTest, WithoutWeightsItIsNotKnown) {
  EXPECT_EQ(found(R"({"torch_dtype": "auto"})"), std::nullopt);
}

TEST_F(AutoStorageTest, DamagedWeightsAreAnError) {
  write_file_atomic(folder_ / "model.safetensors", "weights");
  try {
    found("{}");
    FAIL() << "no header";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("model.safetensors: not a safetensors file"));
  }
}

}  // namespace
}  // namespace automodel::plan
