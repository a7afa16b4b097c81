#include "hub/selection.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/json.h"
#include "base/safetensors_text.h"
#include "base/text.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

using Patterns = std::span<const std::string_view>;

/// Beside the weights; in the repository's first level, but for the templates.
constexpr auto kSmall =
    std::to_array<std::string_view>({"*.json", "*.jinja", "*.txt", "*.model", "*.model.v*",
                                     "*.tiktoken", "additional_chat_templates/*"});
/// Comes with a model and is not needed to use it. .gitattributes is in every repository, and
/// without it huggingface_hub takes a snapshot for incomplete.
constexpr auto kPapers = std::to_array<std::string_view>(
    {"README.md", "LICENSE*", "NOTICE*", "USE_POLICY*", ".gitattributes"});
/// One of them is a tokenizer.
constexpr auto kTokenizer =
    std::to_array<std::string_view>({"tokenizer.json", "*.model", "*.model.v*", "*.tiktoken",
                                     "*tekken*.json", "vocab.json", "vocab.txt"});
/// In the order of preference; what the first that matches anything matches is taken.
constexpr auto kWeights = std::to_array<std::string_view>(
    {"model.safetensors", "model-*-of-*.safetensors", "*.safetensors", "pytorch_model*.bin",
     "adapter_model.bin", "*.gguf"});
constexpr std::string_view kAdapter = "adapter_model.safetensors";

bool matches_any(const std::string& path, Patterns patterns) {
  return std::ranges::any_of(
      patterns, [&](std::string_view pattern) { return matches_wildcard(path, pattern); });
}

bool is_small(const std::string& path) {
  const bool is_inner =
      path.find('/') != std::string::npos && !path.starts_with("additional_chat_templates/");
  return !is_inner && (matches_any(path, kSmall) || matches_any(path, kPapers));
}

bool matches(const std::string& path, const std::string& pattern) {
  return matches_wildcard(path, pattern.ends_with('/') ? pattern + "*" : pattern);
}

/// The first of `preference` that matches a file of the first level; empty if none does.
std::string_view best_pattern(const std::vector<RepoFile>& files, Patterns preference) {
  for (const std::string_view pattern : preference) {
    const bool found = std::ranges::any_of(files, [&](const RepoFile& file) {
      return file.path.find('/') == std::string::npos && matches_wildcard(file.path, pattern);
    });
    if (found) {
      return pattern;
    }
  }
  return "";
}

std::vector<RepoFile> take(const std::vector<RepoFile>& files, auto&& is_wanted) {
  std::vector<RepoFile> out;
  std::ranges::copy_if(files, std::back_inserter(out), is_wanted);
  return out;
}

void check_single_gguf(const std::vector<RepoFile>& files) {
  std::vector<std::string> names;
  for (const RepoFile& file : files) {
    if (file.path.ends_with(".gguf")) {
      names.push_back(file.path);
    }
  }
  check(names.size() == 1, ErrorKind::invalid_argument,
        "the repository has {} .gguf files; name the one that you want: {}", names.size(),
        join(names, ", "));
}

std::vector<RepoFile> model_files(const std::vector<RepoFile>& files, bool with_weights) {
  const auto weights = with_weights ? best_pattern(files, kWeights) : std::string_view();
  if (weights == "*.gguf") {
    check_single_gguf(
        take(files, [](const RepoFile& file) { return file.path.find('/') == std::string::npos; }));
  }
  return take(files, [&](const RepoFile& file) {
    const bool is_weights = !weights.empty() && file.path.find('/') == std::string::npos &&
                            (matches_wildcard(file.path, weights) || file.path == kAdapter);
    return is_weights || is_small(file.path);
  });
}

std::vector<RepoFile> named_files(const std::vector<RepoFile>& files,
                                  const std::vector<std::string>& patterns) {
  std::vector<std::string> names;
  for (const RepoFile& file : files) {
    names.push_back(file.path);
  }
  for (const std::string& pattern : patterns) {
    const bool found =
        std::ranges::any_of(names, [&](const auto& name) { return matches(name, pattern); });
    check(found, ErrorKind::not_found, "the repository has no file '{}'{}", pattern,
          did_you_mean(pattern, names));
  }
  return take(files, [&](const RepoFile& file) {
    return std::ranges::any_of(patterns,
                               [&](const auto& pattern) { return matches(file.path, pattern); });
  });
}

/// With .gitattributes, as above.
bool is_card(const RepoFile& file) {
  return file.path == "README.md" || file.path == ".huggingface.yaml" ||
         file.path == ".gitattributes";
}

bool has_any(const fs::path& folder, Patterns patterns) {
  std::error_code ignored;
  return std::ranges::any_of(fs::directory_iterator(folder, ignored), [&](const auto& entry) {
    return entry.is_regular_file(ignored) &&
           matches_any(entry.path().filename().string(), patterns);
  });
}

bool has_all_shards(const fs::path& folder) {
  const Json index = read_json(folder / kWeightsIndexFile);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    return false;
  }
  std::error_code ignored;
  return std::ranges::all_of(index["weight_map"], [&](const Json& file) {
    return file.is_string() && fs::is_regular_file(folder / file.get<std::string>(), ignored);
  });
}

bool has_weights(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kWeightsIndexFile, ignored)
             ? has_all_shards(folder)
             : has_any(folder, std::array<std::string_view, 2>{"*.safetensors", "*.gguf"});
}

}  // namespace

std::vector<RepoFile> select_files(const std::vector<RepoFile>& files, const Selection& selection,
                                   const fs::path& folder) {
  switch (selection.need) {
    case Need::all:
      return files;
    case Need::model:
      return model_files(files, /*with_weights=*/true);
    case Need::config:
      return model_files(files, /*with_weights=*/false);
    case Need::pattern:
      return named_files(files, selection.patterns);
    case Need::card:
      return take(files, is_card);
    case Need::described: {
      const TakesPath takes = selection.read_card(folder);
      return take(files, [&](const RepoFile& file) { return is_card(file) || takes(file.path); });
    }
  }
  fail(ErrorKind::internal, "a need without a case");
}

std::vector<RepoFile> required_files(const std::vector<RepoFile>& files, const Selection& selection,
                                     const fs::path& folder) {
  auto selected = select_files(files, selection, folder);
  if (selection.need == Need::model || selection.need == Need::config) {
    std::erase_if(selected, [](const RepoFile& file) { return matches_any(file.path, kPapers); });
  }
  return selected;
}

bool looks_complete(const fs::path& folder, Need need) {
  const auto has = [&](std::string_view name) {
    std::error_code ignored;
    return fs::is_regular_file(folder / name, ignored);
  };
  if (need != Need::model && need != Need::config) {
    return false;
  }
  if (has("config.json")) {
    return has_any(folder, kTokenizer) && (need == Need::config || has_weights(folder));
  }
  return has("adapter_config.json") ? need == Need::config || has(kAdapter)
                                    : has_any(folder, std::array<std::string_view, 1>{"*.gguf"});
}

}  // namespace automodel::hub
