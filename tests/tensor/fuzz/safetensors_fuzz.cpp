// A safetensors file of any content: refused with an Error, or every tensor can be read to its last
// byte.

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "tensor/safetensors.h"
#include "tests/base/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace automodel;
  static const InputFile file(".safetensors");
  const std::string path = file.write({reinterpret_cast<const char*>(data), size});
  try {
    const SafetensorsFile opened(path);
    for (const std::string& name : opened.names()) {
      if (opened.tensor(name).clone().numel() != num_elements(opened.info(name))) {
        std::abort();
      }
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) {
      std::abort();
    }
  }
  return 0;
}
