// Computing: every operation that LibTorch wants from a GPU is done by the CPU's kernel on the
// memory behind the addresses.
#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/copy.h>
#include <ATen/ops/empty_strided.h>
#include <torch/library.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "pretended_gpu/memory.h"
#include "pretended_gpu/profile.h"

namespace automodel::testing {
namespace {

using at::Tensor;
using c10::IValue;

constexpr c10::DispatchKeySet gpu_keys(c10::DispatchKey::CUDA);

// The tensors of one operation as the CPU sees them, and the way back.
class OnHost {
 public:
  Tensor operator()(const Tensor& x) {
    if (!x.defined() || x.is_cpu()) {
      return x;
    }
    TORCH_CHECK(x.is_cuda(), "the pretended GPU: a tensor on ", x.device());
    Tensor y = at::detail::make_tensor<c10::TensorImpl>(
        c10::Storage(storage(x.storage())), c10::DispatchKeySet(c10::DispatchKey::CPU), x.dtype());
    y.unsafeGetTensorImpl()->set_sizes_and_strides(x.sizes(), x.strides(), x.storage_offset());
    y._set_conj(x.is_conj());
    y._set_neg(x.is_neg());
    tensors_.push_back({y, x});
    return y;
  }

  // Of a result: the argument that it is, a view of one, or a copy in the GPU's memory.
  Tensor back(const Tensor& y) {
    if (!y.defined()) {
      return y;
    }
    const auto same =
        std::ranges::find_if(tensors_, [&](const auto& known) { return known.on_host.is_same(y); });
    if (same != tensors_.end()) {
      return same->on_gpu;
    }
    const auto base = std::ranges::find_if(
        storages_, [&](const auto& known) { return known.on_host.is_alias_of(y.storage()); });
    if (base != storages_.end()) {
      has_views_ = true;
      Tensor x =
          at::detail::make_tensor<c10::TensorImpl>(c10::Storage(base->on_gpu), gpu_keys, y.dtype());
      x.unsafeGetTensorImpl()->set_sizes_and_strides(y.sizes(), y.strides(), y.storage_offset());
      return x;
    }
    Tensor x = at::empty_strided(y.sizes(), y.strides(), y.options().device(c10::kCUDA, 0));
    if (y.storage().nbytes() > 0) {
      OnHost host;
      host(x).copy_(y);
    }
    return x;
  }

  // Of those so far: nothing was computed for it, then.
  bool has_views() const { return has_views_; }

  // After an operation that may have given its arguments other sizes, or storages of other sizes.
  void write_back() {
    for (const auto& [y, x] : tensors_) {
      refill(x.storage(), y.storage());
      if (x.sizes() != y.sizes() || x.strides() != y.strides()) {
        x.unsafeGetTensorImpl()->set_sizes_and_strides(y.sizes(), y.strides(), y.storage_offset());
      }
    }
  }

 private:
  c10::Storage storage(const c10::Storage& on_gpu) {
    const auto found = std::ranges::find_if(
        storages_, [&](const auto& known) { return known.on_gpu.is_alias_of(on_gpu); });
    if (found != storages_.end()) {
      return found->on_host;
    }
    void* const address = on_gpu.data() == nullptr ? nullptr : on_host(on_gpu.data());
    c10::Storage made(c10::Storage::use_byte_size_t(), on_gpu.nbytes(),
                      c10::DataPtr(address, c10::kCPU), c10::GetAllocator(c10::kCPU),
                      /*resizable=*/true);
    storages_.push_back({made, on_gpu});
    return made;
  }

  static void refill(const c10::Storage& on_gpu, const c10::Storage& host) {
    const void* const old = on_gpu.data() == nullptr ? nullptr : on_host(on_gpu.data());
    if (host.data() == old) {
      return;
    }
    c10::DataPtr data = c10::GetAllocator(c10::kCUDA)->allocate(host.nbytes());
    if (host.nbytes() > 0) {
      std::memcpy(on_host(data.get()), host.data(), host.nbytes());
    }
    on_gpu.unsafeGetStorageImpl()->set_data_ptr_noswap(std::move(data));
    on_gpu.unsafeGetStorageImpl()->set_nbytes(host.nbytes());
  }

  template <typename T>
  struct Both {
    T on_host, on_gpu;
  };

