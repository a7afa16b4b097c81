#include "ops/matrix_product.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/isa.h"
#include "ops/cpu/gemm.h"
#include "ops/cpu/operands.h"
#include "ops/known_squares.h"

namespace automodel::ops {
namespace {

void check_shapes(const Tensor& a_mk, const Tensor& b_kn) {
  check(a_mk.dim() == 2 && b_kn.dim() == 2 && a_mk.size(1) == b_kn.size(0),
        ErrorKind::invalid_argument, "matrix product: [{}] by [{}] does not fit",
        fmt::join(a_mk.sizes(), ", "), fmt::join(b_kn.sizes(), ", "));
}

/// Kernels widen, but do not round.
Tensor rounded_beside(const Tensor& b, const Tensor& a) {
  return a.scalar_type() == at::kBFloat16 ? b.to(at::kBFloat16) : b;
}

/// Both factors as the kernels read them, [m, k] and [n, k].
struct Factors {
  Tensor a_mk, b_nk;
  static Factors of(const Tensor& a_mk, const Tensor& b_kn) {
    return {cpu::with_contiguous_dimension(a_mk),
            cpu::with_contiguous_dimension(rounded_beside(b_kn, a_mk)).t()};
  }
};

/// A long sum is taken in parts, which takes an output in float32.
bool needs_wide_sum(at::ScalarType dtype, std::int64_t inner) {
  return dtype == at::kBFloat16 && inner > cpu::kMaxSteps;
}

/// A product for the kernels, and the tensors that it reads.
struct KernelProduct {
  KernelProduct(const Tensor& a_mk, const Tensor& b_kn, const AddedProduct& added = {}) {
    check_shapes(a_mk, b_kn);
    factors = Factors::of(a_mk, b_kn);
    product.a = cpu::operand_of(factors.a_mk);
    product.b = cpu::operand_of(factors.b_nk);
    product.rows = factors.a_mk.size(0);
    product.columns = factors.b_nk.size(0);
    product.inner = factors.a_mk.size(1);
    if (added.defined()) {
      more = Factors::of(added.a_mr, added.b_rn);
      product.added = {cpu::operand_of(more.a_mk), cpu::operand_of(more.b_nk), more.a_mk.size(1)};
    }
  }

