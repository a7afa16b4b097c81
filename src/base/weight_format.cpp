#include "base/weight_format.h"

#include "base/error.h"
#include "base/json_text.h"

namespace automodel {
namespace {

using Method = WeightFormat::Method;

ScaleBlock read_block(const Json& config, const std::string& source) {
  const auto block = config.find("weight_block_size");
  if (block == config.end() || block->is_null()) {
    return {0, 0};
  }
  const bool fits = block->is_array() && block->size() == 2 && (*block)[0].is_number_unsigned() &&
                    (*block)[1].is_number_unsigned() && (*block)[0] > 0 && (*block)[1] > 0 &&
                    (*block)[0] < 1'000'000 && (*block)[1] < 1'000'000;
  check(fits, ErrorKind::corrupt_data,
        "{}: quantization_config: 'weight_block_size' is {}, expected two positive numbers", source,
        block->dump());
  return {(*block)[0].get<std::int64_t>(), (*block)[1].get<std::int64_t>()};
}

}  // namespace

std::string stated_dtype(const Json& config) {
  for (const char* key : {"dtype", "torch_dtype"}) {
    if (auto dtype = text_at(config, key); !dtype.empty() && dtype != "auto") {
      return dtype;
    }
  }
  return "";
}

std::optional<WeightFormat> weight_format(const Json& config, const std::string& source) {
  const auto found = config.find("quantization_config");
  if (found == config.end() || !found->is_object() || found->empty()) {
    return std::nullopt;
  }
  const auto method = found->find("quant_method");
  const bool named = method != found->end() && method->is_string();
  if (named && *method == "fp8") {
    return WeightFormat{Method::fp8, read_block(*found, source)};
  }
  if (named && *method == "mxfp4") {
    return WeightFormat{Method::mxfp4, {}};
  }
  fail(ErrorKind::unsupported,
       "{}: the weights are quantised by {}, which cannot be read; use a checkpoint in fp8 "
       "(DeepSeek's blocks), mxfp4 (GPT-OSS) or without quantisation",
       source, named ? method->dump() : found->dump());
}

}  // namespace automodel
