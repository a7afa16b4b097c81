#include "models/check_sizes.h"

#include <fmt/ranges.h>

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

}  // namespace

void check_sizes(const spec::ModelSpec& model, const std::string& source) {
  for (const auto& parameter : spec::parameters(model)) {
    check(is_possible(parameter.shape), ErrorKind::corrupt_data,
          "{}: {} would have the shape [{}]; check the sizes there", source, parameter.name,
          fmt::join(parameter.shape, ", "));
  }
  for (const auto& layer : model.layers) {
    if (const auto* gqa = std::get_if<spec::Gqa>(&layer.mixer)) {
      check_reach(*gqa, source);
    }
  }
}

}  // namespace automodel::models
