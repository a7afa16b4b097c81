#pragma once
// From tokens back to text.

#include <functional>
#include <string>
#include <vector>

#include "text/tokenizer/json_node.h"

namespace automodel::text {

/// Each step turns a list of strings (at first the tokens) into another; at the end they are
/// joined.
using DecoderStep = std::function<std::vector<std::string>(std::vector<std::string>)>;

/// The steps of the "decoder" of a tokenizer.json, its sequences flattened. Null gives one step
/// that puts spaces between the tokens, as Hugging Face does. Throws Error(unsupported) for unknown
/// types, Error(corrupt_data) for wrong members.
std::vector<DecoderStep> make_decoder(const JsonNode& node);

}  // namespace automodel::text
