#include "cli/doctor/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace automodel::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

std::string fix_of(const Finding& finding) { return finding.fix.value_or("nothing"); }

const Json kEngine = {{"torch_version", "2.13.0"},
                      {"torch_library", "/lib/libtorch_cpu.so"},
                      {"torch_has_cuda", false},
                      {"num_gpus", 0}};

TEST(Findings, Program) {
  const auto good = program_finding(kEngine);
  EXPECT_EQ(good.text,
            "automodel " AM_VERSION ", LibTorch 2.13.0 without CUDA from /lib/libtorch_cpu.so");
  EXPECT_EQ(good.facts["torch_version"], "2.13.0");
  EXPECT_EQ(fix_of(good), "nothing");
  const auto bad = program_finding(std::nullopt);
  EXPECT_TRUE(bad.prevents);
  EXPECT_THAT(fix_of(bad), HasSubstr("build it"));
}

TEST(Findings, Processor) {
  const auto plain = processor_finding({.name = "A", .instruction_sets = {"avx2"}});
  EXPECT_EQ(plain.text, "A: avx2; bfloat16 weights are computed in float32");
  EXPECT_EQ(fix_of(plain), "nothing");
  EXPECT_THAT(processor_finding({"A", {"avx2", "avx512_bf16"}}).text, HasSubstr("in bfloat16"));
  EXPECT_THAT(processor_finding({"A", {"neon", "bf16"}}).text, HasSubstr("in float32"));
  EXPECT_THAT(fix_of(processor_finding({"A", {}})), HasSubstr("AVX2 or better"));
}

TEST(Findings, Kernels) {
  const std::vector<Isa> supported = {Isa::reference, Isa::avx2, Isa::avx512};
  const auto best = kernels_finding(supported, "");
  EXPECT_EQ(best.text, "avx512 (by default; this processor can run reference, avx2, avx512)");
  EXPECT_EQ(best.facts["supported"], Json({"reference", "avx2", "avx512"}));
  EXPECT_EQ(fix_of(best), "nothing");
  EXPECT_THAT(fix_of(kernels_finding(supported, "avx2")), HasSubstr("unset AUTOMODEL_ISA"));
  const std::vector<Isa> tiles = {Isa::reference, Isa::avx512_bf16, Isa::amx_bf16};
  EXPECT_EQ(fix_of(kernels_finding(tiles, "amx_bf16")), "nothing");
  const auto wrong = kernels_finding(supported, "avx512_bf16");
  EXPECT_TRUE(wrong.prevents);
  EXPECT_THAT(wrong.text, HasSubstr("this processor has no avx512_bf16"));
}

TEST(Findings, Cores) {
  const Cores all{.online = 8, .usable = 8, .numa_nodes = 1};
  EXPECT_EQ(cores_finding(all).text, "8 of 8, 1 NUMA node");
  EXPECT_EQ(fix_of(cores_finding(all)), "nothing");
  Cores cores = all;
  cores.numa_nodes = 2;
  EXPECT_THAT(fix_of(cores_finding(cores)), HasSubstr("numactl"));
  cores.omp_threads = 2;
  EXPECT_EQ(cores_finding(cores).text, "8 of 8, 2 NUMA nodes, OMP_NUM_THREADS=2");
  EXPECT_EQ(fix_of(cores_finding(cores)), "unset OMP_NUM_THREADS to use all cores");
  cores.omp_threads = 9;
  EXPECT_THAT(fix_of(cores_finding(cores)), HasSubstr("more threads than cores"));
  cores = {.online = 8, .usable = 2};
  EXPECT_THAT(fix_of(cores_finding(cores)), HasSubstr("affinity"));
  cores.quota = 2.0;
  EXPECT_THAT(fix_of(cores_finding(cores)), HasSubstr("quota"));
}

TEST(Findings, Memory) {
  const auto good = memory_finding({.total_bytes = 8 * kGib, .available_bytes = 4 * kGib});
  EXPECT_EQ(good.text, "8 GiB, 4 GiB available");
  EXPECT_EQ(fix_of(good), "nothing");
  const auto little =
      memory_finding({.total_bytes = 8 * kGib, .available_bytes = kGib, .limit_bytes = kGib});
  EXPECT_THAT(little.text, HasSubstr("of which the container may use 1 GiB"));
  EXPECT_THAT(fix_of(little), HasSubstr("automodel plan"));
}

