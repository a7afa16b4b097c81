#pragma once
// The trained parameters inside a training checkpoint, in files that other programs can use too.

#include <filesystem>

#include "checkpoint/model_folder.h"
#include "nn/parameters.h"

namespace automodel::checkpoint {

enum class Consolidated {
  no,   // only what was trained
  yes,  // all that is needed to use the model elsewhere
};

/// Fills a checkpoint's folder model/ with the parameters that training changes, in their own
/// element type. With adapters: a PEFT adapter, and the tokenizer's files if consolidated or not
/// the base model's. Else: safetensors under our own names; consolidated, all parameters as a
/// Hugging Face folder model/consolidated/. Throws Error(io).
void write_model_state(const std::filesystem::path& folder, const ModelFolder& source,
                       const nn::Parameters& parameters, Consolidated consolidated);

/// Copies the values back into the parameters that training changes, bit for bit. Throws
/// Error(corrupt_data) that names a parameter which is missing, unknown here, of another shape or
/// of another element type, or a rank or scale of adapters that differs. A consolidated model may
/// have float32 parameters as bfloat16 or float16, any checkpoint such buffers. A buffer that the
/// checkpoint lacks, since no step had moved it, keeps its value.
void restore_model_state(const std::filesystem::path& folder, const ModelFolder& source,
                         nn::Parameters& parameters);

/// Copies an adapter's matrices, and its head, into those that the parameters have, rounded to
/// their type: training goes on from there. Throws as read_peft_adapter and fit_adapter,
/// Error(invalid_argument) if the rank, the scale or the adapted modules differ.
void begin_with_adapter(const std::filesystem::path& folder, const ModelFolder& source,
                        const nn::Parameters& parameters);

}  // namespace automodel::checkpoint
