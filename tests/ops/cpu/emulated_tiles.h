#pragma once
// Included before kernels that use tiles (AMX), for tests on processors without them: the same
// instructions, number by number.

#include <immintrin.h>

#include <cstdint>

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps

/// Inline and of one name in all sources: a kernel's constructor that is not inlined comes from
/// any.
namespace emulated {

struct EmulatedTile {
  int rows = 0, row_bytes = 0;  // of the configuration; 0: there is none
  float entries[16][16] = {};
};

inline thread_local EmulatedTile emulated_tiles[8];

inline EmulatedTile& configured_tile(int number) {
  EmulatedTile& tile = emulated_tiles[number];
  if (tile.rows == 0 || tile.row_bytes == 0) {
    __builtin_trap();  // as the processor would
  }
  return tile;
}

inline void configure_tiles(const void* shapes) {
  const auto* bytes = static_cast<const unsigned char*>(shapes);
  for (int i = 0; i < 8; ++i) {
    EmulatedTile tile;
    tile.row_bytes = bytes[16 + 2 * i] + 256 * bytes[17 + 2 * i];
    tile.rows = bytes[48 + i];
    if (bytes[0] != 1 || tile.rows > 16 || tile.row_bytes > 64 || tile.row_bytes % 4 != 0) {
      __builtin_trap();
    }
    emulated_tiles[i] = tile;
  }
}

inline void release_tiles() {
  for (EmulatedTile& tile : emulated_tiles) {
    tile = {};
  }
}

inline void zero_tile(int number) {
  EmulatedTile& tile = configured_tile(number);
  __builtin_memset(tile.entries, 0, sizeof(tile.entries));
}

inline void load_tile(int number, const void* from, long long stride) {
  zero_tile(number);
  EmulatedTile& tile = configured_tile(number);
  for (int r = 0; r < tile.rows; ++r) {
    const char* row = static_cast<const char*>(from) + r * stride;
    __builtin_memcpy(tile.entries[r], row, static_cast<unsigned>(tile.row_bytes));
  }
}

inline void store_tile(int number, void* to, long long stride) {
  const EmulatedTile& tile = configured_tile(number);
  for (int r = 0; r < tile.rows; ++r) {
    char* row = static_cast<char*>(to) + r * stride;
    __builtin_memcpy(row, tile.entries[r], static_cast<unsigned>(tile.row_bytes));
  }
}

/// The float32 whose upper half is the lower or the upper half of x.
inline float half_of_entry(float x, int upper) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  bits = upper == 1 ? bits & 0xffff0000U : bits << 16;
  __builtin_memcpy(&x, &bits, sizeof(x));
  return x;
}

inline void multiply_add_tiles(int sums, int left, int right) {
  EmulatedTile& c = configured_tile(sums);
  const EmulatedTile& a = configured_tile(left);
  const EmulatedTile& b = configured_tile(right);
  if (a.rows != c.rows || b.row_bytes != c.row_bytes || a.row_bytes != 4 * b.rows) {
    __builtin_trap();
  }
  for (int r = 0; r < c.rows; ++r) {
    for (int step = 0; step < b.rows; ++step) {
      for (int column = 0; column < c.row_bytes / 4; ++column) {
        for (int upper = 0; upper < 2; ++upper) {
          c.entries[r][column] += half_of_entry(a.entries[r][step], upper) *
                                  half_of_entry(b.entries[step][column], upper);
        }
      }
    }
  }
}

}  // namespace emulated

#define _tile_loadconfig(shapes) emulated::configure_tiles(shapes)
#define _tile_release() emulated::release_tiles()
#define _tile_zero(number) emulated::zero_tile(number)
#define _tile_loadd(number, from, stride) emulated::load_tile(number, from, stride)
#define _tile_stored(number, to, stride) emulated::store_tile(number, to, stride)
#define _tile_dpbf16ps(sums, left, right) emulated::multiply_add_tiles(sums, left, right)
