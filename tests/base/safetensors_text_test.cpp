#include "base/safetensors_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"

namespace automodel {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(SafetensorsText, TheHeaderIsTheJsonBehindItsLength) {
  EXPECT_EQ(safetensors_header_text("\2\0\0\0\0\0\0\0{}data"sv, "m"), "{}");
  try {
    safetensors_header_text("\3\0\0\0\0\0\0\0{}"sv, "m.safetensors");
    FAIL() << "a header longer than its file";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("m.safetensors: the header of 3 bytes reaches beyond"));
  }
}

TEST(SafetensorsText, TheIndexSaysWhichFileHoldsAWeight) {
  const std::string path = ::testing::TempDir() + std::string(kWeightsIndexFile);
  std::ofstream(path) << R"({"metadata": {}, "weight_map": {"a": "1.safetensors"}})";
  EXPECT_THAT(read_weight_map(path), UnorderedElementsAre(Pair("a", "1.safetensors")));
  std::ofstream(path) << R"({"weight_map": {"a": "../1.safetensors"}})";
  try {
    read_weight_map(path);
    FAIL() << "a file outside the folder";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("which is not a file name"));
  }
}

}  // namespace
}  // namespace automodel
