#include "recipes/benchmark/bench_report.h"

#include <gmock/gmock.h>

#include "base/text.h"

namespace automodel::recipes {
namespace {

using ::testing::HasSubstr;

BenchStep step(double seconds, std::int64_t tokens, double loss) {
  BenchStep out{.cpu_seconds = 2 * seconds, .page_faults = 10, .flops = 1e9 * seconds};
  out.metrics.seconds = seconds;
  out.metrics.result = {.loss = loss,
                        .num_tokens = tokens,
                        .num_label_tokens = tokens / 2,
                        .seconds = {.forward = 0.25 * seconds, .backward = 0.5 * seconds}};
  return out;
}

BenchReport report(std::vector<BenchStep> steps) {
  return {.model = {.name = "tiny", .architecture = "LlamaForCausalLM", .num_parameters = 5},
          .machine = {.processor = {.name = "CPU", .instruction_sets = {"avx2"}},
                      .own_kernels = "avx512",
                      .kernels = "AVX2",
                      .matmul_flops = 2e9},
          .batch_size = 1,
          .warmup = {step(9, 100, 5)},
          .steps = std::move(steps),
          .peak_memory_bytes = std::int64_t{3} << 29,
          .peak_is_of_steps = true,
          .allocator = {.peak_live_bytes = std::size_t{1} << 30, .reserved_bytes = 1}};
}

TEST(BenchReport, EqualStepsGoByTheMedian) {
  const auto even = report({step(2, 100, 4), step(1, 100, 3), step(30, 100, 2), step(2, 100, 1)});
  EXPECT_DOUBLE_EQ(even.median_seconds(), 2);
  EXPECT_DOUBLE_EQ(even.least_seconds(), 1);
  EXPECT_DOUBLE_EQ(even.tokens_per_second(), 50);
}

TEST(BenchReport, UnequalStepsGoByTheSum) {
  const auto uneven = report({step(2, 100, 4), step(1, 80, 3)});
  EXPECT_DOUBLE_EQ(uneven.tokens_per_second(), 60);
  EXPECT_DOUBLE_EQ(uneven.flops_per_second(), 1e9);
}

TEST(BenchReport, JsonHasTheDocumentedFields) {
  auto given = report({step(2, 100, 4)});
  given.peak_flops = 1e10;
  const Json json = to_json(given);
  EXPECT_EQ(json.at("mode"), "full");
  EXPECT_EQ(json.at("losses"), Json::parse("[5.0, 4.0]"));
  EXPECT_EQ(json.at("split_median").at("backward"), 1.0);
  EXPECT_EQ(json.at("split_median").at("data"), 0.5);
  EXPECT_EQ(json.at("mfu"), 0.5);
  EXPECT_EQ(json.at("mfu_of_peak"), 0.1);
  EXPECT_EQ(json.at("peak_rss_steps_gib"), 1.5);
  EXPECT_EQ(json.at("page_faults_step"), 10.0);
  EXPECT_EQ(json.at("env").at("allocator"), "arena");
  EXPECT_EQ(json.at("env").at("isa"), Json::parse(R"(["avx2"])"));
}

TEST(BenchReport, JsonHasUpstreamsFieldsToo) {
  auto given = report({step(2, 100, 4), step(4, 100, 4)});
  given.peak_flops = 1e10;
  given.load_seconds = 7;
  given.micro_batch_size = 1;
  given.seq_len = 100;
  const Json expected = Json::parse(R"({"total_steps": 3, "warmup_steps": 1, "training_steps": 2,
      "setup_time_seconds": 7.0, "warmup_time_seconds": 9.0, "training_time_seconds": 6.0,
      "avg_iter_time_seconds": 3.0, "avg_mfu_percent": 10.0, "tflops_per_gpu": 0.003,
      "peak_tflops": 0.01, "world_size": 1, "global_batch_size": 1, "local_batch_size": 1,
      "seq_len": 100})");
  const Json json = to_json(given);
  for (const auto& [name, value] : expected.items()) {
    EXPECT_DOUBLE_EQ(json.at(name).get<double>(), value.get<double>()) << name;
  }
  EXPECT_FALSE(to_json(report({step(2, 100, 4)})).contains("avg_mfu_percent"));
}

TEST(BenchReport, WhatIsNotKnownIsNotClaimed) {
  auto given = report({step(2, 100, 4)});
  given.peak_is_of_steps = false;
  given.allocator = {};
  const Json json = to_json(given);
  EXPECT_FALSE(json.contains("peak_rss_steps_gib"));
  EXPECT_EQ(json.at("peak_rss_gib"), 1.5);
  EXPECT_FALSE(json.contains("mfu_of_peak"));
  EXPECT_EQ(json.at("env").at("allocator"), "malloc");
  EXPECT_THAT(join(describe(given), "\n"), HasSubstr("1.50 GiB resident, loading included"));
}

TEST(BenchReport, SpeedOfOperationsWithArithmeticAndTime) {
  auto given = report({step(2, 100, 4)});
  given.operations = {{.name = "product", .calls = 2, .seconds = 0.5, .flops = 1e9},
                      {.name = "copy", .calls = 1, .seconds = 0.5},
                      {.name = "instant", .calls = 1, .flops = 1e9}};
  const Json all = to_json(given).at("operations");
  ASSERT_EQ(all.size(), 4);
  EXPECT_DOUBLE_EQ(all[0].at("tflops"), 0.002);
  EXPECT_FALSE(all[1].contains("tflops"));
  EXPECT_FALSE(all[2].contains("tflops"));
  EXPECT_EQ(all[3].at("name"), "everything else");
  EXPECT_FALSE(all[3].contains("tflops"));
}

TEST(BenchReport, AsText) {
  const auto text = join(describe(report({step(2, 100, 4), step(2, 100, 3)})), "\n");
  for (const char* part :
       {"tiny: LlamaForCausalLM",
        "CPU, avx2; kernels avx512, LibTorch's AVX2; 1 threads; arena allocator",
        "50.0 tokens/s (25.0 learnt); a step 2.000 s (median of 2, best 2.000)",
        "backward 1.000 s (50 %)", "0.001 TFLOP/s, 50 % of this machine's float32 matrix product",
        "peak 1.50 GiB resident in the measured steps; tensors 1.00 GiB", "5.0000 4.0000 3.0000"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace automodel::recipes
