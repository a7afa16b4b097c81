#include "cli/doctor/findings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kOneGib = std::uint64_t{1} << 30;

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

Json number_or_null(const auto& value) { return value ? Json(*value) : Json(nullptr); }

bool is_true(const std::optional<Json>& engine, const char* key) {
  return engine && engine->value(key, false);
}

/// What to do about an answer of the hub; nothing if it is a good one.
std::optional<std::string> hub_fix(const hub::Settings& settings, const HubAnswer& answer,
                                   std::string_view proxy) {
  if (answer.status == 0) {
    return fmt::format(
        "check the network{} and HF_ENDPOINT; or set HF_HUB_OFFLINE=1 and work with "
        "local folders and the cache",
        proxy.empty() ? " (behind a proxy: set https_proxy)"
                      : fmt::format(", the proxy that {} names", proxy));
  }
  if (answer.status == 401 && !settings.token.empty()) {
    return fmt::format(
        "the token of {} is not valid; make a new one, or remove it to download "
        "what is public",
        settings.token_source);
  }
  if (answer.status == 407) {
    return fmt::format("the proxy wants a user and a password: {}=http://USER:PASSWORD@HOST:PORT",
                       proxy.empty() ? "https_proxy" : proxy);
  }
  if (answer.status >= 400 && answer.status != 429) {
    return "this is not what the hub answers; check HF_ENDPOINT and proxies, or try later";
  }
  return std::nullopt;
}

}  // namespace

Finding program_finding(const std::optional<Json>& engine) {
  Finding out{.title = "program", .text = "automodel " AM_VERSION};
  out.facts = {{"version", AM_VERSION}, {"engine", engine.has_value()}};
  if (!engine) {
    out.text += ", without LibTorch: automodel-engine beside it is missing or does not start";
    out.fix = "build it: ./automodel in the project's folder, or the preset release of cmake";
    out.prevents = true;
    return out;
  }
  out.text += fmt::format(", LibTorch {} {} CUDA from {}", engine->value("torch_version", "?"),
                          is_true(engine, "torch_has_cuda") ? "with" : "without",
                          engine->value("torch_library", "?"));
  out.facts.update(*engine);
  return out;
}

Finding processor_finding(const Processor& processor) {
  const auto& sets = processor.instruction_sets;
  const bool has_bfloat16 = has(sets, "avx512_bf16");  // as has_bfloat16_pairs
  Finding out{.title = "processor",
              .text = fmt::format("{}: {}; bfloat16 weights are computed in {}", processor.name,
                                  sets.empty() ? "no wide vectors" : join(sets, ", "),
                                  has_bfloat16 ? "bfloat16" : "float32")};
  out.facts = {{"name", processor.name}, {"instruction_sets", sets}};
  if (!has(sets, "avx2") && !has(sets, "neon")) {
    out.fix = "use a machine with AVX2 or better; in a virtual one, pass the host's processor on";
  }
  return out;
}

Finding kernels_finding(std::span<const Isa> supported, std::string_view wanted) {
  Finding out{.title = "kernels", .text = {}};
  try {
    const Isa chosen = choose_isa(supported, wanted);
    out.text = describe_isa(supported, wanted);
    out.facts["chosen"] = isa_name(chosen);
    if (chosen < choose_isa(supported, "")) {
      out.fix = "unset AUTOMODEL_ISA: steps are slower with it than this processor allows";
    }
  } catch (const Error& error) {
    out.text = error.message();
    out.fix = "unset AUTOMODEL_ISA";
    out.prevents = true;
  }
  out.facts["supported"] = Json::array();
  for (const Isa isa : supported) {
    out.facts["supported"].push_back(isa_name(isa));
  }
  out.facts["wanted"] = wanted;
  return out;
}

Finding cores_finding(const Cores& cores) {
  Finding out{.title = "cores",
              .text = fmt::format("{} of {}, {} NUMA node{}", cores.usable, cores.online,
                                  cores.numa_nodes, cores.numa_nodes == 1 ? "" : "s")};
  out.facts = {{"usable", cores.usable},
               {"online", cores.online},
               {"quota", number_or_null(cores.quota)},
               {"numa_nodes", cores.numa_nodes},
               {"OMP_NUM_THREADS", number_or_null(cores.omp_threads)}};
  if (cores.omp_threads) {
    out.text += fmt::format(", OMP_NUM_THREADS={}", *cores.omp_threads);
  }
  if (cores.omp_threads && *cores.omp_threads < cores.usable) {
    out.fix = "unset OMP_NUM_THREADS to use all cores";
  } else if (cores.omp_threads && *cores.omp_threads > cores.usable) {
    out.fix = "unset OMP_NUM_THREADS: more threads than cores wait for each other";
  } else if (cores.usable < cores.online) {
    out.fix = cores.quota ? "the container's quota leaves cores unused; give it more CPUs"
                          : "the affinity mask leaves cores unused; start without taskset, or give "
                            "the job more CPUs";
  } else if (cores.numa_nodes > 1) {
    out.fix =
        "a run on one node avoids memory of the other: numactl --cpunodebind=0 "
        "--membind=0 automodel RECIPE.yaml";
  }
  return out;
}

