#pragma once

namespace automodel::text::jinja {

/// One visitor made of lambdas, for std::visit.
template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace automodel::text::jinja
