#include "tensor/dtype.h"

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace automodel {
namespace {

struct Names {
  at::ScalarType dtype;
  std::string_view name;
  std::string_view short_name;
  std::string_view safetensors;
};

constexpr std::array<Names, 16> kNames = {{
    {at::kFloat, "float32", "fp32", "F32"},
    {at::kBFloat16, "bfloat16", "bf16", "BF16"},
    {at::kHalf, "float16", "fp16", "F16"},
    {at::kDouble, "float64", "fp64", "F64"},
    {at::kLong, "int64", "int64", "I64"},
    {at::kInt, "int32", "int32", "I32"},
    {at::kShort, "int16", "int16", "I16"},
    {at::kChar, "int8", "int8", "I8"},
    {at::kByte, "uint8", "uint8", "U8"},
    {at::kBool, "bool", "bool", "BOOL"},
    {at::kFloat8_e4m3fn, "float8_e4m3fn", "fp8", "F8_E4M3"},
    {at::kFloat8_e5m2, "float8_e5m2", "float8_e5m2", "F8_E5M2"},
    {at::kFloat8_e8m0fnu, "float8_e8m0fnu", "float8_e8m0fnu", "F8_E8M0"},
    {at::kUInt16, "uint16", "uint16", "U16"},
    {at::kUInt32, "uint32", "uint32", "U32"},
    {at::kUInt64, "uint64", "uint64", "U64"},
}};

}  // namespace

at::ScalarType dtype_from_name(std::string_view name) {
  std::string_view bare = name;
  if (bare.starts_with("torch.")) {
    bare.remove_prefix(6);
  }
  bare = bare == "half" ? "float16" : bare == "float" ? "float32" : bare;
  for (const Names& names : kNames) {
    if (bare == names.name || bare == names.short_name) {
      return names.dtype;
    }
  }
  fail(ErrorKind::invalid_argument, "unknown dtype '{}'; use float32, bfloat16 or float16", name);
}

std::string_view dtype_name(at::ScalarType dtype) {
  for (const Names& names : kNames) {
    if (dtype == names.dtype) {
      return names.name;
    }
  }
  return at::toString(dtype);
}

at::ScalarType dtype_from_safetensors(std::string_view name) {
  for (const Names& names : kNames) {
    if (name == names.safetensors) {
      return names.dtype;
    }
  }
  fail(ErrorKind::unsupported, "safetensors dtype '{}' is not supported", name);
}

std::string_view safetensors_name(at::ScalarType dtype) {
  for (const Names& names : kNames) {
    if (dtype == names.dtype) {
      return names.safetensors;
    }
  }
  fail(ErrorKind::unsupported, "dtype {} has no safetensors name", at::toString(dtype));
}

}  // namespace automodel