Finding memory_finding(const Memory& memory) {
  Finding out{
      .title = "memory",
      .text = fmt::format("{}{}, {} available", human_bytes(memory.total_bytes),
                          memory.limit_bytes ? fmt::format(", of which the container may use {}",
                                                           human_bytes(*memory.limit_bytes))
                                             : "",
                          human_bytes(memory.available_bytes))};
  out.facts = {{"total_bytes", memory.total_bytes},
               {"limit_bytes", number_or_null(memory.limit_bytes)},
               {"available_bytes", memory.available_bytes}};
  if (memory.available_bytes < 2 * kOneGib) {
    out.fix = "close other programs, or take a smaller model: automodel plan RECIPE says what fits";
  }
  return out;
}

Finding huge_pages_finding(const Memory& memory) {
  Finding out{.title = "huge pages",
              .text = fmt::format("{}; tensors are in an arena of 2-MiB pages",
                                  memory.huge_pages.empty() ? "none" : memory.huge_pages)};
  out.facts = {{"transparent_hugepage", memory.huge_pages}};
  if (memory.huge_pages != "always" && memory.huge_pages != "madvise") {
    out.text = fmt::format("{}: each tensor's memory is mapped in pages of 4 KiB",
                           memory.huge_pages.empty() ? "the kernel has none" : memory.huge_pages);
    out.fix = "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled";
  }
  return out;
}

Finding gpu_finding(const std::vector<std::string>& names, const std::optional<Json>& engine) {
  Finding out{.title = "GPU", .text = names.empty() ? "none" : join(names, ", ")};
  const int usable = engine ? engine->value("num_gpus", 0) : 0;
  out.facts = {{"names", names}, {"usable", usable}};
  if (names.empty() || !engine) {
    return out;
  }
  if (!is_true(engine, "torch_has_cuda")) {
    out.text += "; this LibTorch has no CUDA";
    out.fix = "build with a LibTorch that has CUDA: AM_TORCH_DIR=FOLDER ./automodel";
  } else if (usable == 0) {
    out.text += "; LibTorch sees none";
    out.fix = "unset CUDA_VISIBLE_DEVICES, and update the driver until nvidia-smi works";
  }
  return out;
}

Finding disk_finding(const Disk& disk) {
  constexpr double kSlow = 50e6;
  Finding out{.title = "disk", .text = {}};
  out.facts = {{"folder", disk.folder},
               {"bytes_per_second", disk.bytes_per_second},
               {"free_bytes", disk.free_bytes}};
  if (!disk.problem.empty()) {
    out.text = fmt::format("{} cannot be written to: {}", disk.folder, disk.problem);
    out.fix = "give another folder: --output FOLDER here, checkpoint.checkpoint_dir in recipes";
    out.prevents = true;
    return out;
  }
  out.text = fmt::format("{}: {:.0f} MB/s written and synced, {} free", disk.folder,
                         disk.bytes_per_second / 1e6, human_bytes(disk.free_bytes));
  if (disk.free_bytes < 5 * kOneGib) {
    out.fix = "make room: a checkpoint takes up to 8 times the size of a bfloat16 model";
  } else if (disk.bytes_per_second < kSlow) {
    out.fix = "put checkpoint.checkpoint_dir on a faster disk, or save less often";
  }
  return out;
}

Finding hub_finding(const hub::Settings& settings, const std::optional<HubAnswer>& answer,
                    std::string_view proxy) {
  const std::string endpoint = hub::printable_url(settings.endpoint);
  Finding out{.title = "hub", .text = endpoint};
  out.facts = {{"endpoint", endpoint},
               {"offline", settings.offline},
               {"has_token", !settings.token.empty()},
               {"proxy_variable", proxy},
               {"status", answer ? Json(answer->status) : Json(nullptr)}};
  if (!answer) {
    out.text += ": not tried, HF_HUB_OFFLINE is set; what is in the cache works";
    return out;
  }
  out.text += answer->status == 0
                  ? fmt::format(": cannot be reached: {}", answer->failure)
                  : fmt::format(": answers {} after {:.2f} s", answer->status, answer->seconds);
  out.text += proxy.empty() ? "" : fmt::format(", through the proxy of {}", proxy);
  out.text += settings.token.empty() ? ", without a token"
                                     : fmt::format(", with the token of {}", settings.token_source);
  out.fix = hub_fix(settings, *answer, proxy);
  return out;
}

Finding cache_finding(const fs::path& cache) {
  Finding out{.title = "cache", .text = cache.string()};
  fs::path there = fs::absolute(cache).lexically_normal();
  std::error_code none;
  while (!fs::exists(there, none) && there.has_relative_path()) {
    there = there.parent_path();
  }
  const std::uint64_t free_bytes = fs::space(there, none).available;
  out.text += fmt::format(": {} free", human_bytes(free_bytes));
  out.facts = {{"folder", cache.string()}, {"free_bytes", free_bytes}};
  if (::access(there.c_str(), W_OK | X_OK) != 0) {
    out.text = fmt::format("{}: {} cannot be written to", cache.string(), there.string());
    out.fix = "set HF_HOME to a folder that can";
  } else if (free_bytes < 5 * kOneGib) {
    out.fix = "make room, or set HF_HOME to a folder on a larger disk, before models are fetched";
  }
  return out;
}

}  // namespace automodel::cli
