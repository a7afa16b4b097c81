#pragma once
// The programs that watch a run, as its sections tensorboard, wandb and mlflow say.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/recipe.h"
#include "watch/scalars.h"

namespace automodel::recipes {

class Watchers {
 public:
  /// `config`: every resolved value but secrets. `resumed_at`: the step at which the run goes on;
  /// under the ids that the manifest in its folder has, if any. Throws Error(io).
  Watchers(const config::Recipe& recipe, const Json& config,
           std::optional<std::int64_t> resumed_at);

  /// Shows the numbers of a line of training.jsonl, if log_remote_every_steps has one at its step.
  /// One that cannot be written, since its disk is full, is given up: the run goes on, and what is
  /// returned tells the user. So do the next two.
  std::vector<std::string> step(const Json& line);
  /// Shows those of a line of a validation's log, under "<section>/".
  std::vector<std::string> validation(const std::string& section, const Json& line);
  std::vector<std::string> finish(watch::RunEnd end);
  /// Without finish() an error ended the run: each is told so, as far as it can be written.
  ~Watchers();
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  /// "wandb" and "mlflow": the run's id there; for the manifest.
  Json ids() const { return ids_; }
  /// "watch with  tensorboard --logdir runs/first/tensorboard" for each.
  std::vector<std::string> places() const;

 private:
  std::vector<std::string> show(const std::string& prefix, const Json& line);
  std::vector<std::string> each(const std::function<void(watch::Writer&)>& tell);

  std::int64_t every_ = 1;
  bool is_finished_ = false;
  Json ids_ = Json::object();
  std::vector<std::unique_ptr<watch::Writer>> writers_;
};

/// Numbers of a log's line by name, those of objects in it as "object/name"; step, epoch and
/// timestamp are none of them.
std::vector<std::pair<std::string, double>> scalars_of(const Json& line);

}  // namespace automodel::recipes
