#include "cli/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace automodel::cli {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

TEST(Findings, Program) {
  const auto good = program_finding("automodel-engine 0.1.0, LibTorch 2.13.0");
  EXPECT_EQ(good.text, "automodel " AM_VERSION ", LibTorch 2.13.0");
  EXPECT_FALSE(good.fix);
  EXPECT_TRUE(program_finding("").prevents);
}

TEST(Findings, Processor) {
  EXPECT_FALSE(processor_finding({"avx2"}, "A").fix);
  EXPECT_THAT(processor_finding({"avx2"}, "A").text, HasSubstr("computed in float32"));
  EXPECT_THAT(processor_finding({"avx2", "avx512_bf16"}, "A").text, HasSubstr("bfloat16 arith"));
  EXPECT_THAT(*processor_finding({}, "A").fix, HasSubstr("AVX2 or better"));
}

TEST(Findings, Cores) {
  EXPECT_FALSE(cores_finding(8, 8, 1, std::nullopt).fix);
  EXPECT_THAT(cores_finding(8, 8, 2, "2").text, HasSubstr("2 NUMA nodes, OMP_NUM_THREADS=2"));
  EXPECT_THAT(*cores_finding(8, 8, 1, "2").fix, HasSubstr("unset OMP_NUM_THREADS"));
  EXPECT_FALSE(cores_finding(8, 8, 1, "8").fix);
  EXPECT_THAT(*cores_finding(2, 8, 1, std::nullopt).fix, HasSubstr("quota"));
}

TEST(Findings, Memory) {
  EXPECT_FALSE(memory_finding(8 * kGib, 4 * kGib).fix);
  EXPECT_TRUE(memory_finding(8 * kGib, kGib).fix);
}

TEST(Findings, Gpu) {
  EXPECT_EQ(gpu_finding({}, false), (Finding{.title = "GPU", .text = "none"}));
  EXPECT_FALSE(gpu_finding({"H100"}, true).fix);
  EXPECT_THAT(*gpu_finding({"H100"}, false).fix, HasSubstr("AM_TORCH_DIR"));
}

TEST(Findings, Disk) {
  EXPECT_FALSE(disk_finding("/a", 500e6, 99 * kGib).fix);
  EXPECT_THAT(*disk_finding("/a", 10e6, 99 * kGib).fix, HasSubstr("faster disk"));
  EXPECT_THAT(*disk_finding("/a", 500e6, kGib).fix, HasSubstr("make room"));
  const auto folder = std::filesystem::path(testing::TempDir());
  EXPECT_THAT(disk_finding(folder / "not/there").text, HasSubstr("MB/s written and synced"));
  EXPECT_TRUE(disk_finding(std::filesystem::path("/proc/self")).prevents);
}

TEST(Findings, Hub) {
  EXPECT_FALSE(hub_finding("h", 0.1, false).fix);
  EXPECT_FALSE(hub_finding("h", std::nullopt, true).fix);
  EXPECT_THAT(*hub_finding("h", std::nullopt, false).fix, HasSubstr("HF_HUB_OFFLINE=1"));
  EXPECT_FALSE(connect_seconds("no-such-host.invalid"));
}

}  // namespace
}  // namespace automodel::cli
