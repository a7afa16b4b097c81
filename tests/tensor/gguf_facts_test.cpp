#include "tensor/gguf_facts.h"

#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"
#include "tests/tensor/gguf_builder.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::GgufBuilder;
using testing::TemporaryFolder;

class GgufFactsTest : public ::testing::Test {
 protected:
  const GgufFile& file_with(GgufBuilder builder) {
    write_file_atomic(folder_ / "m.gguf", builder.bytes());
    file_.emplace(folder_ / "m.gguf");
    return *file_;
  }
  TemporaryFolder folder_;
  std::optional<GgufFile> file_;
};

TEST_F(GgufFactsTest, ReadsTypedFactsOfTheArchitecture) {
  const GgufFacts facts(file_with(GgufBuilder()
                                      .text("general.architecture", "llama")
                                      .u32("llama.block_count", 3)
                                      .f32("llama.eps", 1e-5F)
                                      .text("llama.kind", "linear")
                                      .u32("llama.expert_count", 0)
                                      .u32("other.thing", 1)));
  EXPECT_EQ(facts.architecture(), "llama");
  EXPECT_EQ(facts.count("block_count"), 3);
  EXPECT_EQ(facts.number("eps"), 1e-5);
  EXPECT_EQ(facts.maybe_text("kind"), "linear");
  EXPECT_FALSE(facts.maybe_count("absent"));
  facts.finish();
}

TEST_F(GgufFactsTest, ErrorsNameKeyAndValue) {
  const GgufFacts facts(file_with(GgufBuilder()
                                      .text("general.architecture", "llama")
                                      .u32("llama.zero", 0)
                                      .text("llama.text", "x")
                                      .texts("llama.list", {"x", "y"})));
  expect_error(ErrorKind::corrupt_data, "'llama.block_count' is missing",
               [&] { facts.count("block_count"); });
  expect_error(ErrorKind::corrupt_data, "'llama.eps' is missing", [&] { facts.number("eps"); });
  expect_error(ErrorKind::corrupt_data, "'llama.zero' is 0, expected a count",
               [&] { facts.count("zero"); });
  expect_error(ErrorKind::corrupt_data, "'llama.text' is \"x\", expected a count",
               [&] { facts.count("text"); });
  expect_error(ErrorKind::corrupt_data, "'llama.list' is a list of 2, expected a number",
               [&] { facts.number("list"); });
  expect_error(ErrorKind::corrupt_data, "'llama.zero' is 0, expected a text",
               [&] { facts.maybe_text("zero"); });
}

TEST_F(GgufFactsTest, WhatNobodyReadIsAnError) {
  const GgufFacts facts(
      file_with(GgufBuilder().text("general.architecture", "llama").u32("llama.expert_count", 8)));
  expect_error(ErrorKind::unsupported,
               "not understood and could change the model's mathematics: llama.expert_count = 8",
               [&] { facts.finish(); });
  facts.ignore("expert_count");
  facts.finish();
}

TEST_F(GgufFactsTest, NeedsAnArchitecture) {
  const GgufFile& file = file_with(GgufBuilder());
  expect_error(ErrorKind::corrupt_data, "'general.architecture' is missing",
               [&] { const GgufFacts facts(file); });
}

}  // namespace
}  // namespace automodel
