#include "ops/cpu/kernels/rows.h"

#include "ops/cpu/kernels/elements.h"

namespace automodel::ops::cpu::AM_ISA {
namespace {

/// Each lane keeps its own largest logit and sum, so that one reading suffices.
template <class Stored>
float log_sum(const Row<Stored>& z, Index size) {
  Vec largest = vset(kLowest), sum = vset(0);
  for (Index i = 0; i < size; i += kWidth) {
    const Index n = size - i;
    const Vec x = vwithin(0, n, z.load(i, n), vset(kLowest));
    const Vec raised = vmax(largest, x);
    sum = vmul(sum, vexp(vsub(largest, raised)));
    sum = vadd(sum, vwithin(0, n, vexp(vsub(x, raised)), vset(0)));
    largest = raised;
  }
  const float all = vlargest(largest);
  sum = vmul(sum, vexp(vsub(largest, vset(all))));
  return all + __builtin_logf(vsum(sum));
}

template <class Stored>
float mean_of(const Row<Stored>& z, Index size) {
  Vec sum = vset(0);
  for (Index i = 0; i < size; i += kWidth) {
    sum = vadd(sum, z.load(i, size - i));
  }
  return vsum(sum) / static_cast<float>(size);
}

/// total: logsumexp(z).
template <class Stored>
float loss_value(const LossRow& task, const Row<Stored>& z, float total, float of_label) {
  float out = total - of_label;
  if (task.label_smoothing != 0) {
    const float uniform = total - mean_of(z, task.size);
    out = (1 - task.label_smoothing) * out + task.label_smoothing * uniform;
  }
  return task.z_loss == 0 ? out : out + task.z_loss * total * total;
}

/// The gradient with respect to z is p * (1 + 2 z_loss * total) - label_smoothing / size, at the
/// label less 1 - label_smoothing.
template <class Stored>
float loss_of(const LossRow& task) {
  const Row<Stored> z(task.logits);
  const float total = log_sum(z, task.size);
  const Row<Stored> label(task.logits, task.label);
  const float of_label = vsum(label.load(0, 1));
  const float out = loss_value(task, z, total, of_label);
  if (!task.wants_gradient) {
    return out;
  }
  const float slope = task.weight * task.scale;
  const float raised = 1 + 2 * task.z_loss * total;
  const float uniform = task.label_smoothing / static_cast<float>(task.size);
  const auto gradient = [&](Vec x, Vec share, float by) {
    Vec grad = vfma(share, vset(by), vset(-uniform * slope));
    if (task.softcap != 0) {
      const Vec t = vmul(x, vset(1 / task.softcap));
      grad = vmul(grad, vsub(vset(1), vmul(t, t)));
    }
    return grad;
  };
  const float share = exp_of(of_label - total) * raised - (1 - task.label_smoothing);
  for (Index i = 0; i < task.size; i += kWidth) {
    const Vec x = z.load(i, task.size - i);
    z.store(i, task.size - i, gradient(x, vexp(vsub(x, vset(total))), raised * slope));
  }
  label.store(0, 1, gradient(vset(of_label), vset(share), slope));
  return out;
}

float loss(const LossRow& task) {
  return task.logits.storage == Storage::float32 ? loss_of<StoredFloat32>(task)
                                                 : loss_of<StoredBfloat16>(task);
}

/// A gate's value at g, and its slope.
struct GateAt {
  Vec value, slope;
};

AM_INLINE GateAt silu_at(Vec g, float alpha) {
  const Vec s = vsigmoid(vmul(g, vset(alpha)));
  const Vec rest = vmul(vmul(vset(alpha), g), vsub(vset(1), s));
  return {vmul(g, s), vmul(s, vadd(vset(1), rest))};
}

/// (1 + tanh(x)) / 2 is sigmoid(2 x), which keeps its precision where the sum cancels.
AM_INLINE GateAt gelu_tanh_at(Vec g) {
  constexpr float kTwice = 2 * 0.7978845608F;
  const Vec square = vmul(g, g);
  const Vec s = vsigmoid(vmul(vmul(vset(kTwice), g), vfma(vset(0.044715F), square, vset(1))));
  const Vec steep = vmul(vset(kTwice), vfma(vset(3 * 0.044715F), square, vset(1)));
  const Vec value = vmul(g, s);
  return {value, vfma(vmul(value, vsub(vset(1), s)), steep, s)};
}

/// gate(g) * u and its two partial derivatives.
struct GluAt {
  Vec value, by_gate, by_up;
};

AM_INLINE GluAt glu_at(const GluTask& task, Vec g, Vec u) {
  if (task.kind == Gate::clamped) {
    const Vec limit = vset(task.limit), lowest = vset(-task.limit);
    const GateAt gate = silu_at(vmin(limit, g), task.alpha);
    const Vec above = vadd(vmin(limit, vmax(lowest, u)), vset(1));
    const Vec slope = vpick(limit, g, vset(0), gate.slope);
    const Vec inside = vpick(limit, u, vset(0), vpick(u, lowest, vset(0), gate.value));
    return {vmul(gate.value, above), vmul(slope, above), inside};
  }
  const GateAt gate = task.kind == Gate::silu ? silu_at(g, 1) : gelu_tanh_at(g);
  return {vmul(gate.value, u), vmul(gate.slope, u), gate.value};
}

/// 1 where the gate stands alone.
template <class Stored>
AM_INLINE Vec load_up(const Row<Stored>& up, Index i, Index n) {
  return up.data == nullptr ? vset(1) : up.load(i, n);
}

template <class Stored>
void glu_forward(const GluTask& task) {
  const Row<Stored> gate(task.gate), up(task.up), out(task.out);
  for (Index i = 0; i < task.size; i += kWidth) {
    const Index n = task.size - i;
    out.store(i, n, glu_at(task, gate.load(i, n), load_up(up, i, n)).value);
  }
}

template <class Stored>
float glu_back(const GluTask& task) {
  const Row<Stored> gate(task.gate), up(task.up), out(task.out), grad(task.grad);
  const Row<Stored> grad_gate(task.grad_gate), grad_up(task.grad_up);
  const Vec weight = vset(task.weight);
  Vec grad_weight = vset(0);
  for (Index i = 0; i < task.size; i += kWidth) {
    const Index n = task.size - i;
    const GluAt at = glu_at(task, gate.load(i, n), load_up(up, i, n));
    const Vec of_out = grad.load(i, n);  // 0 behind the end
    grad_weight = vfma(of_out, at.value, grad_weight);
    const Vec g = vmul(of_out, weight);
    if (out.data != nullptr) {
      out.store(i, n, vmul(at.value, weight));
    }
    grad_gate.store(i, n, vmul(g, at.by_gate));
    if (grad_up.data != nullptr) {
      grad_up.store(i, n, vmul(g, at.by_up));
    }
  }
  return vsum(grad_weight);
}

void glu(const GluTask& task) {
  task.gate.storage == Storage::float32 ? glu_forward<StoredFloat32>(task)
                                        : glu_forward<StoredBfloat16>(task);
}

float glu_backward(const GluTask& task) {
  return task.gate.storage == Storage::float32 ? glu_back<StoredFloat32>(task)
                                               : glu_back<StoredBfloat16>(task);
}

/// The sum's entries from i, kRegisters of them if so many are left.
template <class Stored, Index kRegisters>
void sum_entries(const RowSum& task, Index i) {
  Vec sum[kRegisters];
#pragma GCC unroll 4
  for (Vec& part : sum) {
    part = vset(0);
  }
  for (Index r = 0; r < task.rows; ++r) {
    const Row<Stored> x(task.x, (task.index == nullptr ? r : task.index[r]) * task.width);
    const Vec weight = vset(task.weights == nullptr ? 1 : task.weights[r]);
#pragma GCC unroll 4
    for (Index v = 0; v < kRegisters; ++v) {
      const Index at = i + v * kWidth;
      sum[v] = vfma(weight, x.load(at, task.width - at), sum[v]);
    }
  }
  const Row<Stored> out(task.out);
#pragma GCC unroll 4
  for (Index v = 0; v < kRegisters; ++v) {
    const Index at = i + v * kWidth;
    out.store(at, task.width - at, sum[v]);
  }
}

template <class Stored>
void sum_rows_as(const RowSum& task) {
  constexpr Index kRegisters = 4;
  constexpr Index kAtOnce = kRegisters * kWidth;
  Index i = 0;
  for (; i + kAtOnce <= task.width; i += kAtOnce) {
    sum_entries<Stored, kRegisters>(task, i);
  }
  for (; i < task.width; i += kWidth) {
    sum_entries<Stored, 1>(task, i);
  }
}

void sum_rows(const RowSum& task) {
  task.x.storage == Storage::float32 ? sum_rows_as<StoredFloat32>(task)
                                     : sum_rows_as<StoredBfloat16>(task);
}

/// x, or x + residual, which is stored.
template <class Stored>
AM_INLINE Vec entry(const Row<Stored>& x, const Row<Stored>& residual, const Row<Stored>& sum,
                    Index i, Index n) {
  if (residual.data == nullptr) {
    return x.load(i, n);
  }
  const Vec y = rounded(Stored(), vadd(x.load(i, n), residual.load(i, n)));
  sum.store(i, n, y);
  return y;
}

/// Of what `at` gives for each register of a row, in four sums, so that one need not wait for the
/// other.
template <class At>
AM_INLINE float sum_over(Index width, const At& at) {
  constexpr Index kStep = 4 * Index{kWidth};
  Vec sums[4] = {vset(0), vset(0), vset(0), vset(0)};
  Index i = 0;
  for (; i + kStep <= width; i += kStep) {
#pragma GCC unroll 4
    for (Index k = 0; k < 4; ++k) {
      sums[k] = vadd(sums[k], at(i + k * kWidth, kWidth));
    }
  }
  for (; i < width; i += kWidth) {
    sums[0] = vadd(sums[0], at(i, width - i));
  }
  return vsum(vadd(vadd(sums[0], sums[1]), vadd(sums[2], sums[3])));
}

/// x less the mean of its row, which only a layer norm takes off.
template <bool kCentred>
AM_INLINE Vec centred(Vec x, Vec mean) {
  return kCentred ? vsub(x, mean) : x;
}

template <class Stored, bool kCentred>
void norm_forward(const NormTask& task) {
  const auto size = static_cast<float>(task.width);
  for (Index row = 0; row < task.rows; ++row) {
    const Index at = row * task.width;
    const Row<Stored> x(task.x, at), residual(task.residual, at), sum(task.sum, at);
    const Row<Stored> out(task.out, at);
    const Row<Stored>& from = residual.data == nullptr ? x : sum;
    const float first = sum_over(task.width, [&](Index i, Index n) {
      const Vec y = entry(x, residual, sum, i, n);
      return kCentred ? y : vmul(y, y);
    });
    const Vec mean = vset(kCentred ? first / size : 0);
    float squares = first;
    if (kCentred) {
      task.mean[row] = first / size;
      squares = sum_over(task.width, [&](Index i, Index n) {
        const Vec y = vwithin(0, n, vsub(from.load(i, n), mean), vset(0));
        return vmul(y, y);
      });
    }
    const float inverse = 1 / __builtin_sqrtf(squares / size + task.eps);
    task.inverse[row] = inverse;
    for (Index i = 0; i < task.width; i += kWidth) {
      const Index n = task.width - i;
      Vec y = vmul(centred<kCentred>(from.load(i, n), mean), vset(inverse));
      if (task.gain != nullptr) {
        y = task.round_before_gain ? rounded(Stored(), y) : y;
        y = vmul(y, vload(task.gain + i, n));
      }
      y = task.bias == nullptr ? y : vadd(y, vload(task.bias + i, n));
      out.store(i, n, y);
    }
  }
}

template <class Stored, bool kCentred>
void norm_back(const NormTask& task) {
  const auto size = static_cast<float>(task.width);
  for (Index row = 0; row < task.rows; ++row) {
    const Index at = row * task.width;
    const Row<Stored> x(task.x, at), grad(task.grad, at), grad_x(task.grad_x, at);
    const Row<Stored> residual(task.residual, at);
    const Vec inverse = vset(task.inverse[row]), mean = vset(kCentred ? task.mean[row] : 0);
    const auto normed_at = [&](Index i, Index n) {
      return vmul(centred<kCentred>(x.load(i, n), mean), inverse);
    };
    const auto with_gain = [&](Vec g, Index i, Index n) {
      return task.gain == nullptr ? g : vmul(g, vload(task.gain + i, n));
    };
    Vec along = vset(0), all = vset(0);
    for (Index i = 0; i < task.width; i += kWidth) {
      const Index n = task.width - i;
      const Vec normed = normed_at(i, n);
      Vec g = grad.load(i, n);
      if (task.grad_gain != nullptr) {
        vstore(task.grad_gain + i, vfma(g, normed, vload(task.grad_gain + i, n)), n);
      }
      if (task.grad_bias != nullptr) {
        vstore(task.grad_bias + i, vadd(g, vload(task.grad_bias + i, n)), n);
      }
      g = with_gain(g, i, n);
      along = vfma(g, normed, along);
      all = kCentred ? vadd(all, g) : all;
    }
    if (grad_x.data == nullptr) {
      continue;
    }
    const Vec mean_along = vset(vsum(along) / size), mean_grad = vset(vsum(all) / size);
    for (Index i = 0; i < task.width; i += kWidth) {
      const Index n = task.width - i;
      const Vec g = centred<kCentred>(with_gain(grad.load(i, n), i, n), mean_grad);
      const Vec own = vmul(vsub(g, vmul(normed_at(i, n), mean_along)), inverse);
      grad_x.store(i, n, residual.data == nullptr ? own : vadd(own, residual.load(i, n)));
    }
  }
}

template <class Stored>
void norm_of(const NormTask& task) {
  task.mean == nullptr ? norm_forward<Stored, false>(task) : norm_forward<Stored, true>(task);
}

template <class Stored>
void norm_backward_of(const NormTask& task) {
  task.mean == nullptr ? norm_back<Stored, false>(task) : norm_back<Stored, true>(task);
}

void norm(const NormTask& task) {
  task.x.storage == Storage::float32 ? norm_of<StoredFloat32>(task) : norm_of<StoredBfloat16>(task);
}

void norm_backward(const NormTask& task) {
  task.x.storage == Storage::float32 ? norm_backward_of<StoredFloat32>(task)
                                     : norm_backward_of<StoredBfloat16>(task);
}

}  // namespace

RowKernels row_kernels() {
  return {.loss = loss,
          .glu = glu,
          .glu_backward = glu_backward,
          .sum_rows = sum_rows,
          .norm = norm,
          .norm_backward = norm_backward};
}

}  // namespace automodel::ops::cpu::AM_ISA
