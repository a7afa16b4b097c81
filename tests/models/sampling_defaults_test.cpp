#include "models/sampling_defaults.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"

namespace automodel::models {
namespace {

class SamplingDefaultsFile : public ::testing::Test {
 protected:
  SamplingDefaultsFile() { std::filesystem::create_directories(folder_); }
  ~SamplingDefaultsFile() override { std::filesystem::remove_all(folder_); }
  SamplingDefaults read(const std::string& text) const {
    std::ofstream(folder_ / "generation_config.json") << text;
    return sampling_defaults(folder_);
  }
  std::string fault(const std::string& text) const {
    try {
      read(text);
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / "automodel_sampling_defaults";
};

TEST_F(SamplingDefaultsFile, WhatItLeavesOutIsAsInTransformers) {
  EXPECT_EQ(sampling_defaults(folder_), SamplingDefaults());
  EXPECT_EQ(read(R"({"do_sample": true})").top_k, 50);
  EXPECT_EQ(read(R"({"top_k": 0})").top_k, 0);
  EXPECT_EQ(read(R"({"eos_token_id": 2, "top_k": null})"), SamplingDefaults());
}

TEST_F(SamplingDefaultsFile, AllKeys) {
  const SamplingDefaults wanted{.do_sample = true,
                                .temperature = 0.6,
                                .top_k = 20,
                                .top_p = 0.95,
                                .repetition_penalty = 1.05};
  EXPECT_EQ(read(R"({"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95,
                     "repetition_penalty": 1.05})"),
            wanted);
}

TEST_F(SamplingDefaultsFile, NamesWhatWouldChangeTheTextInTransformers) {
  const auto read_one = read(R"({"num_beams": 4, "min_new_tokens": 3, "stop_strings": ["x"],
                                 "forced_eos_token_id": 0})");
  EXPECT_EQ(read_one.not_applied,
            (std::vector<std::string>{"num_beams = 4", "min_new_tokens = 3",
                                      "forced_eos_token_id = 0", "stop_strings = [\"x\"]"}));
  EXPECT_EQ(read(R"({"num_beams": 1, "typical_p": 1.0, "min_p": null, "stop_strings": [],
                     "no_repeat_ngram_size": 0, "max_length": 20, "use_cache": false})"),
            SamplingDefaults());
}

TEST_F(SamplingDefaultsFile, ValuesThatCannotBeAreRefused) {
  EXPECT_EQ(fault(R"({"top_p": "high"})"),
            "top_p is \"high\", expected a number above 0 and at most 1");
  EXPECT_EQ(fault(R"({"top_p": 0})"), "top_p is 0, expected a number above 0 and at most 1");
  for (const auto* count : {"1.5", "-1", "1e300"}) {
    EXPECT_THAT(fault(fmt::format(R"({{"top_k": {}}})", count)),
                ::testing::EndsWith("expected a whole number from 0 (all tokens) on"));
  }
  EXPECT_EQ(fault(R"({"temperature": -1})"), "temperature is -1, expected a number of at least 0");
  EXPECT_EQ(fault(R"({"repetition_penalty": 0})"),
            "repetition_penalty is 0, expected a number above 0");
  EXPECT_EQ(fault(R"({"do_sample": 1})"), "do_sample is 1, expected true or false");
  EXPECT_EQ(fault("[]"), "it holds array, expected an object");
}

}  // namespace
}  // namespace automodel::models
