#pragma once
// Numbers in memory as what is hashed or written.

#include <string_view>
#include <vector>

namespace automodel {

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace automodel
