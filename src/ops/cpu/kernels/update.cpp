#include "ops/cpu/kernels/update.h"

#include "ops/cpu/kernels/elements.h"
#include "ops/cpu/kernels/rounding.h"

namespace automodel::ops::cpu::AM_ISA {
namespace {

constexpr Index kSumElements = 1024;  // of a sum in float32
constexpr Index kPair = Index{2} * kWidth;

template <class Stored>
double squares_of(const Elements& elements, Index size) {
  const Row<Stored> x(elements);
  double out = 0;
  for (Index begin = 0; begin < size; begin += kSumElements) {
    const Index end = begin + kSumElements < size ? begin + kSumElements : size;
    Vec even = vset(0), odd = vset(0);
    Index i = begin;
    for (; i + kPair <= end; i += kPair) {
      const Vec a = x.load(i, kWidth), b = x.load(i + kWidth, kWidth);
      even = vfma(a, a, even);
      odd = vfma(b, b, odd);
    }
    for (; i < end; i += kWidth) {
      const Vec a = x.load(i, end - i);
      even = vfma(a, a, even);
    }
    out += static_cast<double>(vsum(vadd(even, odd)));
  }
  return out;
}

double sum_of_squares(const Elements& elements, Index size) {
  return elements.storage == Storage::float32 ? squares_of<StoredFloat32>(elements, size)
                                              : squares_of<StoredBfloat16>(elements, size);
}

/// Weights that are float32, or bfloat16 without a remainder.
template <class Stored>
struct WholeWeights {
  explicit WholeWeights(const AdamTask& task) : weight(task.weight) {}
  AM_INLINE Vec load(Index i, Index n) const { return weight.load(i, n); }
  AM_INLINE void store(Index i, Index n, Vec x, std::uint32_t noise) const {
    store_at_random(weight, i, n, x, random_bits(noise + kWeightNoise));
  }
  Row<Stored> weight;
};

/// The upper half, rounded to the nearest, and what it is off.
struct SplitWeights {
  explicit SplitWeights(const AdamTask& task) : weight(task.weight), remainder(task.remainder) {}
  AM_INLINE Vec load(Index i, Index n) const {
    return of_bits(
        badd(upper_from(load_some(weight.data + i, n)), signed_from(load_some(remainder + i, n))));
  }
  AM_INLINE void store(Index i, Index n, Vec x, std::uint32_t /*noise*/) const {
    const Bits bits = bnumber(x, bits_of(x), bset(kNotANumber));
    const Halves upper = upper_of(badd(bits, bset(0x8000)));
    store_some(weight.data + i, n, upper);
    store_some(remainder + i, n, lower_of(bsub(bits, upper_from(upper))));
  }
  Row<StoredBfloat16> weight;
  std::uint16_t* remainder;
};

template <class Weights, class Average, class Square, class Gradient>
struct Adam {
  explicit Adam(const AdamTask& of)
      : task(of),
        weight(of),
        average(of.exp_avg),
        square(of.exp_avg_sq),
        largest(of.max_exp_avg_sq),
        gradient(of.grad) {}

  /// kWidth entries, or n of them.
  AM_INLINE void at(Index i, Index n) const {
    const std::uint32_t noise = task.noise + static_cast<std::uint32_t>(i);
    const Bits random = random_bits(noise);
    Vec w = weight.load(i, n);
    Vec g = vmul(gradient.load(i, n), vset(task.grad_scale));
    g = vfma(w, vset(task.l2), g);
    w = vmul(w, vset(task.shrink));
    const Vec m = vfma(average.load(i, n), vset(task.beta1), vmul(g, vset(task.rest1)));
    const Vec g2 = vmul(vmul(g, g), vset(task.rest2));
    Vec v = vfma(square.load(i, n), vset(task.beta2), g2);
    store_at_random(average, i, n, m, random);
    store_at_random(square, i, n, v, bright<16>(random));
    if (largest.data != nullptr) {
      v = vmax(v, largest.load(i, n));
      store_at_random(largest, i, n, v, bright<16>(random));
    }
    const Vec root = vfma(vsqrt(v), vset(task.root_scale), vset(task.eps));
    w = vsub(w, vdiv(vmul(m, vset(task.step_size)), root));
    weight.store(i, n, w, noise);
  }

  void run() const {
    Index i = 0;
    for (; i + kWidth <= task.size; i += kWidth) {
      at(i, kWidth);
    }
    if (i < task.size) {
      at(i, task.size - i);
    }
  }

  const AdamTask& task;
  Weights weight;
  Row<Average> average;
  Row<Square> square, largest;
  Row<Gradient> gradient;
};

/// use(StoredFloat32 or StoredBfloat16)
template <class Use>
AM_INLINE void with_storage(const Elements& elements, const Use& use) {
  if (elements.storage == Storage::float32) {
    use(StoredFloat32{});
  } else {
    use(StoredBfloat16{});
  }
}

template <class Weights>
void adam_of(const AdamTask& task) {
  with_storage(task.exp_avg, [&]<class Average>(Average) {
    with_storage(task.exp_avg_sq, [&]<class Square>(Square) {
      with_storage(task.grad, [&]<class Gradient>(Gradient) {
        Adam<Weights, Average, Square, Gradient>(task).run();
      });
    });
  });
}

void adam(const AdamTask& task) {
  if (task.remainder != nullptr) {
    adam_of<SplitWeights>(task);
  } else if (task.weight.storage == Storage::float32) {
    adam_of<WholeWeights<StoredFloat32>>(task);
  } else {
    adam_of<WholeWeights<StoredBfloat16>>(task);
  }
}

}  // namespace

UpdateKernels update_kernels() { return {.sum_of_squares = sum_of_squares, .adam = adam}; }

}  // namespace automodel::ops::cpu::AM_ISA
