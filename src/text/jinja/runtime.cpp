#include "text/jinja/runtime.h"

#include "base/error.h"

namespace automodel::text::jinja {

Runtime::Runtime(const RenderLimits& limits, std::optional<std::int64_t> now)
    : limits_(limits), now_(now) {}

Runtime::~Runtime() {
  for (const auto& action : at_end_) {
    action();
  }
}

Runtime::Depth::Depth(Runtime& runtime) : depth_(runtime.depth_) {
  check(depth_ < runtime.limits_.depth, ErrorKind::invalid_argument,
        "the template nests statements, expressions and macro calls more than {} levels deep "
        "(limit 'depth'); does a macro call itself without end?",
        runtime.limits_.depth);
  ++depth_;
}

void Runtime::step(std::int64_t count) {
  steps_ += count;
  check(steps_ <= limits_.steps, ErrorKind::invalid_argument,
        "the template takes more than {} steps (limit 'steps'); does it loop without end?",
        limits_.steps);
}

std::size_t Runtime::entries(const Value& value) {
  if (const auto* text = value.as<String>()) {
    return text->text->size();
  }
  if (const auto* list = value.as<List>()) {
    return list->values().size();
  }
  if (const auto* tuple = value.as<Tuple>()) {
    return tuple->values().size();
  }
  const auto* dict = value.as<Dict>();
  return dict != nullptr ? (*dict)->size() : 0;
}

void Runtime::allocate(const Value& value) {
  constexpr std::size_t kBytesPerEntry = 64;
  const std::size_t size = entries(value) * (value.is<String>() ? 1 : kBytesPerEntry);
  allocated_ += static_cast<std::int64_t>(size + kBytesPerEntry);
  check(allocated_ <= limits_.allocated_bytes, ErrorKind::invalid_argument,
        "the template makes more than {} bytes of values (limit 'allocated_bytes')",
        limits_.allocated_bytes);
}

void Runtime::check_output(std::size_t bytes) const {
  check(static_cast<std::int64_t>(bytes) <= limits_.output_bytes, ErrorKind::invalid_argument,
        "the template writes more than {} bytes (limit 'output_bytes')", limits_.output_bytes);
}

}  // namespace automodel::text::jinja
