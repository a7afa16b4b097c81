#pragma once
// NanogptDataset: windows on the token files of nanogpt's preprocessing scripts.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"

namespace automodel::data {

struct NanogptOptions {
  /// Files and patterns.
  std::vector<std::string> files;
  /// Tokens that a sample is learnt on; it has one more.
  std::int64_t seq_len = 0;
  /// Each sample begins at the next `bos_token`; otherwise where the one before ended.
  bool align_to_bos = false;
  std::optional<std::int32_t> bos_token;
  /// Draws the files' order once.
  bool shuffle_files = false;
};

/// A file is 256 32-bit integers, of which the first four are a magic number, the version 1, the
/// number of tokens and their bytes (2 or 4; 20240520 as magic number: always 2), and the tokens.
/// Samples do not reach from one file into the next.
/// Throws Error(not_found | io), Error(corrupt_data | unsupported) that names the file,
/// Error(invalid_argument) if no sample fits.
std::unique_ptr<const Dataset> make_nanogpt_dataset(const NanogptOptions& options);

/// The keys of upstream's nanogpt_dataset.NanogptDataset.
NanogptOptions read_nanogpt_options(Keys& keys);

}  // namespace automodel::data
