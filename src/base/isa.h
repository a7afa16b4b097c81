#pragma once
// For which instruction set the program's own kernels run.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace automodel {

/// From the plainest to the widest. reference: no own kernels, LibTorch's operators alone.
enum class Isa { reference, avx2, avx512, avx512_bf16, amx_bf16 };

/// As AUTOMODEL_ISA spells it.
std::string_view isa_name(Isa isa);

/// Those that this processor and its operating system can run, `reference` first. Linux is asked to
/// let this process use tiles (AMX), once.
std::vector<Isa> supported_isas();

/// The one of `supported` that `wanted` names; if it is empty the widest but amx_bf16, whose
/// kernels no such processor has run yet: they are tested by computing tiles one by one. Throws
/// Error(invalid_argument) for a name that is none, Error(unsupported) for a set that is not among
/// `supported`.
Isa choose_isa(std::span<const Isa> supported, std::string_view wanted);

/// choose_isa() for this processor and the environment variable AUTOMODEL_ISA.
Isa chosen_isa();

/// Whether the processor multiplies pairs of bfloat16 (AVX512-BF16).
bool has_bfloat16_pairs();

/// Whether the processor multiplies tiles of bfloat16 (AMX), many times as fast as registers of it.
bool has_bfloat16_tiles();

/// One line for people: "avx2 (AUTOMODEL_ISA; this processor can run reference, avx2, avx512)".
std::string describe_isa(std::span<const Isa> supported, std::string_view wanted);
/// The same for this processor and environment.
std::string describe_isa();

}  // namespace automodel
