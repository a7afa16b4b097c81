#include "base/isa.h"

#include <fmt/ranges.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <array>

#include "base/environment.h"
#include "base/error.h"

namespace automodel {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"reference", "avx2", "avx512", "avx512_bf16",
                                                    "amx_bf16"};

std::string names_of(std::span<const Isa> sets) {
  std::vector<std::string_view> names;
  std::transform(sets.begin(), sets.end(), std::back_inserter(names), isa_name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string wanted_isa() { return environment("AUTOMODEL_ISA"); }

#if defined(__x86_64__) && defined(__linux__)
/// A process has no room for the state of tiles until it asks for it; its threads then have it too.
bool may_use_tiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  static const bool kMay = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return kMay;
}
#elif defined(__x86_64__)
bool may_use_tiles() { return false; }
#endif

}  // namespace

std::string_view isa_name(Isa isa) { return kNames[static_cast<std::size_t>(isa)]; }

std::vector<Isa> supported_isas() {
  std::vector<Isa> out = {Isa::reference};
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  if (avx2) {
    out.push_back(Isa::avx2);
  }
  if (avx512) {
    out.push_back(Isa::avx512);
  }
  const bool pairs = avx512 && has_bfloat16_pairs();
  if (pairs) {
    out.push_back(Isa::avx512_bf16);
  }
  if (pairs && has_bfloat16_tiles() && may_use_tiles()) {
    out.push_back(Isa::amx_bf16);
  }
#endif
  return out;
}

#if defined(__x86_64__)
bool has_bfloat16_pairs() { return __builtin_cpu_supports("avx512bf16") != 0; }
bool has_bfloat16_tiles() { return __builtin_cpu_supports("amx-bf16") != 0; }
#else
bool has_bfloat16_pairs() { return false; }
bool has_bfloat16_tiles() { return false; }
#endif

Isa choose_isa(std::span<const Isa> supported, std::string_view wanted) {
  if (wanted.empty()) {
    return std::min(*std::max_element(supported.begin(), supported.end()), Isa::avx512_bf16);
  }
  const auto* name = std::find(kNames.begin(), kNames.end(), wanted);
  check(name != kNames.end(), ErrorKind::invalid_argument,
        "AUTOMODEL_ISA: {} is none of {}; leave it unset for the best that this processor can run",
        wanted, fmt::join(kNames, ", "));
  const auto isa = static_cast<Isa>(name - kNames.begin());
  check(std::find(supported.begin(), supported.end(), isa) != supported.end(),
        ErrorKind::unsupported,
        "AUTOMODEL_ISA: this processor has no {}; it can run {}. Leave the variable unset for the "
        "best of them",
        wanted, names_of(supported));
  return isa;
}

Isa chosen_isa() { return choose_isa(supported_isas(), wanted_isa()); }

std::string describe_isa(std::span<const Isa> supported, std::string_view wanted) {
  return fmt::format("{} ({}; this processor can run {})", isa_name(choose_isa(supported, wanted)),
                     wanted.empty() ? "by default" : "AUTOMODEL_ISA", names_of(supported));
}

std::string describe_isa() { return describe_isa(supported_isas(), wanted_isa()); }

}  // namespace automodel
