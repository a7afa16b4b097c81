// What test_gguf_dequant.py, test_gguf_weights.py and test_safetensors_writer.py of tests/parity
// call: this module's readers and writers, from file to file.

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <functional>
#include <map>

#include "base/error.h"
#include "tensor/gguf_config.h"
#include "tensor/gguf_weights.h"
#include "tensor/safetensors.h"
#include "tensor/safetensors_shards.h"

namespace automodel {
namespace {

using Arguments = std::vector<std::string>;

std::vector<NamedInfo> infos_of(const WeightSource& source) {
  std::vector<NamedInfo> infos;
  for (const std::string& name : source.names()) {
    infos.push_back({name, source.info(name)});
  }
  return infos;
}

/// copy FOLDER OUT_FOLDER MAX_SHARD_BYTES
void copy(const Arguments& arguments) {
  const auto source = open_folder_weights(arguments.at(0));
  write_sharded_safetensors(
      arguments.at(1), infos_of(*source),
      [&](const std::string& name) { return source->tensor(name); }, std::stoll(arguments.at(2)));
}

/// dequantize IN.gguf OUT.safetensors: every tensor under its own name as float32.
void dequantize_all(const Arguments& arguments) {
  const GgufFile file(arguments.at(0));
  std::vector<NamedInfo> infos;
  for (const GgufTensor& tensor : file.tensors()) {
    infos.push_back({tensor.name, {at::kFloat, tensor.shape}});
  }
  write_safetensors(arguments.at(1), infos,
                    [&](const std::string& name) { return file.tensor(name).to(at::kFloat); });
}

/// weights IN.gguf OUT.safetensors: every weight under its Hugging Face name.
void weights(const Arguments& arguments) {
  const auto source = open_gguf_weights(std::make_shared<const GgufFile>(arguments.at(0)));
  write_safetensors(arguments.at(1), infos_of(*source),
                    [&](const std::string& name) { return source->tensor(name); });
}

/// config IN.gguf
void config(const Arguments& arguments) {
  fmt::print("{}\n", gguf_config(GgufFile(arguments.at(0))).dump(2));
}

int run(const std::string& command, const Arguments& arguments) {
  const std::map<std::string, std::function<void(const Arguments&)>> commands = {
      {"copy", copy}, {"dequantize", dequantize_all}, {"weights", weights}, {"config", config}};
  try {
    commands.at(command)(arguments);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace automodel

int main(int argc, char** argv) {
  return argc < 2 ? 2 : automodel::run(argv[1], {argv + 2, argv + argc});
}
