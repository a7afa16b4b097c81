#include "ops/cpu/kernels/rope.h"

#include "ops/cpu/kernels/elements.h"

namespace automodel::ops::cpu::AM_ISA {
namespace {

/// One head: from x to out, by the angles of its token.
template <class Stored, class Table>
struct Head {
  Row<Stored> x, out;
  Row<Table> cos, sin;
};

/// Pair i is the entries i and i + pairs.
template <class Stored, class Table>
void rotate_halves(const Head<Stored, Table>& head, Index pairs, Vec sign) {
  for (Index i = 0; i < pairs; i += kWidth) {
    const Index n = pairs - i;
    const Vec cos = head.cos.load(i, n), sin = vmul(head.sin.load(i, n), sign);
    const Vec a = head.x.load(i, n), b = head.x.load(pairs + i, n);
    head.out.store(i, n, vsub(vmul(a, cos), vmul(b, sin)));
    head.out.store(pairs + i, n, vfma(a, sin, vmul(b, cos)));
  }
}

/// Pair i is the entries 2 i and 2 i + 1.
template <class Stored, class Table>
void rotate_neighbours(const Head<Stored, Table>& head, Index pairs, Vec sign) {
  const Vec signs = vmul(sign, valternate());
  for (Index i = 0; i < 2 * pairs; i += kWidth) {
    const Index n = 2 * pairs - i, entries = n < kWidth ? n / 2 : kWidth / 2;
    const Vec cos = vtwice(Table::load(head.cos.data + i / 2, entries));
    const Vec sin = vmul(vtwice(Table::load(head.sin.data + i / 2, entries)), signs);
    const Vec x = head.x.load(i, n);
    head.out.store(i, n, vfma(vswap(x), sin, vmul(x, cos)));
  }
}

template <class Stored, class Table>
void rotate(const RopeTask& task) {
  const Vec sign = vset(task.backwards ? -1.0F : 1.0F);
  const auto row_of = [](const HeadsView& view, Index token, Index head) {
    return Row<Stored>({view.data, view.storage},
                       token * view.token_stride + head * view.head_stride);
  };
  for (Index token = task.token_begin; token < task.token_end; ++token) {
    const Row<Table> cos(task.cos, token * task.pairs), sin(task.sin, token * task.pairs);
    for (Index h = 0; h < task.heads; ++h) {
      const Head<Stored, Table> head{row_of(task.x, token, h), row_of(task.out, token, h), cos,
                                     sin};
      task.interleaved ? rotate_neighbours(head, task.pairs, sign)
                       : rotate_halves(head, task.pairs, sign);
      for (Index i = 2 * task.pairs; i < task.width; i += kWidth) {
        head.out.store(i, task.width - i, head.x.load(i, task.width - i));
      }
    }
  }
}

template <class Stored>
void rotate_as(const RopeTask& task) {
  task.cos.storage == Storage::float32 ? rotate<Stored, StoredFloat32>(task)
                                       : rotate<Stored, StoredBfloat16>(task);
}

}  // namespace

void rope(const RopeTask& task) {
  task.x.storage == Storage::float32 ? rotate_as<StoredFloat32>(task)
                                     : rotate_as<StoredBfloat16>(task);
}

}  // namespace automodel::ops::cpu::AM_ISA
