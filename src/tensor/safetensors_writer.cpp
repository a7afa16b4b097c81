#include "tensor/safetensors_writer.h"

#include <ATen/ATen.h>

#include <map>

#include "base/error.h"
#include "base/file.h"

namespace automodel {
namespace {

void write_tensor(AtomicFile& file, const NamedInfo& expected, const Tensor& tensor) {
  check(tensor.defined(), ErrorKind::invalid_argument, "tensor '{}' is undefined", expected.name);
  const TensorInfo found = info_of(tensor);
  check(found == expected.info, ErrorKind::invalid_argument,
        "tensor '{}' is {}, but {} was announced", expected.name, to_string(found),
        to_string(expected.info));
  const Tensor dense = tensor.detach().cpu().contiguous().resolve_conj().resolve_neg();
  file.write({static_cast<const char*>(dense.const_data_ptr()), dense.nbytes()});
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const NamedInfo> tensors,
                       const TensorProvider& provider, const SafetensorsMetadata& metadata) {
  const ErrorContext context{"writing {}", path.string()};
  const auto ordered = safetensors_order(tensors);
  const auto header = render_safetensors_header(ordered, metadata);
  AtomicFile file(path);
  file.write(header);
  for (const NamedInfo& tensor : ordered) {
    write_tensor(file, tensor, provider(tensor.name));
  }
  file.commit();
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const SafetensorsMetadata& metadata) {
  std::vector<NamedInfo> infos;
  std::map<std::string_view, Tensor> by_name;
  for (const auto& [name, tensor] : tensors) {
    infos.push_back({name, info_of(tensor)});
    by_name.emplace(name, tensor);
  }
  write_safetensors(
      path, infos, [&](const std::string& name) { return by_name.at(name); }, metadata);
}

}  // namespace automodel
