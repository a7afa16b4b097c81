#include "tensor/quantised_weights.h"

#include <map>

#include "base/error.h"
#include "base/text.h"
#include "tensor/block_quant.h"

namespace automodel {
namespace {

using Method = WeightFormat::Method;

/// The stored tensors behind a weight; without scales it is stored as it is.
struct Parts {
  std::string values;
  std::string scales;
};

class DequantisedWeights final : public WeightSource {
 public:
  DequantisedWeights(std::unique_ptr<WeightSource> stored, const WeightFormat& format)
      : stored_(std::move(stored)), format_(format) {
    for (const auto& name : stored_->names()) {
      add(name);
    }
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool contains(std::string_view name) const override { return parts_.contains(name); }
  void release_pages() const override { stored_->release_pages(); }
  std::filesystem::path file(std::string_view name) const override {
    return stored_->file(find(name).values);
  }

  TensorInfo info(std::string_view name) const override {
    const auto& parts = find(name);
    auto info = stored_->info(parts.values);
    if (parts.scales.empty()) {
      return info;
    }
    if (format_.method == Method::fp8) {
      return {at::kFloat, info.shape};
    }
    return info.shape.size() == 4
               ? TensorInfo{at::kBFloat16, {info.shape[0], 32 * info.shape[2], info.shape[1]}}
               : info;
  }

  Tensor tensor(std::string_view name) const override {
    const auto& parts = find(name);
    if (parts.scales.empty()) {
      return stored_->tensor(parts.values);
    }
    const ErrorContext context("reading the quantised weight '{}'", name);
    const Tensor values = stored_->tensor(parts.values);
    const Tensor scales = stored_->tensor(parts.scales);
    return format_.method == Method::fp8 ? dequantise_fp8(values, scales, format_.block)
                                         : dequantise_mxfp4(values, scales);
  }

 private:
  void add(const std::string& name) {
    const bool fp8 = format_.method == Method::fp8;
    const auto whole = [&](std::string_view suffix) {
      return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : std::string();
    };
    const auto scaled = whole(fp8 ? "_scale_inv" : "_scales");
    if (!scaled.empty() && stored_->contains(fp8 ? scaled : scaled + "_blocks")) {
      return;  // read with its values
    }
    if (const auto packed = fp8 ? std::string() : whole("_blocks"); !packed.empty()) {
      put(packed, {name, packed + "_scales"});
      return;
    }
    const bool quantised = fp8 && stored_->info(name).dtype == at::kFloat8_e4m3fn;
    put(name, {name, quantised ? name + "_scale_inv" : ""});
  }

  void put(const std::string& name, Parts parts) {
    check(parts.scales.empty() || stored_->contains(parts.scales), ErrorKind::corrupt_data,
          "{}: the quantised weight '{}' has no scales: '{}' is missing",
          stored_->file(parts.values).string(), parts.values, parts.scales);
    const auto [known, added] = parts_.emplace(name, std::move(parts));
    check(added, ErrorKind::corrupt_data, "{}: the weight '{}' is there twice, quantised and not",
          stored_->file(known->second.values).string(), name);
    names_.push_back(name);
  }

  const Parts& find(std::string_view name) const {
    const auto found = parts_.find(name);
    if (found == parts_.end()) {
      fail(ErrorKind::not_found, "no weight '{}'{}", name, did_you_mean(name, names_));
    }
    return found->second;
  }

  std::unique_ptr<WeightSource> stored_;
  WeightFormat format_;
  std::vector<std::string> names_;
  std::map<std::string, Parts, std::less<>> parts_;
};

}  // namespace

std::unique_ptr<WeightSource> dequantised_weights(std::unique_ptr<WeightSource> stored,
                                                  const WeightFormat& format) {
  return std::make_unique<DequantisedWeights>(std::move(stored), format);
}

}  // namespace automodel
