#include "config/schema/sections.h"

namespace automodel::config {
namespace {

Key wandb() {
  std::vector<Key> keys = {
      flag("enable", "false: as if the section were absent", true),
      text("project", "project; where it is left out WANDB_PROJECT counts before the default",
           "automodel")
          .or_null(),
      text("entity", "user or team").or_null().otherwise("WANDB_ENTITY"),
      text("name", "name of the run")
          .or_null()
          .otherwise("WANDB_NAME or the last two parts of the model's name"),
      text("group", "group of runs").or_null().otherwise("WANDB_RUN_GROUP"),
      texts("tags", "labels").or_null().otherwise("WANDB_TAGS"),
      text("notes", "description").or_null().otherwise("WANDB_NOTES"),
      text("dir", "folder for files").or_null().otherwise("WANDB_DIR or the working folder"),
      text("mode", "disabled: as if the section were absent; otherwise an offline run is written")
          .one_of({"online|run", "offline|dryrun", "shared", "disabled"})
          .or_null()
          .otherwise("WANDB_MODE"),
      text("id", "id of the run")
          .or_null()
          .otherwise("WANDB_RUN_ID or a new one, kept when the run is resumed"),
      text("job_type", "kind of run").or_null().otherwise("WANDB_JOB_TYPE")};
  for (const char* name :
       {"config", "config_exclude_keys", "config_include_keys", "allow_val_change", "force",
        "reinit", "resume", "resume_from", "fork_from", "save_code", "tensorboard",
        "sync_tensorboard", "monitor_gym", "settings", "anonymous", "save_dir"}) {
    keys.push_back(anything(name, "accepted").without_effect("the run is written offline"));
  }
  return mapping("wandb", "Weights & Biases; written as an offline run, which `wandb sync` uploads",
                 keys)
      .accepting(Extra::ignored);
}

Key mlflow() {
  return mapping(
      "mlflow", "MLflow; written into a folder as its file store",
      {text("experiment_name",
            "experiment; where it is left out MLFLOW_EXPERIMENT_NAME counts before the default",
            "automodel-experiment"),
       text("run_name", "name of the run; empty: the model's", ""),
       text("tracking_uri", "folder").or_null().otherwise("MLFLOW_TRACKING_URI or mlruns"),
       text("artifact_location", "folder of artifacts").or_null(),
       mapping("tags", "labels", {}).accepting(Extra::free),
       flag("resume", "go on with the run of a resumed checkpoint", true),
       text("description", "description").or_null(),
       integer("flatten_depth",
               "levels of the configuration below the first that become parameters; null: all", 1)
           .at_least(0)
           .or_null()});
}

Key tensorboard() {
  return mapping("tensorboard", "TensorBoard; the section alone, {}, switches it on",
                 {text("log_dir", "folder of the event files")
                      .or_null()
                      .otherwise("tensorboard in checkpoint.checkpoint_dir")})
      .own();
}

Key comet() {
  return mapping(
      "comet", "Comet",
      {text("project_name", "project", "automodel"), text("workspace", "workspace").or_null(),
       text("api_key", "key").or_null(), text("experiment_name", "name of the run").or_null(),
       texts("tags", "labels"), flag("auto_metric_logging", "log metrics by itself", false)});
}

Key skypilot() {
  return mapping(
      "skypilot", "launcher: runs the job in a cloud",
      {text("cloud", "provider").must(), text("accelerators", "devices", "T4:1"),
       integer("num_nodes", "machines", 1).at_least(1),
       flag("use_spot", "cheaper machines that may vanish", true),
       integer("disk_size", "gigabytes", 100).at_least(1),
       text("instance_type", "machine type").or_null(), text("region", "region").or_null(),
       text("zone", "zone").or_null(), text("job_name", "name").or_null(),
       text("setup", "commands before the job").or_null(),
       text("hf_home", "the hub's cache").or_null(), text("hf_token", "the hub's token").or_null(),
       text("wandb_key", "key").or_null(),
       mapping("env_vars", "variables of the job", {}).accepting(Extra::free),
       text("command", "command").or_null()});
}

Key rng() {
  Key section =
      mapping("rng", "",
              {text("_target_", "accepted")
                   .one_of({"nemo_automodel.components.training.rng.StatefulRNG|nemo_automodel."
                            "components.training.StatefulRNG"})
                   .or_absent(),
               integer("seed", "the seed, if the recipe has no top-level `seed`").at_least(0),
               flag("ranked", "accepted")})
          .accepting(Extra::ignored);
  section.dead =
      "only rng.seed counts, and only where there is no top-level `seed` (upstream reads none of "
      "it)";
  return section;
}

Key nemo_run() {
  return mapping("nemo_run", "launcher: NeMo-Run",
                 {text("executor", "where", "local"), text("job_name", "name").or_null(),
                  flag("detach", "do not wait", true), flag("tail_logs", "follow the logs", false),
                  text("executors_file", "file with executors").or_null(),
                  text("job_dir", "folder of the job").or_null()})
      .accepting(Extra::free);
}

/// Sections that an older upstream read: their content is still checked, so that a misspelling in
/// them does not hide.
std::vector<Key> old_sections() {
  const std::string distributed = "nemo_automodel.components.distributed.";
  return {
      mapping(
          "parallelizer", "",
          {text("_target_", "accepted")
               .one_of({"nemo_automodel.components.moe.parallelizer.parallelize_model"})
               .or_absent(),
           flag("activation_checkpointing", "accepted"), flag("reshard_after_forward", "accepted")})
          .accepting(Extra::ignored)
          .unread("nothing reads it"),
      pipeline_key("autopipeline").unread("replaced by distributed.pipeline"),
      tokenizer_key().unread("only dataset.tokenizer is read"),
      mapping("distributed_config", "",
              {text("_target_", "accepted")
                   .one_of({distributed + "config.FSDP2Config", distributed + "config.DDPConfig",
                            distributed + "config.MegatronFSDPConfig"})
                   .or_absent()})
          .accepting(Extra::ignored)
          .unread("replaced by distributed"),
      flag("longalign", "").unread("nothing reads it"),
      mapping("autocast", "", {flag("enabled", "accepted"), dtype("dtype", "accepted")})
          .accepting(Extra::ignored)
          .unread("nothing reads it")};
}

}  // namespace

std::vector<Key> logging_sections() {
  return {wandb(), mlflow(), tensorboard(), comet(), skypilot(), nemo_run()};
}

std::vector<Key> dead_sections() {
  return joined({rng(), dead("ci", "read by upstream's own tests only"),
                 dead("temperature", "only kd_loss_fn.temperature is read"),
                 dead("_", "keys that start with an underscore are never read").with_prefix()},
                old_sections());
}

}  // namespace automodel::config
