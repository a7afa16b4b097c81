#pragma once
// Writes Megatron's and nanogpt's token files for tests.

#include <cstdint>
#include <string>
#include <vector>

#include "data/support.h"

namespace automodel::data {

template <typename T>
std::string as_bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
std::string as_bytes_of(T value) {
  return as_bytes(std::vector<T>{value});
}

struct IndexFile {
  std::uint64_t version = 1;
  std::uint8_t type = 4;  // int32
  std::vector<std::int32_t> lengths;
  std::vector<std::int64_t> pointers;

  std::string bytes() const {
    std::vector<std::int64_t> documents(lengths.size() + 1);
    for (std::size_t i = 0; i < documents.size(); ++i) {
      documents[i] = static_cast<std::int64_t>(i);
    }
    return std::string("MMIDIDX\0\0", 9) + as_bytes_of(version) + as_bytes_of(type) +
           as_bytes_of<std::uint64_t>(lengths.size()) +
           as_bytes_of<std::uint64_t>(documents.size()) + as_bytes(lengths) + as_bytes(pointers) +
           as_bytes(documents);
  }
};

inline IndexFile index_of(const std::vector<std::int32_t>& lengths, std::int64_t width = 4) {
  IndexFile index{.lengths = lengths};
  std::int64_t at = 0;
  for (const std::int32_t length : lengths) {
    index.pointers.push_back(at);
    at += length * width;
  }
  return index;
}

/// NAME.bin and NAME.idx of int32: document d has the tokens 100 * d, 100 * d + 1, ...
inline std::string write_indexed(const ScratchFolder& folder, const std::string& name,
                                 const std::vector<std::int32_t>& lengths) {
  std::vector<std::int32_t> tokens;
  for (std::size_t d = 0; d < lengths.size(); ++d) {
    for (std::int32_t t = 0; t < lengths[d]; ++t) {
      tokens.push_back(static_cast<std::int32_t>(100 * d) + t);
    }
  }
  folder.write(name + ".bin", as_bytes(tokens));
  folder.write(name + ".idx", index_of(lengths).bytes());
  return folder.path(name);
}

/// A token file of nanogpt.
template <typename T>
std::string nanogpt_bytes(const std::vector<T>& tokens, std::int32_t magic = 278895051) {
  std::vector<std::int32_t> header(256, 0);
  header[0] = magic;
  header[1] = 1;
  header[2] = static_cast<std::int32_t>(tokens.size());
  header[3] = magic == 278895051 ? static_cast<std::int32_t>(sizeof(T)) : 0;
  return as_bytes(header) + as_bytes(tokens);
}

}  // namespace automodel::data
