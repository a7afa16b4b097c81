#include "cli/health.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/stopwatch.h"
#include "base/text.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;
constexpr std::uint64_t kProbeBytes = std::uint64_t{64} << 20;
constexpr int kPatienceMilliseconds = 3000;

bool has(const std::vector<std::string>& words, const char* word) {
  return std::ranges::find(words, word) != words.end();
}

/// A connection under way to one address.
bool connects(const addrinfo& address) {
  const int socket = ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK, 0);
  if (socket < 0) {
    return false;
  }
  bool done = ::connect(socket, address.ai_addr, address.ai_addrlen) == 0;
  if (!done && errno == EINPROGRESS) {
    pollfd waiting{.fd = socket, .events = POLLOUT, .revents = 0};
    int error = 0;
    socklen_t size = sizeof(error);
    done = ::poll(&waiting, 1, kPatienceMilliseconds) == 1 &&
           ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  ::close(socket);
  return done;
}

fs::path nearest_there(const fs::path& folder) {
  fs::path out = fs::absolute(folder).lexically_normal();
  while (!fs::is_directory(out) && out.has_relative_path()) {
    out = out.parent_path();
  }
  return out;
}

}  // namespace

Finding program_finding(const std::string& engine_version) {
  Finding out{.title = "program", .text = "automodel " AM_VERSION};
  if (engine_version.empty()) {
    out.text += ", without LibTorch: automodel-engine is missing or does not start";
    out.fix = "build it: ./automodel in the project's folder, or cmake --preset release";
    out.prevents = true;
  } else {
    const auto comma = engine_version.find(", ");
    out.text += comma == std::string::npos ? "" : engine_version.substr(comma);
  }
  return out;
}

Finding processor_finding(const std::vector<std::string>& instruction_sets,
                          const std::string& name) {
  const std::string sets =
      instruction_sets.empty() ? "no wide vectors" : join(instruction_sets, ", ");
  Finding out{.title = "processor", .text = fmt::format("{}: {}", name, sets)};
  out.text += has(instruction_sets, "avx512_bf16") || has(instruction_sets, "amx_bf16")
                  ? "; bfloat16 arithmetic"
                  : "; bfloat16 weights are computed in float32";
  if (!has(instruction_sets, "avx2") && !has(instruction_sets, "neon")) {
    out.fix = "use a machine with AVX2 or better; in a virtual one, pass the host's processor on";
  }
  return out;
}

Finding cores_finding(int usable, int all, int numa_nodes,
                      const std::optional<std::string>& limit) {
  Finding out{.title = "cores",
              .text = fmt::format("{} of {}, {} NUMA node{}", usable, all, numa_nodes,
                                  numa_nodes == 1 ? "" : "s")};
  if (limit) {
    out.text += ", OMP_NUM_THREADS=" + *limit;
  }
  if (limit && limit->size() < 4 && std::atoi(limit->c_str()) < usable) {
    out.fix = "unset OMP_NUM_THREADS to use all cores";
  } else if (usable < all) {
    out.fix = "the affinity mask or the container's quota leaves cores unused; raise it if you may";
  }
  return out;
}

Finding memory_finding(std::uint64_t usable_bytes, std::uint64_t available_bytes) {
  Finding out{.title = "memory",
              .text = fmt::format("{}, {} available", human_bytes(usable_bytes),
                                  human_bytes(available_bytes))};
  if (available_bytes < 2 * kGib) {
    out.fix = "close other programs, or use a smaller model: automodel plan RECIPE says what fits";
  }
  return out;
}

Finding gpu_finding(const std::vector<std::string>& names, bool torch_has_cuda) {
  Finding out{.title = "GPU", .text = names.empty() ? "none" : join(names, ", ")};
  if (!names.empty() && !torch_has_cuda) {
    out.text += "; this LibTorch has no CUDA";
    out.fix = "build against a LibTorch with CUDA: AM_TORCH_DIR=FOLDER ./automodel";
  }
  return out;
}

Finding disk_finding(const std::string& folder, double speed, std::uint64_t free_bytes) {
  constexpr double kSlow = 50e6;
  Finding out{.title = "disk",
              .text = fmt::format("{}: {:.0f} MB/s written and synced, {} free", folder,
                                  speed / 1e6, human_bytes(free_bytes))};
  if (free_bytes < 5 * kGib) {
    out.fix = "make room: a checkpoint takes up to 8 times a bfloat16 model's size";
  } else if (speed < kSlow) {
    out.fix = "put checkpoint.checkpoint_dir on a faster disk, or save less often";
  }
  return out;
}

Finding disk_finding(const fs::path& folder) {
  const fs::path there = nearest_there(folder);
  const fs::path file = there / fmt::format(".automodel_doctor_{}", getpid());
  try {
    const std::string block(std::size_t{1} << 20, 'x');
    const Stopwatch watch;
    OutputFile out(file);
    for (std::uint64_t written = 0; written < kProbeBytes; written += block.size()) {
      out.write(block);
    }
    out.close();
    const double seconds = watch.seconds();
    const auto free_bytes = fs::space(there).available;
    fs::remove(file);
    return disk_finding(there.string(), static_cast<double>(kProbeBytes) / seconds, free_bytes);
  } catch (const Error& error) {
    std::error_code ignored;
    fs::remove(file, ignored);
    return {.title = "disk",
            .text = fmt::format("{}: cannot be written: {}", there.string(), error.message()),
            .fix = "give another folder: --output FOLDER, and checkpoint.checkpoint_dir in recipes",
            .prevents = true};
  }
}

Finding hub_finding(const std::string& host, std::optional<double> seconds, bool is_offline) {
  Finding out{.title = "hub", .text = host};
  if (is_offline) {
    out.text += ": not tried, HF_HUB_OFFLINE is set; what is in the cache works";
  } else if (seconds) {
    out.text += fmt::format(": reached in {:.2f} s", *seconds);
  } else {
    out.text += ": cannot be reached";
    out.fix =
        "check the network; or set HF_HUB_OFFLINE=1 and work with local folders and the cache";
  }
  return out;
}

std::optional<double> connect_seconds(const std::string& host) {
  const Stopwatch watch;
  const addrinfo hints{.ai_flags = 0,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_STREAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), "443", &hints, &found) != 0) {
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  return connects(*addresses) ? std::optional(watch.seconds()) : std::nullopt;
}

}  // namespace automodel::cli
