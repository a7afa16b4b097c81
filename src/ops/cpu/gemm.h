#pragma once
// Packed matrix products, several at once.

#include <span>

#include "ops/cpu/kernels.h"

namespace automodel::ops::cpu {

/// A product a b^T that is added to another one before its sums are rounded.
struct AddedProduct {
  Operand a, b;
  Index inner = 0;  // 0: there is none
};

/// out = a b^T + added + bias, or added to out: a [rows, inner], b [columns, inner].
struct Product {
  Operand a, b;
  Output out;
  Index rows = 0, columns = 0, inner = 0;
  AddedProduct added;
  /// Set to the sum of squares of the entries of out, rounded or before it. Null: nobody asks;
  /// so it is where a product is added.
  double* squares = nullptr;
  /// Instead of going to out the product is the gradient of this update, entry by entry; of size 0:
  /// it goes to out. Its columns are even in number.
  AdamTask update = {};
};

/// Computes all products, which must not overlap in memory. Sums are float32, and each is taken in
/// one order whatever the number of threads and the other products: the same inputs give the same
/// bytes. Both operands bfloat16: multiplied as such where the instruction set can, else widened.
/// A sum is rounded once.
void gemm(const GemmKernels& kernels, std::span<const Product> products);

/// Computes products that are gradients of updates, which are done while the gradients are in the
/// caches. Otherwise as gemm().
void update_by_products(const Kernels& kernels, std::span<const Product> products);

/// Longest inner dimension, in steps, that is packed at once for an output in float32; one in
/// bfloat16 has any packed as a whole, which is slower beyond this.
inline constexpr Index kMaxSteps = 2048;

}  // namespace automodel::ops::cpu
