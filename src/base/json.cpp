#include "base/json.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace automodel {
namespace {

constexpr int kMaxDepth = 512;

std::string locate(std::string_view text, std::size_t byte) {
  const auto upto = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line = std::count(upto.begin(), upto.end(), '\n') + 1;
  const auto last = upto.rfind('\n');
  const auto column = upto.size() - (last == std::string_view::npos ? 0 : last + 1) + 1;
  return fmt::format("{}:{}", line, column);
}

}  // namespace

Json parse_json(std::string_view text, std::string_view source) {
  const auto guard = [&](int depth, Json::parse_event_t, Json&) {
    check(depth <= kMaxDepth, ErrorKind::corrupt_data, "{}: JSON is nested deeper than {} levels",
          source, kMaxDepth);
    return true;
  };
  try {
    return Json::parse(text, guard);
  } catch (const Json::parse_error& error) {
    // nlohmann's text starts with "[json.exception...] parse error at line ...: "; ours has the place already.
    std::string reason = error.what();
    if (const auto at = reason.find(": "); at != std::string::npos) {
      reason.erase(0, at + 2);
    }
    fail(ErrorKind::corrupt_data, "{}:{}: not valid JSON: {}", source, locate(text, error.byte),
         reason);
  } catch (const Json::exception& error) {
    fail(ErrorKind::corrupt_data, "{}: not valid JSON: {}", source, error.what());
  }
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

}  // namespace automodel