  std::vector<Both<c10::Storage>> storages_;
  std::vector<Both<Tensor>> tensors_;
  bool has_views_ = false;
};

// value with every tensor in it replaced.
template <typename Replace>
IValue replaced(const IValue& value, Replace&& replace) {
  if (value.isTensor()) {
    return replace(value.toTensor());
  }
  if (value.isTensorList()) {
    c10::List<Tensor> tensors;
    for (const Tensor& tensor : value.toTensorVector()) {
      tensors.push_back(replace(tensor));
    }
    return tensors;
  }
  if (value.isOptionalTensorList()) {
    c10::List<std::optional<Tensor>> tensors;
    for (const std::optional<Tensor> tensor : value.toOptionalTensorList()) {
      tensors.push_back(tensor ? std::optional(replace(*tensor)) : std::nullopt);
    }
    return tensors;
  }
  return value;
}

// A GPU's kernels refuse the CPU's tensors but for single numbers, and for the indices of a tensor
// that is the GPU's.
void check_devices(const c10::OperatorHandle& operation, const std::vector<IValue>& arguments) {
  const std::string& name = operation.schema().name();
  if (name.starts_with("aten::index") || name.starts_with("aten::_index_put")) {
    TORCH_CHECK(arguments[0].toTensor().is_cuda(), name,
                ": indices on the GPU of a tensor on the CPU");
    return;
  }
  for (const IValue& argument : arguments) {
    replaced(argument, [&](const Tensor& x) {
      TORCH_CHECK(!x.defined() || x.is_cuda() || x.dim() == 0,
                  "Expected all tensors to be on the same device: ", name, " got one of sizes ",
                  x.sizes(), " on ", x.device(), " beside those of the pretended GPU");
      return x;
    });
  }
}

// What a kernel with these arguments, and behind them results, reads and writes, if each once. Of
// those for results nothing is read.
std::int64_t bytes_of(const c10::OperatorHandle& operation, const std::vector<IValue>& values) {
  const auto& arguments = operation.schema().arguments();
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i < arguments.size() && arguments[i].is_out()) {
      continue;
    }
    replaced(values[i], [&](const Tensor& x) {
      bytes += x.defined() ? static_cast<std::int64_t>(x.nbytes()) : 0;
      return x;
    });
  }
  return bytes;
}

void run(const c10::OperatorHandle& operation, c10::Stack* stack) {
  const at::AutoDispatchBelowADInplaceOrView below;
  const std::size_t count = operation.schema().arguments().size();
  std::vector<IValue> arguments(stack->end() - static_cast<std::ptrdiff_t>(count), stack->end());
  check_devices(operation, arguments);
  stack->resize(stack->size() - count);
  OnHost host;
  for (const IValue& argument : arguments) {
    stack->push_back(argument.isDevice() ? IValue(c10::Device(c10::kCPU))
                                         : replaced(argument, host));
  }
  operation.callBoxed(stack);
  host.write_back();
  const std::size_t results = operation.schema().returns().size();
  for (std::size_t i = stack->size() - results; i < stack->size(); ++i) {
    (*stack)[i] = replaced((*stack)[i], [&](const Tensor& y) { return host.back(y); });
    arguments.push_back((*stack)[i]);
  }
  if (logs_launches() && !host.has_views()) {
    log_launch(operation.schema().name(), bytes_of(operation, arguments));
  }
}

Tensor empty(at::IntArrayRef sizes, std::optional<at::ScalarType> dtype,
             std::optional<at::Layout> /*layout*/, std::optional<at::Device> /*device*/,
             std::optional<bool> /*pinned*/, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, c10::GetAllocator(c10::kCUDA), gpu_keys,
                                   c10::dtype_or_default(dtype), format);
}

Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides,
                     std::optional<at::ScalarType> dtype, std::optional<at::Layout> /*layout*/,
                     std::optional<at::Device> /*device*/, std::optional<bool> /*pinned*/) {
  return at::detail::empty_strided_generic(sizes, strides, c10::GetAllocator(c10::kCUDA), gpu_keys,
                                           c10::dtype_or_default(dtype));
}

// The one operation that takes tensors of both devices.
Tensor& copy_(Tensor& to, const Tensor& from, bool /*non_blocking*/) {
  OnHost host;
  host(to).copy_(host(from));
  log_launch("aten::copy_", static_cast<std::int64_t>(to.nbytes() + from.nbytes()));
  return to;
}

TORCH_LIBRARY_IMPL(_, CUDA, all) {
  all.fallback(torch::CppFunction::makeFromBoxedFunction<&run>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, own) {
  own.impl("empty.memory_format", &empty);
  own.impl("empty_strided", &empty_strided);
  own.impl("copy_", &copy_);
}

}  // namespace
}  // namespace automodel::testing
