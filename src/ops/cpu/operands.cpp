#include "ops/cpu/operands.h"

#include "ops/cpu/dispatch.h"

namespace automodel::ops::cpu {
namespace {

bool has_storage(const Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

bool is_contiguous(const Tensor& x, std::int64_t dimension) {
  return x.stride(dimension) == 1 || x.size(dimension) <= 1;
}

}  // namespace

const Kernels* kernels_for(const Tensor& a, const Tensor& b) {
  return has_storage(a) && has_storage(b) ? kernels() : nullptr;
}

Storage storage_of(const Tensor& x) {
  return x.scalar_type() == at::kFloat ? Storage::float32 : Storage::bfloat16;
}

Operand operand_of(const Tensor& x_oi) {
  const bool inner_contiguous = is_contiguous(x_oi, 1);
  return {.data = x_oi.const_data_ptr(),
          .storage = storage_of(x_oi),
          .stride = x_oi.stride(inner_contiguous ? 0 : 1),
          .inner_contiguous = inner_contiguous};
}

Tensor with_contiguous_dimension(const Tensor& x) {
  return is_contiguous(x, 0) || is_contiguous(x, 1) ? x : x.contiguous();
}

Output output_of(const Tensor& c_mn) {
  return {.data = c_mn.mutable_data_ptr(), .storage = storage_of(c_mn), .stride = c_mn.size(1)};
}

Tensor with_contiguous_heads(const Tensor& x_thk) {
  return is_contiguous(x_thk, 2) ? x_thk : x_thk.contiguous();
}

HeadsView heads_of(const Tensor& x_thk) {
  return {.data = const_cast<void*>(x_thk.const_data_ptr()),
          .storage = storage_of(x_thk),
          .token_stride = x_thk.stride(0),
          .head_stride = x_thk.stride(1)};
}

Elements elements_of(const Tensor& x) {
  if (!x.defined()) {
    return {};
  }
  return {.data = const_cast<void*>(x.const_data_ptr()), .storage = storage_of(x)};
}

Elements elements_from(Elements elements, Index offset) {
  if (elements.data != nullptr) {
    elements.data =
        static_cast<char*>(elements.data) + offset * (elements.storage == Storage::float32 ? 4 : 2);
  }
  return elements;
}

}  // namespace automodel::ops::cpu
