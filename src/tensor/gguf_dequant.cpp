#include "tensor/gguf_dequant.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "base/error.h"
#include "tensor/tensor_info.h"
#include "tensor/threads.h"

// Legend: d and m are a block's scale and minimum; a "sub-block" has scales of its own. In the K
// formats, 256 values are laid out as halves of 128, those as 4 groups of 32 that share the bytes
// of `low` (shifted by group), so that one load serves several groups.

namespace automodel {
namespace {

using Byte = std::uint8_t;
using Index = std::ptrdiff_t;

float half_at(const Byte* at) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof(bits));
  return c10::detail::fp16_ieee_to_fp32_value(bits);
}

template <typename T>
T load(const Byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

struct F32 {
  static void decode(const Byte* block, float* out) { *out = load<float>(block); }
};

struct F16 {
  static void decode(const Byte* block, float* out) { *out = half_at(block); }
};

struct Bf16 {
  static void decode(const Byte* block, float* out) {
    *out = std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(block)} << 16);
  }
};

struct Q8_0 {
  static void decode(const Byte* block, float* out) {
    const float d = half_at(block);
    for (int i = 0; i < 32; ++i) {
      out[i] = d * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
    }
  }
};

/// Nibbles i of 16 bytes: the low ones are values 0 to 15, the high ones 16 to 31.
struct Q4_0 {
  static void decode(const Byte* block, float* out) {
    const float d = half_at(block);
    for (int i = 0; i < 16; ++i) {
      out[i] = d * static_cast<float>((block[2 + i] & 15) - 8);
      out[i + 16] = d * static_cast<float>((block[2 + i] >> 4) - 8);
    }
  }
};

struct Q4_1 {
  static void decode(const Byte* block, float* out) {
    const float d = half_at(block);
    const float m = half_at(block + 2);
    for (int i = 0; i < 16; ++i) {
      out[i] = d * static_cast<float>(block[4 + i] & 15) + m;
      out[i + 16] = d * static_cast<float>(block[4 + i] >> 4) + m;
    }
  }
};

/// Bit i of `high` is the fifth bit of value i.
int five_bits(const Byte* nibbles, std::uint32_t high, int i) {
  const int low = i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4;
  return low | static_cast<int>((high >> i & 1) << 4);
}

struct Q5_0 {
  static void decode(const Byte* block, float* out) {
    const float d = half_at(block);
    const auto high = load<std::uint32_t>(block + 2);
    for (int i = 0; i < 32; ++i) {
      out[i] = d * static_cast<float>(five_bits(block + 6, high, i) - 16);
    }
  }
};

struct Q5_1 {
  static void decode(const Byte* block, float* out) {
    const float d = half_at(block);
    const float m = half_at(block + 2);
    const auto high = load<std::uint32_t>(block + 4);
    for (int i = 0; i < 32; ++i) {
      out[i] = d * static_cast<float>(five_bits(block + 8, high, i)) + m;
    }
  }
};

struct Q2_K {
  static void decode(const Byte* block, float* out) {
    const Byte* low = block + 16;
    const float d = half_at(block + 80);
    const float m = half_at(block + 82);
    for (Index sub = 0; sub < 16; ++sub) {
      const float scale = d * static_cast<float>(block[sub] & 15);
      const float minimum = m * static_cast<float>(block[sub] >> 4);
      const Index group = sub / 2;
      const Byte* bytes = low + group / 4 * 32 + sub % 2 * 16;
      for (int i = 0; i < 16; ++i) {
        const int q = bytes[i] >> (group % 4 * 2) & 3;
        out[sub * 16 + i] = scale * static_cast<float>(q) - minimum;
      }
    }
  }
};

struct Q3_K {
  static void decode(const Byte* block, float* out) {
    const Byte* mask = block;
    const Byte* low = block + 32;
    const float d = half_at(block + 108);
    for (Index sub = 0; sub < 16; ++sub) {
      const float scale = d * static_cast<float>(scale_of(block + 96, sub) - 32);
      const Index group = sub / 2;
      const Byte* bytes = low + group / 4 * 32 + sub % 2 * 16;
      const Byte* bits = mask + sub % 2 * 16;
      for (int i = 0; i < 16; ++i) {
        const int q = (bytes[i] >> (group % 4 * 2) & 3) - ((bits[i] >> group & 1) != 0 ? 0 : 4);
        out[sub * 16 + i] = scale * static_cast<float>(q);
      }
    }
  }
  /// 16 scales of 6 bits in 12 bytes: the low nibbles in the first 8, the high pairs in the last 4.
  static int scale_of(const Byte* packed, Index sub) {
    const int low = sub < 8 ? packed[sub] & 15 : packed[sub - 8] >> 4;
    const int high = packed[8 + sub % 4] >> (sub / 4 * 2) & 3;
    return low | high << 4;
  }
};

struct SixBits {
  int scale;
  int minimum;
};

/// The 8 scales and 8 minima of 6 bits that Q4_K and Q5_K pack into 12 bytes.
SixBits scale_and_minimum(const Byte* packed, Index sub) {
  if (sub < 4) {
    return {packed[sub] & 63, packed[sub + 4] & 63};
  }
  return {(packed[sub + 4] & 15) | (packed[sub - 4] >> 6) << 4,
          (packed[sub + 4] >> 4) | (packed[sub] >> 6) << 4};
}

struct Q4_K {
  static void decode(const Byte* block, float* out) {
    const float d = half_at(block);
    const float m = half_at(block + 2);
    for (Index sub = 0; sub < 8; ++sub) {
      const auto [s, n] = scale_and_minimum(block + 4, sub);
      const float scale = d * static_cast<float>(s);
      const float minimum = m * static_cast<float>(n);
      const Byte* bytes = block + 16 + sub / 2 * 32;
      const Index shift = sub % 2 * 4;
      for (int i = 0; i < 32; ++i) {
        out[sub * 32 + i] = scale * static_cast<float>(bytes[i] >> shift & 15) - minimum;
      }
    }
  }
};

