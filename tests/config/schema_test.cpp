#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/check.h"
#include "config/schema/config_names.h"
#include "config/schema/foreign_names.h"
#include "config/schema/sections.h"

namespace automodel::config {
namespace {

/// Every key of the table with its path.
void visit(const Key& key, const std::string& path,
           const std::function<void(const Key&, const std::string&)>& see) {
  see(key, path);
  for (const Key& below : key.keys) {
    visit(below, path + "." + below.name, see);
  }
  for (const Target& target : key.targets) {
    for (const Key& below : target.keys) {
      visit(below, path + "." + below.name, see);
    }
  }
}

TEST(Schema, EveryDefaultIsAValueOfItsKey) {
  visit(recipe_key(), "", [](const Key& key, const std::string& path) {
    if (key.fallback) {
      const CheckedTree checked =
          check_tree(mapping("", "", {key}), from_json({{key.name, *key.fallback}}, {}));
      for (const Problem& problem : checked.problems) {
        ADD_FAILURE() << path << ": " << problem.text;
      }
    }
  });
}

TEST(Schema, NamesOfOtherProgramsLeadToKeys) {
  std::set<std::string> paths;
  visit(recipe_key(), "", [&](const Key&, const std::string& path) { paths.insert(path); });
  for (const ForeignName& foreign : foreign_names()) {
    const std::string key(foreign.key.empty() ? "seed" : foreign.key);
    EXPECT_EQ(paths.count("." + key), 1) << foreign.name;
    EXPECT_FALSE(foreign.key.empty() && foreign.note.empty()) << foreign.name;
    EXPECT_EQ(find_foreign_name(foreign.name), &foreign) << "is there twice";
  }
  EXPECT_EQ(find_foreign_name("lr"), nullptr);
}

TEST(Schema, NamesAreUniqueWithinAMapping) {
  visit(recipe_key(), "", [](const Key& key, const std::string& path) {
    const std::vector<Target> none = {Target{}};
    for (const Target& target : key.targets.empty() ? none : key.targets) {
      std::set<std::string> names;
      for (const auto* keys : {&target.keys, &key.keys}) {
        for (const Key& below : *keys) {
          EXPECT_TRUE(names.insert(below.name).second)
              << path << ": " << below.name << " in " << target.name;
        }
      }
    }
  });
}

TEST(Schema, TargetNamesAreUnique) {
  visit(recipe_key(), "", [](const Key& key, const std::string& path) {
    std::set<std::string> names;
    for (const Target& target : key.targets) {
      EXPECT_TRUE(names.insert(target.name).second) << path << ": " << target.name;
      for (const std::string& alias : target.aliases) {
        EXPECT_TRUE(names.insert(alias).second) << path << ": " << alias;
      }
    }
  });
}

TEST(Schema, EveryKeySaysWhatItIs) {
  const std::set<std::string> overrides = [] {
    std::set<std::string> names;
    for (const Key& key : architecture_keys()) {
      names.insert(key.name);
    }
    return names;
  }();
  visit(recipe_key(), "", [&](const Key& key, const std::string& path) {
    if (!path.empty() && key.dead.empty() && !overrides.contains(key.name)) {
      EXPECT_FALSE(key.doc.empty()) << path;
    }
  });
}

TEST(ConfigNames, HoldHuggingFacesNames) {
  const auto& names = model_config_names();
  for (const char* name : {"num_hidden_layers", "rope_scaling", "num_nextn_predict_layers",
                           "mtp_loss_scaling_factor", "text_config"}) {
    EXPECT_THAT(names, ::testing::Contains(name));
  }
  EXPECT_TRUE(is_config_class("transformers.Qwen3MoeConfig"));
  EXPECT_TRUE(is_config_class("transformers.models.llama.configuration_llama.LlamaConfig"));
  EXPECT_TRUE(
      is_config_class("nemo_automodel.components.models.deepseek_v4.config.DeepseekV4Config"));
  EXPECT_TRUE(is_config_from_pretrained("transformers.LlamaConfig.from_pretrained"));
  EXPECT_FALSE(is_config_class("transformers.LlamaConfi"));
  EXPECT_FALSE(is_config_class("mine.LlamaConfig"));
  EXPECT_FALSE(is_config_from_pretrained("transformers.LlamaConfig"));
}

}  // namespace
}  // namespace automodel::config
