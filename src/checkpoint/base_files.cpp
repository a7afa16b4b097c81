#include "checkpoint/base_files.h"

#include "base/error.h"
#include "base/fingerprint.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

/// The first file of the base model in `ground` that is missing in `files` or another there; empty
/// if there is none. Files that came later are no change.
std::string changed_file(const Json& files, const Json& ground) {
  const Json theirs = ground.is_object() ? ground.value("base", Json::object()) : Json::object();
  for (const auto& [name, print] : theirs.items()) {
    const auto found = files.find(name);
    if (found == files.end() || *found != print) {
      return name;
    }
  }
  return "";
}

}  // namespace

Json base_files(const fs::path& model) {
  Json files = Json::object();
  for (const auto& [name, print] : fingerprints(model)) {
    files[name] = to_json(print);
  }
  return files;
}

void check_base(const Json& files, const Checkpoint& checkpoint) {
  const auto file = changed_file(files, checkpoint.manifest.ground);
  check(file.empty(), ErrorKind::invalid_argument,
        "the adapter in {} was trained beside another base model: its {} is not the same file any "
        "more. Bring the earlier files back, or choose another checkpoint.checkpoint_dir to train "
        "an adapter for this one",
        checkpoint.path.string(), file);
}

std::optional<std::string> other_base_warning(const fs::path& adapter, const fs::path& base) {
  Json theirs;
  try {
    theirs = read_manifest(fs::canonical(adapter).parent_path()).ground;
  } catch (const Error&) {
    return std::nullopt;  // an adapter by itself
  }
  const auto file = changed_file(base_files(base), theirs);
  if (file.empty()) {
    return std::nullopt;
  }
  return fmt::format(
      "the adapter in {} was trained beside another base model than {}: its {} is not the same "
      "file. What it says may be worth nothing here",
      adapter.string(), base.string(), file);
}

}  // namespace automodel::checkpoint
