#include "models/check_sizes.h"

#include <fmt/ranges.h>

#include <string_view>
#include <utility>
#include <variant>

#include "base/error.h"
#include "spec/parameters.h"

namespace automodel::models {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 42;

bool is_possible(const std::vector<std::int64_t>& shape) {
  std::int64_t room = kMostElements;
  for (const std::int64_t size : shape) {
    if (size < 1) {
      return false;
    }
    room /= size;
  }
  return room > 0;
}

void check_reach(const spec::Gqa& mixer, const std::string& source) {
  for (const auto& [name, size] :
       {std::pair("window", mixer.window), std::pair("chunk", mixer.chunk)}) {
    check(size.value_or(1) > 0, ErrorKind::corrupt_data,
          "{}: the attention's {} is {}; it must be at least 1, or null for none", source, name,
          size.value_or(1));
  }
}

/// Angles that are no numbers, or that turn the other way, would not be seen in the shapes.
void check_rope(const spec::Rope& rope, const std::string& source) {
  const auto check_positive = [&](std::string_view what, auto value) {
    check(value > 0, ErrorKind::corrupt_data, "{}: {} of the RoPE is {}; it must be above 0",
          source, what, value);
  };
  check(rope.dim >= 0, ErrorKind::corrupt_data, "{}: the RoPE would turn {} entries of a head",
        source, rope.dim);
  check_positive("theta", rope.theta);
  const auto check_scaling = [&](const auto& scaling) {
    if constexpr (requires { scaling.factor; }) {
      check_positive("the factor", scaling.factor);
    }
    if constexpr (requires { scaling.original_positions; }) {
      check_positive("original_max_position_embeddings", scaling.original_positions);
    }
  };
  std::visit(check_scaling, rope.scaling);
}

}  // namespace

void check_sizes(const spec::ModelSpec& model, const std::string& source) {
  for (const auto& parameter : spec::parameters(model)) {
    check(is_possible(parameter.shape), ErrorKind::corrupt_data,
          "{}: {} would have the shape [{}]; check the sizes there", source, parameter.name,
          fmt::join(parameter.shape, ", "));
  }
  check(model.final_norm.eps >= 0, ErrorKind::corrupt_data,
        "{}: the norms' epsilon is {}; it must not be negative", source, model.final_norm.eps);
  for (const auto& layer : model.layers) {
    const auto rope = std::visit([](const auto& mixer) { return mixer.rope; }, layer.mixer);
    if (rope) {
      check_rope(*rope, source);
    }
    if (const auto* gqa = std::get_if<spec::Gqa>(&layer.mixer)) {
      check_reach(*gqa, source);
    }
  }
}

}  // namespace automodel::models
