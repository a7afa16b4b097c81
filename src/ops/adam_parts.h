#pragma once
// Adam's update where no kernel of ours does it: by LibTorch's fused kernel, or an ATen operator
// for each line of the paper.

#include <cstdint>
#include <span>
#include <vector>

#include "ops/optimizer.h"

namespace automodel::ops {

/// What a bfloat16 weight lacks, rather than an exact weight.
bool is_remainder(const Tensor& master);

/// What bias correction divides a moment by.
double bias_correction(const AdamOptions& options, double beta, std::int64_t step);

/// An update whose gradient is there, or a range of its entries.
struct AdamPart {
  AdamUpdate update;
  std::uint32_t noise;  // of its first entry
};

/// Adds an update in ranges: each operation of a part has a result of its size, and a large
/// weight's would be many times the weight.
void add_parts(std::vector<AdamPart>& parts, AdamUpdate update, std::uint32_t noise);

/// In place. Small parts are laid behind each other and updated together: on a GPU it is the
/// operations that count.
void update_parts(std::span<const AdamPart> parts, std::int64_t step);

/// By an operation for each line of the paper. random: random_bits of the update's entries.
void update_by_formula(const AdamUpdate& update, const Tensor& random, std::int64_t step);

}  // namespace automodel::ops