struct Q5_K {
  static void decode(const Byte* block, float* out) {
    const float d = half_at(block);
    const float m = half_at(block + 2);
    const Byte* high = block + 16;
    for (Index sub = 0; sub < 8; ++sub) {
      const auto [s, n] = scale_and_minimum(block + 4, sub);
      const float scale = d * static_cast<float>(s);
      const float minimum = m * static_cast<float>(n);
      const Byte* bytes = block + 48 + sub / 2 * 32;
      const Index shift = sub % 2 * 4;
      for (int i = 0; i < 32; ++i) {
        const int q = (bytes[i] >> shift & 15) | (high[i] >> sub & 1) << 4;
        out[sub * 32 + i] = scale * static_cast<float>(q) - minimum;
      }
    }
  }
};

struct Q6_K {
  static void decode(const Byte* block, float* out) {
    const float d = half_at(block + 208);
    for (Index sub = 0; sub < 16; ++sub) {
      const float scale = d * static_cast<float>(static_cast<std::int8_t>(block[192 + sub]));
      const Index half = sub / 8;
      const Index group = sub / 2 % 4;
      const Byte* low = block + half * 64 + group % 2 * 32 + sub % 2 * 16;
      const Byte* high = block + 128 + half * 32 + sub % 2 * 16;
      for (int i = 0; i < 16; ++i) {
        const int q = (low[i] >> (group / 2 * 4) & 15) | (high[i] >> (group * 2) & 3) << 4;
        out[sub * 16 + i] = scale * static_cast<float>(q - 32);
      }
    }
  }
};

struct Q8_K {
  static void decode(const Byte* block, float* out) {
    const float d = load<float>(block);
    for (int i = 0; i < 256; ++i) {
      out[i] = d * static_cast<float>(static_cast<std::int8_t>(block[4 + i]));
    }
  }
};

/// Twice the E2M1 values, under a power of two that is stored halved.
struct Mxfp4 {
  static constexpr std::array<float, 16> kValues = {0, 1,  2,  3,  4,  6,  8,  12,
                                                    0, -1, -2, -3, -4, -6, -8, -12};
  static void decode(const Byte* block, float* out) {
    const std::uint32_t exponent = block[0];
    const std::uint32_t bits = exponent < 2 ? 0x0020'0000U << exponent : (exponent - 1) << 23;
    const float d = std::bit_cast<float>(bits);
    for (std::size_t i = 0; i < 16; ++i) {
      out[i] = d * kValues[block[1 + i] & 15];
      out[i + 16] = d * kValues[block[1 + i] >> 4];
    }
  }
};

struct Decoding {
  const Byte* blocks;
  float* values;
  const GgmlFormat& format;
  std::int64_t num_blocks;
};

template <typename Format>
void decode_all(const Decoding& job) {
  constexpr std::int64_t kGrainValues = 1 << 15;
  const std::int64_t grain = kGrainValues / job.format.block_values;
  const std::int64_t chunks = (job.num_blocks + grain - 1) / grain;
  for_each_task(chunks, [&](std::int64_t chunk, std::int64_t /*worker*/) {
    const std::int64_t end = std::min((chunk + 1) * grain, job.num_blocks);
    for (std::int64_t i = chunk * grain; i < end; ++i) {
      Format::decode(job.blocks + i * job.format.block_bytes,
                     job.values + i * job.format.block_values);
    }
  });
}

void decode(const Decoding& job) {
  switch (job.format.type) {
    case GgmlType::f32:
      return decode_all<F32>(job);
    case GgmlType::f16:
      return decode_all<F16>(job);
    case GgmlType::bf16:
      return decode_all<Bf16>(job);
    case GgmlType::q8_0:
      return decode_all<Q8_0>(job);
    case GgmlType::q4_0:
      return decode_all<Q4_0>(job);
    case GgmlType::q4_1:
      return decode_all<Q4_1>(job);
    case GgmlType::q5_0:
      return decode_all<Q5_0>(job);
    case GgmlType::q5_1:
      return decode_all<Q5_1>(job);
    case GgmlType::q2_k:
      return decode_all<Q2_K>(job);
    case GgmlType::q3_k:
      return decode_all<Q3_K>(job);
    case GgmlType::q4_k:
      return decode_all<Q4_K>(job);
    case GgmlType::q5_k:
      return decode_all<Q5_K>(job);
    case GgmlType::q6_k:
      return decode_all<Q6_K>(job);
    case GgmlType::q8_k:
      return decode_all<Q8_K>(job);
    case GgmlType::mxfp4:
      return decode_all<Mxfp4>(job);
  }
}

}  // namespace

Tensor dequantize(GgmlType type, std::span<const std::byte> blocks, at::IntArrayRef shape) {
  const GgmlFormat& format = ggml_format(type);
  const auto count = num_elements({at::kFloat, shape.vec()});
  const auto num_blocks = static_cast<std::int64_t>(blocks.size()) / format.block_bytes;
  check(static_cast<std::int64_t>(blocks.size()) % format.block_bytes == 0 && count.has_value() &&
            *count == num_blocks * format.block_values,
        ErrorKind::invalid_argument, "{} bytes of {} do not make a tensor of shape {}",
        blocks.size(), format.name, shape_text(shape.vec()));
  Tensor values = at::empty(shape, at::kFloat);
  decode(
      {reinterpret_cast<const Byte*>(blocks.data()), values.data_ptr<float>(), format, num_blocks});
  return values;
}

}  // namespace automodel
