#pragma once
// The config.json that a GGUF file's model would have in a Hugging Face folder.

#include <optional>

#include "base/json.h"
#include "tensor/gguf.h"

namespace automodel {

/// The configuration in Hugging Face's terms, for general.architecture llama (Mistral's files say
/// llama too), qwen2, qwen3 and gemma3. Of several tokens that end an answer (eos, eot, eom,
/// control tokens that are known by their text) eos_token_id is the list, eos first. What the file
/// leaves out is filled in as llama.cpp does (Gemma 3: local layers' theta, five local layers to
/// one global, query scale). Throws Error(unsupported) for other architectures and for metadata
/// that is not understood, Error(corrupt_data) for metadata that is missing or contradicts the
/// tensors.
Json gguf_config(const GgufFile& file);

/// The rope_scaling of Llama 3 whose frequency divisors are `factors`, as stored in
/// rope_freqs.weight; none if all are 1. factors: [head_dim / 2]. Throws Error(unsupported) if they
/// are not those of a Llama 3 scaling. Source: llama.cpp convert_hf_to_gguf.py
/// (LlamaModel.generate_extra_tensors); transformers _compute_llama3_parameters.
std::optional<Json> llama3_rope_scaling(const Tensor& factors, double theta);

}  // namespace automodel
