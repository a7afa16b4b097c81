#include "ops/grouped_product.h"

#include <ATen/ATen.h>

#include <numeric>

#include "base/meter.h"
#include "ops/cpu/operands.h"
#include "ops/known_squares.h"
#include "ops/matrix_product.h"

namespace automodel::ops {
namespace {

constexpr std::int64_t kStreamedElements = 1 << 24;  // 64 MiB: more than caches keep

double product_flops(std::int64_t pairs, std::int64_t m, std::int64_t n) {
  return 2.0 * static_cast<double>(pairs) * static_cast<double>(m * n);
}

/// The stack, or a copy if neither dimension of its matrices is contiguous.
Tensor with_contiguous_matrices(const Tensor& x_ekn) {
  return x_ekn.stride(1) == 1 || x_ekn.stride(2) == 1 ? x_ekn : x_ekn.contiguous();
}

/// What becomes of a product beside its place.
struct Into {
  Tensor y_pn;
  Tensor bias_en;  // float32; or undefined
  bool adds = false;
  AddedGroupedProduct added;
};

void multiply(const cpu::Kernels& kernels, const Rows& rows, const GroupCounts& counts_e,
              const Tensor& weight_ekn, const Into& into) {
  std::vector<cpu::Product> products;
  const Tensor weight_enk = weight_ekn.transpose(1, 2);
  for_each_group(counts_e, [&](std::int64_t e, std::int64_t begin, std::int64_t count) {
    if (count == 0) {
      return;
    }
    auto out = cpu::output_of(into.y_pn.narrow(0, begin, count));
    out.bias = into.bias_en.defined() ? into.bias_en[e].const_data_ptr<float>() : nullptr;
    out.accumulate = into.adds;
    products.push_back({.a = operand_of(rows, begin, false),
                        .b = cpu::operand_of(weight_enk[e]),
                        .out = out,
                        .rows = count,
                        .columns = weight_ekn.size(2),
                        .inner = weight_ekn.size(1)});
    if (into.added.defined()) {
      products.back().added = {operand_of({into.added.rows_pr, {}}, begin, false),
                               cpu::operand_of(into.added.weight_ern[e].t()),
                               into.added.rows_pr.size(1)};
    }
  });
  cpu::gemm(kernels.gemm, products);
}

void multiply(const cpu::Kernels& kernels, const GroupedOuterProduct& of,
              const std::vector<std::int64_t>& groups, const Tensor& out_gmn) {
  const auto all = outer_products(of);
  std::vector<cpu::Product> products;
  std::vector<double> squares(groups.size());
  for (const auto e : groups) {
    const std::size_t g = products.size();
    products.push_back(all[static_cast<std::size_t>(e)]);
    products.back().out = cpu::output_of(out_gmn[static_cast<std::int64_t>(g)]);
    products.back().out.streams = out_gmn.numel() >= kStreamedElements;
    products.back().squares = &squares[g];
  }
  cpu::gemm(kernels.gemm, products);
  set_known_squares(out_gmn, std::accumulate(squares.begin(), squares.end(), 0.0));
}

/// LibTorch's grouped product is for a GPU's bfloat16 and rows of whole 16 bytes.
bool is_for_library(const Tensor& a, const Tensor& b) {
  const auto fits = [](const Tensor& x) {
    return x.is_cuda() && x.scalar_type() == at::kBFloat16 && x.size(-1) % 8 == 0 &&
           (x.dim() == 2 || x.size(-2) % 8 == 0);
  };
  return fits(a) && fits(b);
}

/// Where each group ends among the pairs.
Tensor ends_of(const GroupCounts& counts_e, at::Device device) {
  const Tensor counts = at::tensor(counts_e, at::kInt);
  return counts.cumsum(0, at::kInt).to(device);
}

Tensor library_product(const Rows& rows, const GroupCounts& counts_e, const Tensor& weight_ekn) {
  return at::_grouped_mm(rows_of(rows, 0, num_pairs(rows)).contiguous(), weight_ekn,
                         ends_of(counts_e, weight_ekn.device()));
}

/// One row of the stack for each pair.
Tensor by_pair(const Tensor& stack_en, const GroupCounts& counts_e, std::int64_t pairs) {
  const Tensor counts = at::tensor(counts_e, at::kLong).to(stack_en.device());
  return at::repeat_interleave(stack_en, counts, 0, pairs);
}

/// A group without pairs has a product of zeros.
Tensor library_outer_product(const GroupedOuterProduct& of) {
  const Tensor a_pm = rows_of(of.left, 0, num_pairs(of.left)).contiguous();
  const Tensor b_pn = rows_of(of.right, 0, num_pairs(of.right)).contiguous();
  Tensor out_emn = at::_grouped_mm(a_pm.t(), b_pn, ends_of(of.counts_e, a_pm.device()));
  for_each_group(of.counts_e, [&](std::int64_t e, std::int64_t, std::int64_t count) {
    if (count == 0) {
      out_emn[e].zero_();
    }
  });
  return out_emn;
}

/// As the kernels take it beside these rows.
AddedGroupedProduct beside(const AddedGroupedProduct& added, const Rows& rows) {
  return added.defined()
             ? AddedGroupedProduct{added.rows_pr, with_contiguous_matrices(
                                                      factor_beside(added.weight_ern, rows.matrix))}
             : added;
}

void add_(const Tensor& y_pn, const GroupCounts& counts_e, const AddedGroupedProduct& added) {
  if (added.defined()) {
    add_grouped_product_(y_pn, {added.rows_pr, {}}, counts_e, added.weight_ern);
  }
}

}  // namespace

Tensor grouped_product(const Rows& rows, const GroupCounts& counts_e, const Tensor& weight_ekn,
                       const Tensor& bias_en, const AddedGroupedProduct& added) {
  const OperationTimer timer(
      "product", product_flops(num_pairs(rows), weight_ekn.size(1), weight_ekn.size(2)));
  const Tensor weight = with_contiguous_matrices(factor_beside(weight_ekn, rows.matrix));
  if (is_for_library(rows.matrix, weight)) {
    const Tensor y_pn = library_product(rows, counts_e, weight);
    if (bias_en.defined()) {
      y_pn.add_(by_pair(bias_en, counts_e, num_pairs(rows)));
    }
    add_(y_pn, counts_e, added);
    return y_pn;
  }
  const Tensor y_pn = at::empty({num_pairs(rows), weight_ekn.size(2)}, rows.matrix.options());
  if (const auto* kernels = kernels_for(rows, weight)) {
    const Tensor bias32 =
        bias_en.defined()
            ? bias_en.detach().to(rows.matrix.scalar_type()).to(at::kFloat).contiguous()
            : Tensor();
    multiply(*kernels, rows, counts_e, weight, {y_pn, bias32, false, beside(added, rows)});
    return y_pn;
  }
  for_each_group(counts_e, [&](std::int64_t e, std::int64_t begin, std::int64_t count) {
    if (count > 0) {
      y_pn.narrow(0, begin, count)
          .copy_(matrix_product_reference(rows_of(rows, begin, count), weight[e],
                                          bias_en.defined() ? bias_en[e] : bias_en));
    }
  });
  add_(y_pn, counts_e, added);
  return y_pn;
}

void add_grouped_product_(const Tensor& y_pn, const Rows& rows, const GroupCounts& counts_e,
                          const Tensor& weight_ekn, const AddedGroupedProduct& added) {
  const OperationTimer timer(
      "product", product_flops(num_pairs(rows), weight_ekn.size(1), weight_ekn.size(2)));
  const Tensor weight = with_contiguous_matrices(factor_beside(weight_ekn, rows.matrix));
  if (const auto* kernels = kernels_for(rows, weight);
      kernels != nullptr && cpu::kernels_for(y_pn, weight) != nullptr) {
    multiply(*kernels, rows, counts_e, weight, {y_pn, {}, true, beside(added, rows)});
    return;
  }
  add_(y_pn, counts_e, added);
  if (is_for_library(rows.matrix, weight)) {
    y_pn.add_(library_product(rows, counts_e, weight));
    return;
  }
  for_each_group(counts_e, [&](std::int64_t e, std::int64_t begin, std::int64_t count) {
    if (count > 0) {
      add_matrix_product_reference_(y_pn.narrow(0, begin, count), rows_of(rows, begin, count),
                                    weight[e]);
    }
  });
}

Tensor grouped_outer_product(const GroupedOuterProduct& of, at::ScalarType dtype) {
  if (is_for_library(of.left.matrix, of.right.matrix)) {
    const OperationTimer timer("gradient of weight",
                               product_flops(num_pairs(of.left), of.m(), of.n()));
    return library_outer_product(of).to(dtype);
  }
  std::vector<std::int64_t> all(of.counts_e.size());
  std::iota(all.begin(), all.end(), 0);
  return grouped_outer_product(of, all, dtype);
}

Tensor grouped_outer_product(const GroupedOuterProduct& of, const std::vector<std::int64_t>& groups,
                             at::ScalarType dtype) {
  const auto& [left, right, counts_e] = of;
  const auto pairs = std::accumulate(groups.begin(), groups.end(), std::int64_t{0},
                                     [&](std::int64_t sum, std::int64_t e) {
                                       return sum + counts_e[static_cast<std::size_t>(e)];
                                     });
  const OperationTimer timer("gradient of weight", product_flops(pairs, of.m(), of.n()));
  Tensor out_gmn = at::empty({static_cast<std::int64_t>(groups.size()), of.m(), of.n()},
                             left.matrix.options().dtype(dtype));
  if (const auto* kernels = kernels_for(left, right.matrix);
      kernels != nullptr && kernels_for(right, out_gmn) != nullptr) {
    multiply(*kernels, of, groups, out_gmn);
    return out_gmn;
  }
  for (std::int64_t g = 0; const auto e : groups) {
    const auto first = counts_e.begin();
    const auto begin = std::accumulate(first, first + e, std::int64_t{0});
    const auto count = counts_e[static_cast<std::size_t>(e)];
    const Tensor a = rows_of(left, begin, count), b = rows_of(right, begin, count);
    out_gmn[g++].copy_(matrix_product_reference(a.t(), b));
  }
  return out_gmn;
}

}  // namespace automodel::ops