TEST(Findings, HugePages) {
  EXPECT_EQ(fix_of(huge_pages_finding({.huge_pages = "madvise"})), "nothing");
  EXPECT_EQ(fix_of(huge_pages_finding({.huge_pages = "always"})), "nothing");
  EXPECT_THAT(fix_of(huge_pages_finding({.huge_pages = "never"})), HasSubstr("echo madvise"));
  EXPECT_THAT(huge_pages_finding({}).text, HasSubstr("the kernel has none"));
}

TEST(Findings, Gpu) {
  EXPECT_EQ(gpu_finding({}, kEngine).text, "none");
  EXPECT_THAT(fix_of(gpu_finding({"H100"}, kEngine)), HasSubstr("AM_TORCH_DIR"));
  Json engine = kEngine;
  engine["torch_has_cuda"] = true;
  EXPECT_THAT(fix_of(gpu_finding({"H100"}, engine)), HasSubstr("CUDA_VISIBLE_DEVICES"));
  engine["num_gpus"] = 1;
  EXPECT_EQ(fix_of(gpu_finding({"H100"}, engine)), "nothing");
  EXPECT_EQ(fix_of(gpu_finding({"H100"}, std::nullopt)), "nothing");
}

TEST(Findings, Disk) {
  const Disk good{.folder = "/a", .bytes_per_second = 500e6, .free_bytes = 99 * kGib};
  EXPECT_EQ(disk_finding(good).text, "/a: 500 MB/s written and synced, 99 GiB free");
  EXPECT_EQ(fix_of(disk_finding(good)), "nothing");
  EXPECT_THAT(fix_of(disk_finding({"/a", "", 10e6, 99 * kGib})), HasSubstr("faster disk"));
  EXPECT_THAT(fix_of(disk_finding({"/a", "", 500e6, kGib})), HasSubstr("make room"));
  EXPECT_TRUE(disk_finding({"/a", "it is read-only", 0, kGib}).prevents);
}

TEST(Findings, Hub) {
  hub::Settings settings;
  settings.endpoint = "https://user:password@mirror.example/x";
  const auto good = hub_finding(settings, HubAnswer{.status = 200, .seconds = 0.5}, "");
  EXPECT_EQ(good.text, "https://mirror.example/x: answers 200 after 0.50 s, without a token");
  EXPECT_THAT(good.facts.dump(), Not(HasSubstr("password")));
  EXPECT_EQ(fix_of(good), "nothing");
  EXPECT_THAT(hub_finding(settings, std::nullopt, "").text, HasSubstr("HF_HUB_OFFLINE is set"));
  const HubAnswer none{.failure = "no route"};
  EXPECT_THAT(fix_of(hub_finding(settings, none, "")), HasSubstr("set https_proxy"));
  EXPECT_THAT(fix_of(hub_finding(settings, none, "all_proxy")),
              HasSubstr("the proxy that all_proxy names"));
  EXPECT_THAT(fix_of(hub_finding(settings, HubAnswer{.status = 407}, "all_proxy")),
              HasSubstr("all_proxy=http://USER"));
  EXPECT_THAT(fix_of(hub_finding(settings, HubAnswer{.status = 503}, "")),
              HasSubstr("not what the hub answers"));
  settings.token = "hf_secret";
  settings.token_source = "HF_TOKEN";
  const auto refused = hub_finding(settings, HubAnswer{.status = 401}, "");
  EXPECT_THAT(fix_of(refused), HasSubstr("the token of HF_TOKEN is not valid"));
  EXPECT_THAT(refused.text + fix_of(refused) + refused.facts.dump(), Not(HasSubstr("hf_secret")));
}

TEST(Findings, Cache) {
  EXPECT_THAT(cache_finding(std::filesystem::path(::testing::TempDir()) / "not/there").text,
              HasSubstr("not/there: "));
  EXPECT_THAT(fix_of(cache_finding("/proc/automodel")), HasSubstr("set HF_HOME"));
}

}  // namespace
}  // namespace automodel::cli
