#pragma once
// HellaSwag: rows of {ctx, endings: [...], label}; the right ending is learnt.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/split.h"
#include "data/text_context.h"

namespace automodel::data {

struct HellaSwagOptions {
  /// Files, folders or patterns; see open_rows.
  std::vector<std::string> paths;
  std::string split = "train";
  SelectOptions rows;
};

/// The context and, after a blank, the ending that `label` (a number or its text) picks, as plain
/// text with an EOS.
std::unique_ptr<const Dataset> make_hellaswag_dataset(const HellaSwagOptions& options,
                                                      TextContext context);

/// The keys of upstream's hellaswag.HellaSwag.
HellaSwagOptions read_hellaswag_options(Keys& keys);

}  // namespace automodel::data
