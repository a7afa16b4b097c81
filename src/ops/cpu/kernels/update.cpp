#include "ops/cpu/kernels/update.h"

#include "ops/cpu/kernels/elements.h"
#include "ops/cpu/kernels/two.h"

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

/// Weights that are float32, or bfloat16 without a remainder. `random` is all 32 bits of an entry.
template <class Stored>
struct WholeWeights {
  explicit WholeWeights(const AdamTask& task) : weight(task.weight) {}
  AM_INLINE Vec load(Index i, Index n) const { return weight.load(i, n); }
  AM_INLINE void store(Index i, Index n, Vec x, Bits random) const {
    store_at_random(weight, i, n, x, bright<8>(random));
  }
  AM_INLINE Two load_both(Index i) const { return load_two(weight, i); }
  AM_INLINE void store_both(Index i, const Two& x, const TwoBits& random) const {
    store_at_random(weight, i, x, {bright<8>(random.even), bright<8>(random.odd)});
  }
  Row<Stored> weight;
};

/// The upper half, rounded to the nearest, and what it is off: 16 bits (Element std::uint16_t), or
/// their upper 8, to which the others are rounded at random.
template <class Element>
struct SplitWeights {
  explicit SplitWeights(const AdamTask& task)
      : weight(task.weight), remainder(static_cast<Element*>(task.remainder)) {}
  AM_INLINE Vec load(Index i, Index n) const {
    return of_bits(
        badd(upper_from(load_some(weight.data + i, n)), signed_from(load_some(remainder + i, n))));
  }
  AM_INLINE void store(Index i, Index n, Vec x, Bits random) const {
    const Bits bits = raised(bnumber(x, bits_of(x), bset(kNotANumber)), bright<16>(random));
    store_some(weight.data + i, n, upper_of(badd(bits, bset(0x8000))));
    store_some(remainder + i, n, lower_of(bits));  // signed: what the rounding is off
  }
  AM_INLINE Two load_both(Index i) const {
    const Two upper = load_two(weight, i);
    const TwoBits lower = load_remainders(remainder + i);
    return {of_bits(badd(bits_of(upper.even), lower.even)),
            of_bits(badd(bits_of(upper.odd), lower.odd))};
  }
  AM_INLINE void store_both(Index i, const Two& x, const TwoBits& random) const {
    const TwoBits upper = upper_of(random);
    const TwoBits bits{raised(bits_of(x.even), upper.even), raised(bits_of(x.odd), upper.odd)};
    store_upper(weight.data + i, {badd(bits.even, bset(0x8000)), badd(bits.odd, bset(0x8000))});
    store_remainders(remainder + i, bits);
  }
  AM_INLINE static Bits raised(Bits bits, Bits random) {
    return sizeof(Element) == 2 ? bits : badd(bits, band(random, bset(0xff)));
  }
  Row<StoredBfloat16> weight;
  Element* remainder;
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

  struct State {
    Vec weight, average, square;
  };

  /// All but the weight's step.
  AM_INLINE State with_gradient(const State& old, Vec gradient_of_loss) const {
    Vec g = vmul(gradient_of_loss, vset(task.grad_scale));
    g = vfma(old.weight, vset(task.l2), g);
    const Vec g2 = vmul(vmul(g, g), vset(task.rest2));
    return {old.weight, vfma(old.average, vset(task.beta1), vmul(g, vset(task.rest1))),
            vfma(old.square, vset(task.beta2), g2)};
  }

  AM_INLINE Vec stepped(const State& now, Vec denominator) const {
    const Vec root = vfma(vsqrt(denominator), vset(task.root_scale), vset(task.eps));
    const Vec step = vdiv(vmul(now.average, vset(-task.step_size)), root);
    // One rounding, said here: the compiler would make it one in some places and two in others.
    return vfma(now.weight, vset(task.shrink), step);
  }

  /// kWidth entries, or n of them.
  AM_INLINE void at(Index i, Index n) const {
    const Bits random = random_bits(task.noise + static_cast<std::uint32_t>(i));
    const State now = with_gradient({weight.load(i, n), average.load(i, n), square.load(i, n)},
                                    gradient.load(i, n));
    store_at_random(average, i, n, now.average, random);
    store_at_random(square, i, n, now.square, bright<16>(random));
    Vec denominator = now.square;
    if (largest.data != nullptr) {
      denominator = vmax(largest.load(i, n), now.square);  // in this order: no number stays none
      store_at_random(largest, i, n, denominator, bright<16>(random));
    }
    weight.store(i, n, stepped(now, denominator), random);
  }

  /// 2 * kWidth entries, without amsgrad: the same results. A new weight is a number only if all
  /// that it is made of are.
  AM_INLINE void at_both(Index i) const {
    if (task.ahead > 0) {
      ask(i + task.ahead);
    }
    const Two w = weight.load_both(i), m = load_two(average, i), v = load_two(square, i);
    const Two g = load_two(gradient, i);
    const State even = with_gradient({w.even, m.even, v.even}, g.even);
    const State odd = with_gradient({w.odd, m.odd, v.odd}, g.odd);
    const Two stepped_w{stepped(even, even.square), stepped(odd, odd.square)};
    if (any_not_number(stepped_w.even, stepped_w.odd)) {
      at(i, kWidth);
      at(i + kWidth, kWidth);
      return;
    }
    const TwoBits random = two_random_bits(task.noise + static_cast<std::uint32_t>(i));
    store_at_random(average, i, {even.average, odd.average}, random);
    store_at_random(square, i, {even.square, odd.square}, upper_of(random));
    weight.store_both(i, stepped_w, random);
  }

  /// For the lines of 2 * kWidth entries.
  AM_INLINE void ask(Index i) const {
    ask_for(weight.weight.data + i);
    ask_for(average.data + i);
    ask_for(square.data + i);
    if constexpr (requires { weight.remainder; }) {
      ask_for(weight.remainder + i);
    }
  }
  template <class Element>
  AM_INLINE static void ask_for(const Element* p) {
    __builtin_prefetch(p, 0, 2);
    if constexpr (kPair * sizeof(Element) > 64) {
      __builtin_prefetch(p + kWidth, 0, 2);
    }
  }

  AM_INLINE void run() const {
    Index i = 0;
    if constexpr (kHasHalves) {
      for (; largest.data == nullptr && i + kPair <= task.size; i += kPair) {
        at_both(i);
      }
    }
    for (; i + kWidth <= task.size; i += kWidth) {
      if (task.ahead > 0 && i % kPair == 0) {
        ask(i + task.ahead);
      }
      at(i, kWidth);
    }
    if (i < task.size) {
      at(i, task.size - i);
    }
  }

  static constexpr bool kHasHalves = sizeof(*Weights::weight.data) + sizeof(*Row<Average>::data) +
                                         sizeof(*Row<Square>::data) +
                                         sizeof(*Row<Gradient>::data) !=
                                     4 * sizeof(float);
  const AdamTask task;  // a copy, which no store can change: the loop keeps it in registers
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
    task.remainder_bytes == 1 ? adam_of<SplitWeights<std::uint8_t>>(task)
                              : adam_of<SplitWeights<std::uint16_t>>(task);
  } else if (task.weight.storage == Storage::float32) {
    adam_of<WholeWeights<StoredFloat32>>(task);
  } else {
    adam_of<WholeWeights<StoredBfloat16>>(task);
  }
}

}  // namespace

UpdateKernels update_kernels() { return {.sum_of_squares = sum_of_squares, .adam = adam}; }

}  // namespace automodel::ops::cpu::AM_ISA
