#pragma once
// What a backward computes again instead of finding it kept.

#include <cstdint>
#include <string_view>

namespace automodel {

enum class Recompute : std::uint8_t {
  off,
  selective,  // the products of a feed-forward's inner width, the widest of a layer
  full        // whole blocks
};

constexpr std::string_view recompute_name(Recompute recompute) {
  switch (recompute) {
    case Recompute::off:
      return "off";
    case Recompute::selective:
      return "selective";
    case Recompute::full:
      break;
  }
  return "full";
}

}  // namespace automodel
