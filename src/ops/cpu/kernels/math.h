#pragma once
// Functions of whole registers, to about one unit in the last place.
// Source of the polynomials: Moshier, Cephes (expf, tanhf).

#include "ops/cpu/kernels/vec.h"

namespace automodel::ops::cpu::AM_ISA {

/// Below every logit; its exponential is nothing beside another's.
inline constexpr float kLowest = -3.0e38F;

/// e^x; x below -87 counts as -87, above 88 as 88.
AM_INLINE Vec vexp(Vec x) {
  x = vmin(vset(88.0F), vmax(vset(-87.0F), x));  // in this order: what is no number stays so
  const Vec n = vround(vmul(x, vset(1.44269504088896341F)));
  Vec r = vfma(n, vset(-0.693359375F), x);
  r = vfma(n, vset(2.12194440e-4F), r);
  Vec p = vset(1.9875691500e-4F);
  p = vfma(p, r, vset(1.3981999507e-3F));
  p = vfma(p, r, vset(8.3334519073e-3F));
  p = vfma(p, r, vset(4.1665795894e-2F));
  p = vfma(p, r, vset(1.6666665459e-1F));
  p = vfma(p, r, vset(5.0000001201e-1F));
  p = vadd(vfma(p, vmul(r, r), r), vset(1.0F));
  return vscale(p, n);
}

AM_INLINE float exp_of(float x) {
  alignas(64) float out[kWidth];
  vstore(out, vexp(vset(x)));
  return out[0];
}

AM_INLINE Vec vtanh(Vec x) {
  const Vec z = vmul(x, x);
  Vec p = vset(-5.70498872745e-3F);
  p = vfma(p, z, vset(2.06390887954e-2F));
  p = vfma(p, z, vset(-5.37397155531e-2F));
  p = vfma(p, z, vset(1.33314422036e-1F));
  p = vfma(p, z, vset(-3.33332819422e-1F));
  const Vec near = vfma(vmul(p, z), x, x);
  const Vec size = vmax(x, vsub(vset(0), x));
  const Vec e = vexp(vadd(size, size));
  const Vec far = vsub(vset(1), vdiv(vset(2), vadd(e, vset(1))));
  const Vec signed_far = vpick(x, vset(0), vsub(vset(0), far), far);
  return vpick(size, vset(0.625F), near, signed_far);
}

}  // namespace automodel::ops::cpu::AM_ISA