  Factors factors, more;
  Tensor bias32_n;
  cpu::Product product;
};

void check_sum(const Tensor& c_mn, const Tensor& a_mk, const Tensor& b_kn) {
  check(c_mn.is_contiguous() && c_mn.size(0) == a_mk.size(0) && c_mn.size(1) == b_kn.size(1),
        ErrorKind::invalid_argument,
        "matrix product: the sum [{}] does not take a product [{}, {}]",
        fmt::join(c_mn.sizes(), ", "), a_mk.size(0), b_kn.size(1));
}

/// Where the product is added to c_mn.
Tensor old_sums(KernelProduct& todo, const Tensor& c_mn) {
  const bool wide = needs_wide_sum(c_mn.scalar_type(), todo.product.inner);
  Tensor sums_mn = wide ? c_mn.to(at::kFloat) : c_mn;
  todo.product.out = cpu::output_of(sums_mn);
  todo.product.out.accumulate = true;
  return sums_mn;
}

/// Rounds what was too long a sum for c_mn's dtype.
void put_sums(const Tensor& c_mn, const Tensor& sums_mn) {
  if (!c_mn.is_same(sums_mn)) {
    c_mn.copy_(sums_mn);
  }
}

/// The sums of a new product.
Tensor new_sums(KernelProduct& todo, at::ScalarType dtype) {
  cpu::Product& product = todo.product;
  const auto wide = needs_wide_sum(dtype, product.inner) ? at::kFloat : dtype;
  Tensor sums_mn = at::empty({product.rows, product.columns}, wide);
  product.out = cpu::output_of(sums_mn);
  return sums_mn;
}

void add_bias(KernelProduct& todo, at::ScalarType dtype, const Tensor& bias_n) {
  cpu::Product& product = todo.product;
  check(bias_n.numel() == product.columns, ErrorKind::invalid_argument,
        "matrix product: a bias of {} for {} columns", bias_n.numel(), product.columns);
  todo.bias32_n = bias_n.detach().to(dtype).to(at::kFloat).contiguous();
  product.out.bias = todo.bias32_n.const_data_ptr<float>();
}

constexpr std::int64_t kMostSummedRows = 2048;
constexpr std::int64_t kLeastSums = 1 << 16;

/// Whether LibTorch is faster than kernels without tiles and gives the same bytes with any number
/// of threads: in bfloat16 with tiles (AMX) on 32 rows or more, except sums over rows (gradients of
/// weights) that oneDNN would cut into as many parts as there are threads. In float32 it never
/// does: how MKL shares a product, one of few rows, of short sums or odd widths above all, shows in
/// the sums. If one factor must be converted first, it is not faster.
bool is_for_library(const cpu::Kernels& kernels, const Tensor& a_mk, const Tensor& b_kn) {
  if (!kernels.gemm.has_pairs || kernels.gemm.has_tiles || !has_bfloat16_tiles() ||
      a_mk.scalar_type() != at::kBFloat16 || b_kn.scalar_type() != at::kBFloat16) {
    return false;
  }
  const auto rows = a_mk.size(0), inner = a_mk.size(1);
  const bool sums_rows = a_mk.stride(1) != 1;
  const bool is_cut = inner > kMostSummedRows || rows * b_kn.size(1) < kLeastSums;
  return rows >= 32 && !(sums_rows && is_cut);
}

}  // namespace

Tensor factor_beside(const Tensor& b, const Tensor& a) {
  return cpu::kernels_for(a, b) != nullptr ? rounded_beside(b, a) : b.to(a.scalar_type());
}

Tensor matrix_product_with(const cpu::Kernels& kernels, const Tensor& a_mk, const Tensor& b_kn,
                           const Tensor& bias_n, const AddedProduct& added) {
  const MatrixProduct product{a_mk, b_kn, bias_n, added};
  return matrix_products_with(kernels, {&product, 1})[0];
}

std::vector<Tensor> matrix_products_with(const cpu::Kernels& kernels,
                                         std::span<const MatrixProduct> products) {
  std::vector<KernelProduct> todo;
  std::vector<cpu::Product> at_once;
  std::vector<Tensor> out;
  todo.reserve(products.size());
  for (const auto& [a_mk, b_kn, bias_n, added, sum_mn] : products) {
    todo.emplace_back(a_mk, b_kn, added);
    if (sum_mn.defined()) {
      check_sum(sum_mn, a_mk, b_kn);
    }
    out.push_back(sum_mn.defined() ? old_sums(todo.back(), sum_mn)
                                   : new_sums(todo.back(), a_mk.scalar_type()));
    if (bias_n.defined()) {
      add_bias(todo.back(), a_mk.scalar_type(), bias_n);
    }
    at_once.push_back(todo.back().product);
  }
  cpu::gemm(kernels.gemm, at_once);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& [a_mk, b_kn, bias_n, added, sum_mn] = products[i];
    if (sum_mn.defined()) {
      put_sums(sum_mn, out[i]);
      out[i] = sum_mn;
    } else {
      out[i] = out[i].to(a_mk.scalar_type());
    }
  }
  return out;
}

void add_matrix_product_with_(const cpu::Kernels& kernels, const Tensor& c_mn, const Tensor& a_mk,
                              const Tensor& b_kn) {
  KernelProduct todo(a_mk, b_kn);
  check_sum(c_mn, a_mk, b_kn);
  const Tensor sums_mn = old_sums(todo, c_mn);
  double squares = 0;
  todo.product.squares = &squares;
  cpu::gemm(kernels.gemm, std::array{todo.product});
  put_sums(c_mn, sums_mn);
  set_known_squares(c_mn, squares);
}

