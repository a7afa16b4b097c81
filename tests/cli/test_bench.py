"""`automodel bench` on tiny models: what is measured is the training step itself."""

import json

import pytest
import tiny_run

MOCK = "nemo_automodel.components.datasets.llm.mock_iterable_dataset.MockIterableDataset"


@pytest.fixture
def bench_recipe(recipe):
    """The same model on mock data: a recipe as upstream's benchmarks are."""
    def change(content):
        del content["validation_dataset"], content["lr_scheduler"]
        content["recipe"] = "BenchmarkingRecipeForNextTokenPrediction"
        content["benchmark"] = {"warmup_steps": 2, "peak_tflops": 1, "nsys_start": -1, "nsys_end": -1, "nsys_ranks": []}
        content["dataset"] = {"_target_": MOCK, "seq_len": 24, "vocab_size": 300}
        content["dataloader"] = {"batch_size": None}
    return tiny_run.edit(recipe, change)


def figures(automodel, *arguments):
    done = automodel("bench", *arguments, "--json", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def refused(automodel, text, *arguments):
    done = automodel("bench", *arguments, timeout=300)
    assert done.returncode == 2, done.stdout + done.stderr
    assert text in done.stderr, done.stderr


@pytest.mark.cpu
def test_a_benchmark_recipe(automodel, bench_recipe):
    found = figures(automodel, bench_recipe)
    assert len(found["s_warmup"]) == 2 and len(found["s_steps"]) == len(found["cpu_s_steps"]) == 4
    assert len(found["losses"]) == 6
    assert found["tokens"] == found["label_tokens"] == [4 * 24] * 4
    assert found["mode"] == "full" and found["batch"] == 4 and found["dtype"] == "float32"
    assert found["trainable_m"] == found["params_m"] > 0
    assert found["tok_s"] == pytest.approx(96 / found["s_step_median"])
    assert found["mfu"] == pytest.approx(found["tflops"] / found["matmul_tflops"])
    assert found["mfu_of_peak"] == pytest.approx(found["tflops"])
    assert sum(found["split_median"].values()) <= 1.5 * found["s_step_median"]
    operations = {use["name"]: use for use in found["operations"]}
    assert sum(use["seconds"] for use in found["operations"]) == pytest.approx(sum(found["s_steps"]) / len(found["s_steps"]))
    assert operations["linear"]["calls"] == 2 * 4 * (4 // 2)  # layers; q, k and v, o, gate and up, down; micro-batches
    assert operations["linear"]["tflops"] > 0
    assert {"attention", "attention, gradients", "head: linear", "update"} <= operations.keys()
    assert found.get("peak_rss_steps_gib", found.get("peak_rss_gib")) > 0
    assert found["env"]["allocator"] == "arena"
    assert found["env"]["isa"] and found["env"]["threads"] >= 1


def test_train_runs_a_benchmark_recipe_too(automodel, bench_recipe):
    path = bench_recipe.parent / "logs/of/today/figures.json"  # its folder is made
    done = automodel(bench_recipe, f"--benchmark.json_output_path={path}", timeout=300)
    assert done.returncode == 0, done.stderr
    for part in ["LlamaForCausalLM", "tokens/s", "forward ", "TFLOP/s", "GiB resident", "losses "]:
        assert part in done.stdout
    found = json.loads(path.read_text())
    assert found["batch"] == found["global_batch_size"] == 4
    assert (found["local_batch_size"], found["seq_len"], found["total_steps"], found["warmup_steps"]) == (2, 24, 6, 2)
    assert found["avg_mfu_percent"] == pytest.approx(100 * found["tflops_per_gpu"] / found["avg_iter_time_seconds"])
    assert not (bench_recipe.parent / "out").exists()  # nothing is kept


def test_the_step_is_the_training_step(automodel, recipe):
    """The losses of a run and of its benchmark are equal to the last bit."""
    found = figures(automodel, recipe, "--warmup=2", "--steps=4")
    assert automodel(recipe, timeout=300).returncode == 0
    assert found["losses"] == [line["loss"] for line in tiny_run.log(recipe.parent / "out")]
    assert found["label_tokens"] != found["tokens"]


def test_rows_of_tokens(automodel, bench_recipe):
    path = bench_recipe.parent / "rows.jsonl"
    rows = [{"input_ids": list(range(i, i + 9)), "labels": [-100] * 5 + list(range(i + 5, i + 9))} for i in range(4)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = figures(automodel, bench_recipe, "--rows", path, "--optimizer.lr=0.01")
    assert found["tokens"] == [4 * 8] * 4 and found["label_tokens"] == [4 * 4] * 4
    assert found["losses"] == sorted(found["losses"], reverse=True)  # the same rows every step


def test_lora_recompute_and_threads(automodel, bench_recipe):
    tiny_run.edit(bench_recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    plain = figures(automodel, bench_recipe, "--threads=1")
    again = figures(automodel, bench_recipe, "--threads=1", "--distributed.activation_checkpointing=true")
    assert plain["mode"] == "lora" and plain["trainable_m"] < plain["params_m"]
    assert again["recompute"] and not plain["recompute"]
    assert again["losses"] == plain["losses"]
    assert plain["env"]["threads"] == 1


def test_random_weights_from_the_seed(automodel, bench_recipe):
    def fresh(content):
        content["model"] = {"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_config", "torch_dtype": "float32",
                            "config": {"_target_": "transformers.AutoConfig.from_pretrained",
                                       "pretrained_model_name_or_path": str(bench_recipe.parent / "model")}}
    (bench_recipe.parent / "model/model.safetensors").unlink()
    tiny_run.edit(bench_recipe, fresh)
    first, second = figures(automodel, bench_recipe), figures(automodel, bench_recipe, "--seed=6")
    assert first["losses"] == figures(automodel, bench_recipe)["losses"]
    assert first["losses"] != second["losses"]


def test_what_cannot_be_measured_is_refused(automodel, bench_recipe):
    refused(automodel, "must be above benchmark.warmup_steps, 6", bench_recipe, "--benchmark.warmup_steps=6")
    refused(automodel, "benchmark.nsys_start: 3", bench_recipe, "--benchmark.nsys_start=3")
    refused(automodel, "unknown key", bench_recipe, "--optimizer.lrr=1")
    refused(automodel, "nowhere.jsonl", bench_recipe, "--rows", "/nowhere.jsonl")
    refused(automodel, "--steps", bench_recipe, "--steps", "many")
    rows = bench_recipe.parent / "rows.jsonl"
    rows.write_text('{"input_ids": [700, 1]}\n')
    refused(automodel, "token id 700 is outside the vocabulary of 384", bench_recipe, "--rows", rows)
