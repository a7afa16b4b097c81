#include "base/json.h"

#include "base/file.h"
#include "base/json_tree.h"

namespace automodel {

Json parse_json(std::string_view text, std::string_view source, std::int64_t first_line) {
  return parse_json_tree(text, source, first_line, {});
}

Json parse_json_unique(std::string_view text, std::string_view source) {
  return parse_json_tree(text, source, 1, {.refuses_repeated_keys = true});
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

}  // namespace automodel
