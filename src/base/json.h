#pragma once
// JSON values (nlohmann, insertion-ordered) and strict reading with errors that say where.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace automodel {

using Json = nlohmann::ordered_json;

/// Parses one JSON document. `source` names it in errors ("file:line:column: ..."); `first_line` is
/// the number of the text's first line there.
/// Throws Error(corrupt_data) on bad syntax, invalid UTF-8 or nesting deeper than 512.
Json parse_json(std::string_view text, std::string_view source, std::int64_t first_line = 1);
/// As parse_json, but an object that has a key twice is an error as well: for files where each name
/// must mean one thing.
Json parse_json_unique(std::string_view text, std::string_view source);
/// Reads and parses a file. Throws Error(not_found | io | corrupt_data).
Json read_json(const std::filesystem::path& path);

}  // namespace automodel
