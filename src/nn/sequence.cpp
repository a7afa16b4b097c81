#include "nn/sequence.h"

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/random.h"

namespace automodel::nn {
namespace {

/// theta^(2j / dim) for j in 0 .. dim/2 - 1, in float32 as Transformers has it.
Tensor wavelengths(double theta, std::int64_t dim) {
  const Tensor exponents =
      at::arange(0, dim, 2, at::kLong).to(at::kFloat) / static_cast<double>(dim);
  return at::pow(theta, exponents);
}

struct FrequencyVisitor {
  const spec::Rope& rope;
  std::int64_t length;

  Tensor plain() const { return wavelengths(rope.theta, rope.dim).reciprocal(); }

  RopeFrequencies operator()(std::monostate) const { return {plain(), 1}; }

  RopeFrequencies operator()(const spec::LinearScaling& s) const { return {plain() / s.factor, 1}; }

  RopeFrequencies operator()(const spec::ProportionalScaling& s) const {
    const Tensor still = at::arange(rope.dim / 2).ge(s.turned / 2);
    return {plain().masked_fill(still, 0) / s.factor, 1};
  }

  RopeFrequencies operator()(const spec::DynamicScaling& s) const {
    const auto original = static_cast<double>(s.original_positions);
    const double longest = std::max(static_cast<double>(length), original);
    const auto dim = static_cast<double>(rope.dim);
    const double stretch = s.factor * longest / original - (s.factor - 1);
    const double theta = rope.theta * std::pow(stretch, dim / (dim - 2));
    return {wavelengths(theta, rope.dim).reciprocal(), 1};
  }

  RopeFrequencies operator()(const spec::Llama3Scaling& s) const {
    const auto original = static_cast<double>(s.original_positions);
    const Tensor inverse = plain();
    const Tensor wavelength = 2 * std::numbers::pi / inverse;
    const Tensor smooth =
        (original / wavelength - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
    const Tensor blended = (1 - smooth) * inverse / s.factor + smooth * inverse;
    const Tensor is_long = wavelength.gt(original / s.low_freq_factor);
    const Tensor is_short = wavelength.lt(original / s.high_freq_factor);
    return {at::where(is_short, inverse, at::where(is_long, inverse / s.factor, blended)), 1};
  }

  RopeFrequencies operator()(const spec::YarnScaling& s) const {
    const auto dim = static_cast<double>(rope.dim);
    const auto correction = [&](double rotations) {
      return dim *
             std::log(static_cast<double>(s.original_positions) /
                      (rotations * 2 * std::numbers::pi)) /
             (2 * std::log(rope.theta));
    };
    double low = correction(s.beta_fast);
    double high = correction(s.beta_slow);
    if (s.truncate) {
      low = std::floor(low);
      high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, dim - 1);
    high += low == high ? 0.001 : 0;
    const Tensor ramp = ((at::arange(rope.dim / 2, at::kFloat) - low) / (high - low)).clamp(0, 1);
    const Tensor extrapolated = plain();
    const Tensor interpolated = 1 / (s.factor * wavelengths(rope.theta, rope.dim));
    return {interpolated * ramp + extrapolated * (1 - ramp), s.attention_factor};
  }

  RopeFrequencies operator()(const spec::LongRopeScaling& s) const {
    const auto& factors = length > s.original_positions ? s.long_factor : s.short_factor;
    check(static_cast<std::int64_t>(factors.size()) * 2 == rope.dim, ErrorKind::corrupt_data,
          "longrope has {} factors for {} rotary entries; expected {}", factors.size(), rope.dim,
          rope.dim / 2);
    const Tensor scale = at::tensor(factors, at::kFloat);
    return {1 / (scale * wavelengths(rope.theta, rope.dim)), s.attention_factor};
  }
};

bool depends_on_length(const spec::Rope& rope) {
  return std::holds_alternative<spec::DynamicScaling>(rope.scaling) ||
         std::holds_alternative<spec::LongRopeScaling>(rope.scaling);
}

}  // namespace

const KvCache::Entry& KvCache::append(std::size_t layer, const Tensor& k_thk, const Tensor& v_thk) {
  Entry& entry = entries_[layer];
  entry.k_shk = entry.k_shk.defined() ? at::cat({entry.k_shk, k_thk}) : k_thk;
  entry.v_shk = entry.v_shk.defined() ? at::cat({entry.v_shk, v_thk}) : v_thk;
  return entry;
}

std::int64_t KvCache::length() const {
  return entries_.empty() || !entries_.front().k_shk.defined() ? 0 : entries_.front().k_shk.size(0);
}

std::optional<ops::Adapter> at_step(const std::optional<ops::Adapter>& adapter,
                                    const Sequence& sequence) {
  if (!adapter || adapter->dropout == 0) {
    return adapter;
  }
  auto out = adapter;
  out->dropout = sequence.training ? adapter->dropout : 0;
  RandomStream stream(sequence.dropout_seed, StreamPurpose::dropout, adapter->dropout_seed);
  out->dropout_seed = stream.next_u64();
  return out;
}

Tensor wanted(const Tensor& x_td, const Sequence& sequence) {
  return sequence.wanted_n.defined() ? x_td.index_select(0, sequence.wanted_n) : x_td;
}

ops::Linear at_step(const ops::Linear& layer, const Sequence& sequence) {
  return {layer.weight_oi, layer.bias_o, at_step(layer.adapter, sequence)};
}

RopeFrequencies rope_frequencies(const spec::Rope& rope, std::int64_t length) {
  auto frequencies = std::visit(FrequencyVisitor{rope, length}, rope.scaling);
  if (rope.clockwise) {
    frequencies.inverse_r = -frequencies.inverse_r;
  }
  return frequencies;
}

ops::RopeTables rope_tables(const spec::Rope& rope, const Tokens& tokens, at::ScalarType dtype) {
  const auto tables = [&](const Tensor& positions_t, std::int64_t length) {
    const auto frequencies = rope_frequencies(rope, length);
    return ops::rope_tables(positions_t, frequencies.inverse_r.to(positions_t.device()),
                            frequencies.attention_factor, rope.in_float32 ? at::kFloat : dtype);
  };
  if (!depends_on_length(rope)) {
    return tables(tokens.positions_t, 0);
  }
  std::vector<Tensor> cos;
  std::vector<Tensor> sin;
  for (std::size_t n = 0; n + 1 < tokens.cu_seqlens.size(); ++n) {
    const Tensor positions =
        tokens.positions_t.slice(0, tokens.cu_seqlens[n], tokens.cu_seqlens[n + 1]);
    const auto length = tokens.rope_lengths.empty() ? positions.max().item<std::int64_t>() + 1
                                                    : tokens.rope_lengths[n];
    const auto document = tables(positions, length);
    cos.push_back(document.cos_tr);
    sin.push_back(document.sin_tr);
  }
  return {at::cat(cos), at::cat(sin)};
}

Tensor position_temperature(const spec::PositionTemperature& temperature,
                            const Tensor& positions_t) {
  if (temperature.growth == spec::PositionTemperature::Growth::power) {
    const Tensor part_t = (positions_t.to(at::kFloat) + static_cast<double>(temperature.offset)) /
                          static_cast<double>(temperature.period);
    return at::exp(temperature.beta * at::log1p(part_t));
  }
  const Tensor turns_t =
      at::floor_divide(positions_t + temperature.offset, temperature.period).to(at::kFloat);
  return 1 + temperature.beta * at::log1p(turns_t);
}

}  // namespace automodel::nn
