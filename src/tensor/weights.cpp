#include "tensor/weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/safetensors_text.h"
#include "base/text.h"
#include "tensor/safetensors.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

class FolderWeights final : public WeightSource {
 public:
  explicit FolderWeights(std::vector<SafetensorsFile> files) : files_(std::move(files)) {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      for (const std::string& name : files_[i].names()) {
        const auto [known, added] = file_of_.emplace(name, i);
        check(added, ErrorKind::corrupt_data, "the weight '{}' is in two files: {} and {}", name,
              files_[known->second].path().string(), files_[i].path().string());
        names_.push_back(name);
      }
    }
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool contains(std::string_view name) const override { return file_of_.contains(name); }
  TensorInfo info(std::string_view name) const override { return holder(name).info(name); }
  Tensor tensor(std::string_view name) const override { return holder(name).tensor(name); }
  fs::path file(std::string_view name) const override { return holder(name).path(); }
  void release_pages() const override {
    for (const SafetensorsFile& file : files_) {
      file.release_pages();
    }
  }

 private:
  const SafetensorsFile& holder(std::string_view name) const {
    const auto found = file_of_.find(name);
    if (found == file_of_.end()) {
      fail(ErrorKind::not_found, "no weight '{}' in {}{}", name,
           files_.front().path().parent_path().string(), did_you_mean(name, names_));
    }
    return files_[found->second];
  }

  std::vector<SafetensorsFile> files_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> file_of_;
};

std::vector<SafetensorsFile> open_shards(const fs::path& index, const WeightMap& weight_map) {
  std::map<std::string, std::vector<std::string>> names_of;
  for (const auto& [name, file] : weight_map) {
    names_of[file].push_back(name);
  }
  std::vector<SafetensorsFile> files;
  for (const auto& [file, names] : names_of) {
    const fs::path path = index.parent_path() / file;
    std::error_code ignored;  // e.g. a name too long for a path
    check(fs::exists(path, ignored), ErrorKind::not_found,
          "{} is missing, but {} says that it holds '{}'", path.string(), index.string(),
          names.front());
    files.emplace_back(path);
    for (const std::string& name : names) {
      check(files.back().contains(name), ErrorKind::corrupt_data,
            "{} does not hold '{}', but {} says so", path.string(), name, index.string());
    }
  }
  return files;
}

std::unique_ptr<WeightSource> open_sharded(const fs::path& index) {
  const WeightMap weight_map = read_weight_map(index);
  const fs::path single = index.parent_path() / kWeightsFile;
  const bool lists_single = std::ranges::any_of(
      weight_map, [](const auto& entry) { return entry.second == kWeightsFile; });
  check(lists_single || !fs::exists(single), ErrorKind::invalid_argument,
        "{} has both {} and {}, which names other files, so it is not clear which weights are "
        "meant; remove one of them",
        index.parent_path().string(), kWeightsFile, kWeightsIndexFile);
  auto weights = std::make_unique<FolderWeights>(open_shards(index, weight_map));
  for (const std::string& name : weights->names()) {
    check(weight_map.contains(name), ErrorKind::corrupt_data,
          "{} holds '{}', which {} does not list", weights->file(name).string(), name,
          index.string());
  }
  return weights;
}

[[noreturn]] void fail_without_weights(const fs::path& folder) {
  check(fs::is_directory(folder), ErrorKind::not_found, "{} is not a folder", folder.string());
  const bool pickled = fs::exists(folder / "pytorch_model.bin") ||
                       fs::exists(folder / "pytorch_model.bin.index.json");
  check(!pickled, ErrorKind::unsupported,
        "{} has only pytorch_model.bin, a pickle that can run code; save the model as safetensors "
        "with Transformers first",
        folder.string());
  fail(ErrorKind::not_found, "{} has neither {} nor {}", folder.string(), kWeightsFile,
       kWeightsIndexFile);
}

}  // namespace

std::unique_ptr<WeightSource> open_folder_weights(const fs::path& folder) {
  if (const fs::path index = folder / kWeightsIndexFile; fs::exists(index)) {
    return open_sharded(index);
  }
  const fs::path single = folder / kWeightsFile;
  if (!fs::exists(single)) {
    fail_without_weights(folder);
  }
  std::vector<SafetensorsFile> files;
  files.emplace_back(single);
  return std::make_unique<FolderWeights>(std::move(files));
}

bool same_but_for_rounding(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() &&
         (a.equal(b.to(a.scalar_type())) || b.equal(a.to(b.scalar_type())));
}

}  // namespace automodel
