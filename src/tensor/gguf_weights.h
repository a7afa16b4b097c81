#pragma once
// The weights of a GGUF file as a Hugging Face folder would hold them.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tensor/gguf.h"
#include "tensor/weights.h"

namespace automodel {

/// Weights by their Hugging Face names, in Hugging Face's layout: the row permutation of llama's q
/// and k undone, the 1 that gemma's norms hold taken off. Quantised weights come as float32, others
/// in the file's own type. Without output.weight there is no lm_head.weight: the embedding is tied
/// (gguf_config says so). Throws Error(unsupported) for a tensor or architecture that has no name
/// there.
std::unique_ptr<WeightSource> open_gguf_weights(std::shared_ptr<const GgufFile> file);

/// "blk.3.attn_q.weight" of architecture llama -> "model.layers.3.self_attn.q_proj.weight"; none if
/// there is no such name. Source: gguf.tensor_mapping, llama.cpp convert_hf_to_gguf.py.
std::optional<std::string> hf_weight_name(std::string_view gguf_name,
                                          std::string_view architecture);

}  // namespace automodel
