#include "ops/known_squares.h"

namespace automodel::ops {
namespace {

/// LibTorch keeps it with the tensor, and with what detach() makes of it, which shares the memory
/// and the count of its versions.
struct KnownSquares : c10::BackendMeta {
  KnownSquares(double of_all, std::uint32_t at_version) : sum(of_all), version(at_version) {}
  double sum;
  std::uint32_t version;
};

std::uint32_t version_of(const Tensor& tensor) {
  return tensor.unsafeGetTensorImpl()->version_counter().current_version();
}

}  // namespace

void set_known_squares(const Tensor& tensor, double sum) {
  tensor.unsafeGetTensorImpl()->set_backend_meta(
      c10::make_intrusive<KnownSquares>(sum, version_of(tensor)));
}

std::optional<double> known_squares(const Tensor& tensor) {
  const auto* known =
      dynamic_cast<const KnownSquares*>(tensor.unsafeGetTensorImpl()->get_backend_meta());
  if (known == nullptr || known->version != version_of(tensor)) {
    return std::nullopt;
  }
  return known->sum;
}

}  // namespace automodel::ops
