#include "recipes/finetune/late_results.h"

#include <gmock/gmock.h>

#include "recipes/finetune.h"
#include "tensor/expect_error.h"
#include "tests/recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

TEST(LoggedTotals, AreThoseOfStepsBeforeTheEnd) {
  const testing::TemporaryFolder folder;
  const std::string line =
      R"("num_tokens_per_step": 500, "num_label_tokens": 20, "step_seconds": 2, "mem": )";
  write_text(folder / "training.jsonl", R"({"step": 0, )" + line + R"(1.5})" + "\n" +
                                            R"({"step": 1, )" + line + R"(1})" + "\n" +
                                            R"({"step": 2, )" + line + R"(9})" + "\n" + R"({"st)");
  EXPECT_EQ(logged_totals(folder / "training.jsonl", 2),
            (RunTotals{.num_steps = 2,
                       .num_tokens = 1000,
                       .num_label_tokens = 40,
                       .seconds = 4,
                       .peak_memory_bytes = std::int64_t{3} << 29}));
  EXPECT_EQ(logged_totals(folder / "missing.jsonl", 2), RunTotals{});
  write_text(folder / "training.jsonl", R"({"step": 0})"
                                        "\n"
                                        R"({"step": 1, "mem": "much"})");
  testing::expect_error(ErrorKind::corrupt_data,
                        "training.jsonl:2: expected a number as 'mem', found \"much\"; remove",
                        [&] { logged_totals(folder / "training.jsonl", 2); });
}

class LateResults : public ::testing::Test {
 protected:
  /// As a run leaves its manifest that is killed before it writes its results.
  void lose_results() const {
    Json manifest = read_json(file());
    manifest["results"] = nullptr;
    write_text(file(), manifest.dump());
  }
  std::filesystem::path file() const { return tiny_.path("out/manifest.json"); }

  TinyRecipe tiny_;
};

TEST_F(LateResults, AreThoseThatTheRunWouldHaveWritten) {
  run_finetune(tiny_.load());
  Json whole = read_json(file());
  lose_results();
  EXPECT_EQ(run_finetune(tiny_.load()), ExitCode::ok);
  Json late = read_json(file());
  EXPECT_NEAR(late["results"]["step_seconds"].get<double>(),
              whole["results"]["step_seconds"].get<double>(), 1e-9);
  for (Json* manifest : {&whole, &late}) {
    (*manifest)["results"].erase("step_seconds");
    EXPECT_GT((*manifest)["results"]["planned"]["step_seconds"], 0);
    (*manifest)["results"]["planned"].erase("step_seconds");  // by the speed measured then
  }
  EXPECT_EQ(late, whole);
}

TEST_F(LateResults, ThoseWhoWatchAreToldTheEnd) {
  const std::vector<std::string> watched = {"--mlflow.experiment_name=e",
                                            "--mlflow.tracking_uri=" + tiny_.path("ml").string()};
  run_finetune(tiny_.load(watched));
  const auto id = read_json(file())["watchers"]["mlflow"].get<std::string>();
  std::filesystem::path meta;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tiny_.path("ml"))) {
    meta = entry.path().filename() == id ? entry.path() / "meta.yaml" : meta;
  }
  Json running = read_json(meta);
  running["status"] = 1;
  write_text(meta, running.dump());
  run_finetune(tiny_.load(watched));
  EXPECT_EQ(read_json(meta)["status"], 1) << "the results are there: nothing is told again";
  lose_results();
  run_finetune(tiny_.load(watched));
  EXPECT_EQ(read_json(meta)["status"], 3);
}

}  // namespace
}  // namespace automodel::recipes
