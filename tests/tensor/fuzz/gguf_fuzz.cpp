// A GGUF file of any content: refused with an Error, or its tensors can be read to their last byte,
// and what its metadata says of the model and the vocabulary.

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string_view>

#include "base/error.h"
#include "tensor/gguf.h"
#include "tensor/gguf_config.h"
#include "tensor/gguf_vocabulary.h"
#include "tests/base/fuzz/input_file.h"

namespace {

using namespace automodel;  // NOLINT(google-build-using-namespace)

void run(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const InputFile input(".gguf");
  const std::string path = input.write({reinterpret_cast<const char*>(data), size});
  run([&] {
    const GgufFile file(path);
    for (const GgufTensor& tensor : file.tensors()) {
      run([&] { file.tensor(tensor.name).clone(); });
    }
    run([&] { gguf_config(file); });
    run([&] { gguf_vocabulary(file); });
  });
  return 0;
}
