#pragma once
// A run's folder of checkpoints whose model is one file.

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/store.h"
#include "tests/checkpoint/tiny_model.h"

namespace automodel::checkpoint {

class TinyStore : public ::testing::Test {
 protected:
  CheckpointStore open(std::optional<std::int64_t> max_recent = std::nullopt,
                       const Json& signature = {{"model.pretrained_model_name_or_path", "tiny"}}) {
    return CheckpointStore({folder_ / "run", max_recent, signature});
  }
  static SaveResult save(CheckpointStore& store, std::int64_t step,
                         std::optional<ValidationLoss> loss = std::nullopt,
                         std::optional<std::string> restore_from = std::nullopt) {
    return store.save({.epoch = 0,
                       .step = step,
                       .restore_from = std::move(restore_from),
                       .validation_loss = std::move(loss),
                       .config_yaml = "seed: 1\n",
                       .write_model = [step](const std::filesystem::path& folder) {
                         automodel::testing::write_text(folder / "value", std::to_string(step));
                       }});
  }
  std::string link(const std::string& name) {
    return std::filesystem::read_symlink(folder_ / "run" / name).string();
  }
  static std::vector<std::int64_t> steps(const CheckpointStore& store) {
    std::vector<std::int64_t> out;
    for (const auto& checkpoint : store.list()) {
      out.push_back(checkpoint.manifest.step);
    }
    return out;
  }

  automodel::testing::TemporaryFolder folder_;
};

}  // namespace automodel::checkpoint
