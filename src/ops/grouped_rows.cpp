#include "ops/grouped_rows.h"

#include "ops/cpu/operands.h"

namespace automodel::ops {

std::int64_t num_pairs(const Rows& rows) {
  return rows.index_p.defined() ? rows.index_p.numel() : rows.matrix.size(0);
}

Tensor rows_of(const Rows& rows, std::int64_t begin, std::int64_t count) {
  return rows.index_p.defined() ? rows.matrix.index_select(0, rows.index_p.narrow(0, begin, count))
                                : rows.matrix.narrow(0, begin, count);
}

const cpu::Kernels* kernels_for(const Rows& rows, const Tensor& other) {
  const bool readable =
      rows.matrix.stride(1) == 1 && (!rows.index_p.defined() || rows.index_p.is_contiguous());
  return readable ? cpu::kernels_for(rows.matrix, other) : nullptr;
}

cpu::Operand operand_of(const Rows& rows, std::int64_t begin, bool sums_pairs) {
  auto out = cpu::operand_of(rows.matrix);
  out.inner_contiguous = !sums_pairs;
  if (rows.index_p.defined()) {
    out.rows = rows.index_p.const_data_ptr<std::int64_t>() + begin;
  } else {
    out.data = rows.matrix.narrow(0, begin, rows.matrix.size(0) - begin).const_data_ptr();
  }
  return out;
}

bool can_update(const GroupedOuterProduct& of, const Tensor& weight_emn) {
  return of.n() % 2 == 0 && kernels_for(of.left, of.right.matrix) != nullptr &&
         kernels_for(of.right, weight_emn) != nullptr;
}

std::vector<cpu::Product> outer_products(const GroupedOuterProduct& of) {
  std::vector<cpu::Product> out;
  out.reserve(of.counts_e.size());
  for_each_group(of.counts_e, [&](std::int64_t, std::int64_t begin, std::int64_t count) {
    out.push_back({.a = operand_of(of.left, begin, true),
                   .b = operand_of(of.right, begin, true),
                   .out = {},
                   .rows = of.m(),
                   .columns = of.n(),
                   .inner = count,
                   .added = {},
                   .squares = nullptr,
                   .update = {}});
  });
  return out;
}

}  // namespace automodel::ops