Tensor outer_product_with(const cpu::Kernels& kernels, const Tensor& left_km,
                          const Tensor& right_kn, at::ScalarType dtype) {
  KernelProduct todo(left_km.t(), right_kn);
  const Tensor sums_mn = new_sums(todo, dtype);
  double squares = 0;
  todo.product.squares = &squares;
  cpu::gemm(kernels.gemm, std::array{todo.product});
  Tensor out_mn = sums_mn.to(dtype);
  set_known_squares(out_mn, squares);
  return out_mn;
}

Tensor matrix_product(const Tensor& a_mk, const Tensor& b_kn, const Tensor& bias_n,
                      const AddedProduct& added) {
  const auto* kernels = cpu::kernels_for(a_mk, b_kn);
  if (kernels != nullptr && !is_for_library(*kernels, a_mk, b_kn)) {
    return matrix_product_with(*kernels, a_mk, b_kn, bias_n, added);
  }
  const Tensor sums_mn = matrix_product_reference(a_mk, b_kn, bias_n);
  if (added.defined()) {
    add_matrix_product_(sums_mn, added.a_mr, added.b_rn);
  }
  return sums_mn;
}

std::vector<Tensor> matrix_products(std::span<const MatrixProduct> products) {
  const auto* kernels =
      products.empty() ? nullptr : cpu::kernels_for(products.front().a_mk, products.front().b_kn);
  const bool together =
      kernels != nullptr && std::ranges::all_of(products, [&](const MatrixProduct& product) {
        return cpu::kernels_for(product.a_mk, product.b_kn) == kernels &&
               !is_for_library(*kernels, product.a_mk, product.b_kn);
      });
  if (together) {
    return matrix_products_with(*kernels, products);
  }
  std::vector<Tensor> out;
  for (const auto& [a_mk, b_kn, bias_n, added, sum_mn] : products) {
    const Tensor product_mn = matrix_product(a_mk, b_kn, bias_n, added);
    out.push_back(sum_mn.defined() ? sum_mn.add_(product_mn) : product_mn);
  }
  return out;
}

Tensor outer_product(const Tensor& left_km, const Tensor& right_kn, at::ScalarType dtype) {
  const auto* kernels = cpu::kernels_for(left_km, right_kn);
  const bool fits = dtype == at::kFloat || dtype == at::kBFloat16;
  if (kernels != nullptr && fits && !is_for_library(*kernels, left_km.t(), right_kn)) {
    return outer_product_with(*kernels, left_km, right_kn, dtype);
  }
  return matrix_product(left_km.t(), right_kn).to(dtype);
}

void add_matrix_product_(const Tensor& c_mn, const Tensor& a_mk, const Tensor& b_kn) {
  const auto* kernels = cpu::kernels_for(c_mn, a_mk) ? cpu::kernels_for(a_mk, b_kn) : nullptr;
  if (kernels != nullptr && c_mn.is_contiguous() && !is_for_library(*kernels, a_mk, b_kn)) {
    add_matrix_product_with_(*kernels, c_mn, a_mk, b_kn);
  } else {
    add_matrix_product_reference_(c_mn, a_mk, b_kn);
  }
}

Tensor matrix_product_reference(const Tensor& a_mk, const Tensor& b_kn, const Tensor& bias_n) {
  const auto dtype = a_mk.scalar_type();
  return bias_n.defined() ? at::addmm(bias_n.to(dtype), a_mk, b_kn.to(dtype))
                          : a_mk.mm(b_kn.to(dtype));
}

void add_matrix_product_reference_(const Tensor& c_mn, const Tensor& a_mk, const Tensor& b_kn) {
  const Tensor b = b_kn.to(a_mk.scalar_type());
  if (c_mn.scalar_type() == a_mk.scalar_type()) {
    c_mn.addmm_(a_mk, b);
  } else {
    c_mn.add_(a_mk.mm(b));
  }
}

}  // namespace automodel::ops
