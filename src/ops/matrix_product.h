#pragma once
// Products of two matrices, of float32 or bfloat16, by our own kernels where they exist.

#include <ATen/core/TensorBody.h>

#include <span>
#include <vector>

#include "ops/cpu/kernels.h"

namespace automodel::ops {

using at::Tensor;

/// A product with few terms that is added to another one: a [m, r] in the other's dtype, b [r, n];
/// undefined: none.
struct AddedProduct {
  Tensor a_mr, b_rn;
  bool defined() const { return a_mr.defined(); }
};

/// a b + bias in a's dtype: a_mk [m, k], b_kn [k, n], bias_n [n] or undefined. b may be stored in
/// another dtype than a: bfloat16 is widened to a's float32 exactly, float32 is rounded to a's
/// bfloat16. Sums in float32. Our kernels add `added` before they round. No autograd.
Tensor matrix_product(const Tensor& a_mk, const Tensor& b_kn, const Tensor& bias_n = {},
                      const AddedProduct& added = {});

/// One of several products, as matrix_product() takes it.
struct MatrixProduct {
  Tensor a_mk, b_kn, bias_n;
  AddedProduct added;
  /// Defined: contiguous, in a's dtype; the product is added to it, and it is the result.
  Tensor sum_mn = {};
};

/// Products that do not need each other, computed together: who has done his part of one goes on
/// with the next. Large ones first.
std::vector<Tensor> matrix_products(std::span<const MatrixProduct> products);

/// A gradient: the sum over rows left^T right in `dtype`, left_km [k, m], right_kn [k, n]; our
/// kernels tell its squares (known_squares.h).
Tensor outer_product(const Tensor& left_km, const Tensor& right_kn, at::ScalarType dtype);

/// c += a b, in place, a gradient as well; c_mn contiguous, of any of both dtypes.
void add_matrix_product_(const Tensor& c_mn, const Tensor& a_mk, const Tensor& b_kn);

/// b in the dtype in which products with `a` take it without converting it again: its own where the
/// kernels widen it, else a's. For a factor of several products.
Tensor factor_beside(const Tensor& b, const Tensor& a);

/// The plain references.
Tensor matrix_product_reference(const Tensor& a_mk, const Tensor& b_kn, const Tensor& bias_n = {});
void add_matrix_product_reference_(const Tensor& c_mn, const Tensor& a_mk, const Tensor& b_kn);

/// The same with the kernels of one instruction set, for tests and measurements.
Tensor matrix_product_with(const cpu::Kernels& kernels, const Tensor& a_mk, const Tensor& b_kn,
                           const Tensor& bias_n = {}, const AddedProduct& added = {});
std::vector<Tensor> matrix_products_with(const cpu::Kernels& kernels,
                                         std::span<const MatrixProduct> products);
Tensor outer_product_with(const cpu::Kernels& kernels, const Tensor& left_km,
                          const Tensor& right_kn, at::ScalarType dtype);
void add_matrix_product_with_(const cpu::Kernels& kernels, const Tensor& c_mn, const Tensor& a_mk,
                              const Tensor& b_kn);

}  // namespace automodel::ops
