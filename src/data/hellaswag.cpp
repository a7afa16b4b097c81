#include "data/hellaswag.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/columns.h"
#include "data/completion.h"
#include "data/limit.h"
#include "data/split.h"

namespace automodel::data {
namespace {

std::size_t label_of(const Json& row, std::size_t num_endings) {
  const Json& label = column(row, "label");
  std::size_t number = num_endings;
  if (label.is_number_unsigned()) {
    number = label.get<std::size_t>();
  } else if (label.is_string()) {
    number = parse_number<std::size_t>(label.get_ref<const std::string&>()).value_or(num_endings);
  }
  check(number < num_endings, ErrorKind::corrupt_data,
        "column 'label' is {}; it must be the number of one of the {} endings (the test split has "
        "none)",
        label.dump(), num_endings);
  return number;
}

Completion as_completion(const Json& row) {
  const Json& endings = column(row, "endings");
  check(endings.is_array(), ErrorKind::corrupt_data, "column 'endings' must be a list, found {}",
        endings.type_name());
  const Json& ending = endings[label_of(row, endings.size())];
  check(ending.is_string(), ErrorKind::corrupt_data, "column 'endings' must hold strings");
  return {.prompt = text_column(row, "ctx") + " ", .answer = ending.get<std::string>()};
}

}  // namespace

std::unique_ptr<const Dataset> make_hellaswag_dataset(const HellaSwagOptions& options,
                                                      TextContext context) {
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  return make_limited_dataset(
      open_split(options.paths, options.split, options.rows),
      [shared](const Json& row) { return tokenize_completion(as_completion(row), *shared); },
      /*limit=*/{}, shared);
}

HellaSwagOptions read_hellaswag_options(Keys& keys) {
  HellaSwagOptions options;
  options.paths = keys.paths("path_or_dataset");
  options.split = keys.text("split", "train");
  options.rows.max_rows = keys.maybe_integer("num_samples_limit");
  options.rows.source = read_source_options(keys);
  keys.flag("pad_to_max_length", true);  // batches have no padding
  return options;
}

}  // namespace automodel::data
