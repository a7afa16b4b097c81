#include "models/default_configs.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "models/registry.h"

namespace automodel::models {
namespace {

TEST(DefaultConfigs, EverySupportedTypeHasOneAndNoOther) {
  std::vector<std::string> supported, described;
  for (const auto& family : families()) {
    supported.push_back(family.model_type);
  }
  for (const auto& [type, config] : default_configs()) {
    described.push_back(type);
  }
  EXPECT_THAT(supported, ::testing::UnorderedElementsAreArray(described));
}

TEST(DefaultConfigs, ArchitectureIsTheFamilys) {
  for (const auto& [type, config] : default_configs()) {
    EXPECT_EQ(read_spec(config, type).architecture, config["architectures"][0]) << type;
  }
}

/// Files of the hub leave out what is at its default: a key that is not there must mean what
/// Transformers' class says, or be asked for.
TEST(DefaultConfigs, AnAbsentKeyMeansItsDefault) {
  std::vector<std::string> wrong;
  for (const auto& [type, config] : default_configs()) {
    const auto whole = read_spec(config, type);
    for (const auto& [key, value] : config.items()) {
      Json without = config;
      without.erase(key);
      try {
        if (read_spec(without, type) != whole) {
          wrong.push_back(fmt::format("{} without {} = {}", type, key, value.dump()));
        }
      } catch (const Error&) {
        continue;  // asked for
      }
    }
  }
  EXPECT_TRUE(wrong.empty()) << fmt::format("{}", fmt::join(wrong, "\n"));
}

using Path = Json::json_pointer;

/// Words that say nothing about the mathematics, wherever they stand, and those that say it of
/// something that the default configuration has not: sliding layers; a RoPE's type in an old key
/// beside the new one.
bool says_nothing(const std::string& type, const std::string& path) {
  for (const auto* part :
       {"/architectures", "/model_type", "/id2label", "/_name_or_path", "/attn_impl"}) {
    if (path.find(part) != std::string::npos) {
      return true;
    }
  }
  const bool slides_nowhere = type == "laguna" || type == "mellum";
  return path == "/rope_parameters/type" ||
         (slides_nowhere && path.starts_with("/rope_parameters/sliding_attention"));
}

/// The places of all words within a config.
void add_words(const Json& value, const Path& path, std::vector<Path>& words) {
  if (value.is_string()) {
    words.push_back(path);
  }
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      add_words(inner, path / key, words);
    }
  }
  for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
    add_words(value[i], path / i, words);
  }
}

/// What is wrong with the answer to a config that has a word that nobody knows; empty: nothing.
std::string answer_to_unknown_word(const std::string& type, Json config, const Path& path) {
  config[path] = "made_up";
  const auto key = path.to_string().substr(1, path.to_string().find('/', 1) - 1);
  try {
    for (const auto& use : read_config(config, type).keys) {
      if (use.key == key && use.fate == KeyUse::Fate::ignored) {
        return "";
      }
    }
  } catch (const Error& error) {
    const std::string text = error.what();
    const bool names_both =
        text.find(key) != std::string::npos && text.find("\"made_up\"") != std::string::npos;
    return names_both ? "" : fmt::format("{}: {}", path.to_string(), text);
  }
  return fmt::format("{}: {} is taken", type, path.to_string());
}

/// An unknown activation, RoPE type, kind of layer, way to score: refused, naming key and value.
TEST(DefaultConfigs, AWordThatNobodyKnowsIsRefused) {
  std::vector<std::string> wrong;
  std::size_t count = 0;
  for (const auto& [type, config] : default_configs()) {
    std::vector<Path> words;
    add_words(config, Path(), words);
    for (const auto& path : words) {
      if (says_nothing(type, path.to_string())) {
        continue;
      }
      ++count;
      if (auto answer = answer_to_unknown_word(type, config, path); !answer.empty()) {
        wrong.push_back(std::move(answer));
      }
    }
  }
  EXPECT_GT(count, 200);
  EXPECT_TRUE(wrong.empty()) << fmt::format("{}", fmt::join(wrong, "\n"));
}

}  // namespace
}  // namespace automodel::models
