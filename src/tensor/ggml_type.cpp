#include "tensor/ggml_type.h"

#include <fmt/ranges.h>

#include <array>
#include <vector>

#include "base/error.h"

namespace automodel {
namespace {

constexpr std::array<GgmlFormat, 15> kFormats = {{
    {GgmlType::f32, "F32", 1, 4},
    {GgmlType::f16, "F16", 1, 2},
    {GgmlType::bf16, "BF16", 1, 2},
    {GgmlType::q8_0, "Q8_0", 32, 34},
    {GgmlType::q4_0, "Q4_0", 32, 18},
    {GgmlType::q4_1, "Q4_1", 32, 20},
    {GgmlType::q5_0, "Q5_0", 32, 22},
    {GgmlType::q5_1, "Q5_1", 32, 24},
    {GgmlType::q2_k, "Q2_K", 256, 84},
    {GgmlType::q3_k, "Q3_K", 256, 110},
    {GgmlType::q4_k, "Q4_K", 256, 144},
    {GgmlType::q5_k, "Q5_K", 256, 176},
    {GgmlType::q6_k, "Q6_K", 256, 210},
    {GgmlType::q8_k, "Q8_K", 256, 292},
    {GgmlType::mxfp4, "MXFP4", 32, 17},
}};

}  // namespace

const GgmlFormat& ggml_format(std::uint32_t type) {
  std::vector<std::string_view> names;
  for (const GgmlFormat& format : kFormats) {
    if (static_cast<std::uint32_t>(format.type) == type) {
      return format;
    }
    names.push_back(format.name);
  }
  fail(ErrorKind::unsupported, "GGUF element type {} cannot be read; those that can are {}", type,
       fmt::join(names, ", "));
}

}  // namespace automodel
