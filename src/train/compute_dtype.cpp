#include "train/compute_dtype.h"

#include "base/error.h"
#include "base/isa.h"
#include "tensor/dtype.h"

namespace automodel::train {

bool has_bfloat16(const at::Device& device) { return !device.is_cpu() || has_bfloat16_pairs(); }

ComputeDtype resolve_compute_dtype(const std::string& name, at::ScalarType storage, bool bfloat16) {
  if (name != "auto") {
    const auto dtype = dtype_from_name(name);
    check(dtype == at::kFloat || dtype == at::kBFloat16, ErrorKind::unsupported,
          "model.compute_dtype: {} is not supported yet; use float32, bfloat16 or auto",
          dtype_name(dtype));
    return {dtype, "as the recipe says"};
  }
  if (storage != at::kBFloat16) {
    return {at::kFloat, fmt::format("the weights are stored in {}", dtype_name(storage))};
  }
  if (!bfloat16) {
    return {at::kFloat, "this device has no bfloat16 arithmetic"};
  }
  return {at::kBFloat16, "this device has bfloat16 arithmetic"};
}

at::ScalarType storage_dtype_from_name(std::string_view key, const std::string& name) {
  const auto dtype = dtype_from_name(name);
  check(dtype == at::kFloat || dtype == at::kBFloat16 || dtype == at::kHalf, ErrorKind::unsupported,
        "{}: weights cannot be {}; use float32, bfloat16 or float16", key, dtype_name(dtype));
  return dtype;
}

}  // namespace automodel::train
