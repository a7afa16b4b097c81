"""`automodel RECIPE` on tiny models: runs, goes on after any stop, and repeats itself byte for byte."""

import json
import os
import re
import signal
import subprocess

import pytest
import tiny_run
import torch

pytestmark = pytest.mark.gpu


def train(automodel, recipe, *overrides, expect=0):
    done = automodel(recipe, *overrides, timeout=300)
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def out(recipe, name):
    return f"--checkpoint.checkpoint_dir={recipe.parent / name}"


def files(folder):
    """Relative path -> bytes of all that a checkpoint keeps of the training itself."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in ("manifest.json", "config.yaml", "README.md")}


def assert_same(one, two):
    assert files(one).keys() == files(two).keys()
    for name, content in files(one).items():
        assert content == files(two)[name], name


def start(automodel, recipe, *overrides, **options):
    return subprocess.Popen([str(automodel.path), str(recipe), *overrides], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, **options)


def wait_for_line(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return
    raise AssertionError("".join(lines))


def test_what_the_user_sees(automodel, recipe):
    done = train(automodel, recipe, "--step_scheduler.validate_at_start")
    text = done.stdout
    for part in ["LlamaForCausalLM, 2 layers", "100.00 % trained", "stored in float32, computed in float32",
                 "first row, learnt text in [brackets]", "<|im_start|>assistant\n[", "<|im_end|>]", "memory ",
                 "step 1/6 | loss ", "step 6/6 | loss ", "tokens/s", "trained 6 steps", "peak memory"]:
        assert part in text, text
    assert re.search(r"^(exact match|loss) on held-out rows: \d\.\d+ -> \d\.\d+", text.splitlines()[-1])
    assert done.stderr == ""


def test_logs_have_upstreams_fields(automodel, recipe):
    train(automodel, recipe)
    steps = tiny_run.log(recipe.parent / "out")
    assert [line["step"] for line in steps] == list(range(6))
    assert [line["epoch"] for line in steps] == [0] * 5 + [1]
    upstream = ["step", "epoch", "timestamp", "loss", "grad_norm", "lr", "mem", "tps", "tps_per_gpu",
                "num_tokens_per_step", "num_label_tokens"]
    assert list(steps[0])[:len(upstream)] == upstream
    assert steps[5]["loss"] < steps[0]["loss"]
    validation = tiny_run.log(recipe.parent / "out", "validation")
    assert [line["step"] for line in validation] == [4, 5]  # an epoch's end, the last step
    assert {"val_loss", "lr", "num_label_tokens", "mem", "exact_match", "token_accuracy"} <= set(validation[0])


def test_checkpoints_as_upstream_names_them(automodel, recipe):
    train(automodel, recipe)
    folder = recipe.parent / "out"
    assert (folder / "LATEST").resolve() == folder / "epoch_1_step_5"
    assert (folder / "epoch_0_step_4").is_dir()
    assert (folder / "epoch_1_step_5/model/consolidated/model.safetensors").is_file()
    assert not (folder / "epoch_0_step_4/model/consolidated").exists()  # save_consolidated: final


def test_two_runs_are_byte_equal(automodel, recipe):
    for name in ("a", "b"):
        train(automodel, recipe, out(recipe, name))
    assert_same(recipe.parent / "a/epoch_1_step_5", recipe.parent / "b/epoch_1_step_5")


@pytest.mark.cpu
@pytest.mark.parametrize("kind", ["dense", "qwen_moe", "deepseek", "lora"])
def test_the_number_of_threads_changes_no_byte(automodel, tmp_path, kind):
    # Wide enough for several tasks in every kernel.
    size = {"hidden_size": 128, "intermediate_size": 352, "vocab_size": 2000}
    changes = {"qwen_moe": tiny_run.QWEN_MOE, "deepseek": tiny_run.DEEPSEEK}.get(kind, {})
    recipe = tiny_run.make(tmp_path, **size, **changes)
    if kind == "lora":
        tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    for threads in ("1", "2", "3"):
        done = automodel(recipe, out(recipe, threads), "--step_scheduler.max_steps=3", timeout=300,
                         env={**os.environ, "OMP_NUM_THREADS": threads})
        assert done.returncode == 0, done.stdout + done.stderr
    for threads in ("2", "3"):
        assert_same(tmp_path / "1/epoch_0_step_2", tmp_path / threads / "epoch_0_step_2")


PACKED = "--packed_sequence.packed_sequence_size=64"
KINDS = {"full": [], "bf16": ["--model.torch_dtype=bf16", "--model.compute_dtype=float32"], "lora": ["--peft.dropout=0.1"],
         "bits32": ["--model.torch_dtype=bf16", "--model.compute_dtype=float32", "--optimizer.master_weight_bits=32"],
         "float16": ["--model.torch_dtype=float16", "--model.compute_dtype=float32"],
         "packed": [PACKED], "neat": [PACKED, "--packed_sequence.packing_strategy=neat"],
         "split": ["--packed_sequence.packed_sequence_size=16", "--packed_sequence.long_samples=split"],
         "grouped": ["--dataloader.group_by_length"], "blend": [], "streamed": []}


def other_data(recipe, kind):
    """Rows of two files, half from each; or as they come, again and again."""
    tiny_run.write_rows(recipe.parent / "more.jsonl", 5, seed=4)
    llm = "nemo_automodel.components.datasets.llm."

    def change(content):
        if kind == "blend":
            parts = [{**content["dataset"], "weight": 0.5},
                     {**content["dataset"], "path_or_dataset_id": str(recipe.parent / "more.jsonl"), "weight": 0.5}]
            content["dataset"] = {"_target_": llm + "blend.WeightedBlend", "parts": parts}
        else:
            rows = [json.loads(line)["messages"] for line in (recipe.parent / "train.jsonl").read_text().splitlines()]
            (recipe.parent / "columns.jsonl").write_text("".join(
                json.dumps({"q": question["content"], "a": answer["content"]}) + "\n" for question, answer in rows))
            name = "column_mapped_text_instruction_iterable_dataset.ColumnMappedTextInstructionIterableDataset"
            content["dataset"] = {"_target_": llm + name, "path_or_dataset_id": str(recipe.parent / "columns.jsonl"),
                                  "column_mapping": {"question": "q", "answer": "a"}}
            content["step_scheduler"].pop("num_epochs")
    tiny_run.edit(recipe, change)


@pytest.mark.parametrize("kind", KINDS)
def test_three_and_three_steps_are_six(automodel, recipe, kind):
    options = KINDS[kind]
    if kind == "lora":
        tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    if kind in ("blend", "streamed"):
        other_data(recipe, kind)
    train(automodel, recipe, out(recipe, "six"), *options)
    train(automodel, recipe, out(recipe, "three"), *options, "--step_scheduler.max_steps=3")
    done = train(automodel, recipe, out(recipe, "three"), *options)
    assert "going on from " in done.stdout
    assert_same(recipe.parent / "six/LATEST", recipe.parent / "three/LATEST")
    losses = [[line["loss"] for line in tiny_run.log(recipe.parent / name)] for name in ("six", "three")]
    assert losses[0] == losses[1]


def test_several_processes_are_refused(automodel, recipe):
    done = automodel(recipe, env={**os.environ, "WORLD_SIZE": "2", "RANK": "0"}, timeout=300)
    assert done.returncode == 2
    assert "WORLD_SIZE=2: a launcher" in done.stderr


def test_going_on_with_other_rows_or_another_order_is_said(automodel, recipe):
    train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=2")
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=3")
    assert "rows or their order" not in done.stdout + done.stderr
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=4", "--seed=99")
    assert "the rows or their order are not those of the checkpoint (order.seed changed)" in done.stdout + done.stderr
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=5", "--seed=99",
                 "--dataloader.group_by_length")
    assert "(order.global_batch_size, order.group_by_length changed)" in done.stdout + done.stderr


def test_going_on_with_other_settings_is_said(automodel, recipe):
    train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=2")
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=3")
    assert "settings are not those" not in done.stdout + done.stderr
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=4", "--optimizer.eps=1e-6",
                 "--optimizer.lr=1e-5")
    assert "settings are not those of the checkpoint (optimizer.eps was 1e-08, is 1e-06)" in done.stdout + done.stderr
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=5", "--optimizer.eps=1e-6",
                 "--model.compute_dtype=bfloat16")
    told = '(model.compute_dtype was "float32", is "bfloat16")'
    assert f"settings are not those of the checkpoint {told}" in done.stdout + done.stderr


def test_going_on_with_other_keys_of_the_data_set_is_said(automodel, recipe):
    train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=2")
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=3", "--dataset.mask_history=true")
    assert "the data set's keys are not those of the checkpoint (mask_history was false, is true)" in done.stdout + done.stderr


def test_a_reader_that_leaves_stops_no_training(automodel, recipe):
    process = start(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=4")
    process.stdout.close()
    assert process.wait(timeout=300) == 0
    assert len(tiny_run.log(recipe.parent / "run")) == 4


def test_data_that_are_replaced_during_a_run_are_told(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path, num_rows=3000)
    process = start(automodel, recipe, "--step_scheduler.max_steps=100000", "--step_scheduler.num_epochs=null")
    wait_for_line(process, "step 2/")
    tiny_run.write_rows(tmp_path / "train.jsonl", 10, seed=1)
    rest = process.stdout.read()
    assert process.wait() == 1, rest
    assert "error: a file that is being read became shorter" in rest


def test_an_adapter_goes_on_only_beside_its_base(automodel, recipe):
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=2")
    weights = recipe.parent / "model/model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=3", expect=2)
    assert "was trained beside another base model: its model.safetensors" in done.stderr
    merged = automodel("merge", recipe.parent / "run/LATEST/model", recipe.parent / "merged", timeout=300)
    assert merged.returncode == 0, merged.stderr
    assert "its model.safetensors is not the same file" in merged.stderr


def test_a_run_of_another_model_replaces_nothing(automodel, recipe):
    train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=2")
    before = {name: content for name, content in files(recipe.parent / "run").items() if name != ".lock"}
    same = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=2",
                 f"--model.pretrained_model_name_or_path={recipe.parent}/./model")
    assert "nothing left to do" in same.stdout
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    done = train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=2", expect=2)
    assert "was made for another model (peft is true" in done.stderr
    assert "choose another checkpoint.checkpoint_dir" in done.stderr
    assert before.items() <= files(recipe.parent / "run").items()


def test_the_number_of_epochs_holds_when_batches_change(automodel, recipe):
    epochs = ["--step_scheduler.num_epochs=2", "--validation_dataset=null"]
    train(automodel, recipe, out(recipe, "run"), *epochs, "--step_scheduler.global_batch_size=2", "--step_scheduler.max_steps=9")
    train(automodel, recipe, out(recipe, "run"), *epochs, "--step_scheduler.global_batch_size=6", "--step_scheduler.max_steps=null")
    assert [line["epoch"] for line in tiny_run.log(recipe.parent / "run")] == 9 * [0] + 3 * [1]


def test_a_schedule_that_ended_is_told_with_the_way_out(automodel, recipe):
    def made():
        return [line["lr"] for line in tiny_run.log(recipe.parent / "out")]

    planned = ["--lr_scheduler.lr_decay_steps=null", "--lr_scheduler.wd_incr_steps=null"]
    train(automodel, recipe, *planned, "--step_scheduler.max_steps=3")
    told = train(automodel, recipe, *planned, "--step_scheduler.max_steps=5").stdout
    assert made()[4] == 0
    assert "step's learning rate is 0; the recipe's would be" in told
    words = re.search("To use the recipe's give (.*)", told).group(1).split()
    told = train(automodel, recipe, *planned, *words, "--step_scheduler.max_steps=8").stdout
    assert "lr_scheduler:" not in told
    assert made()[:5] != made()[5:] and made()[7] == pytest.approx(0.01 / 6)


@pytest.mark.parametrize("batch", [8, 2])
def test_the_recipes_schedule_ends_with_the_run_also_where_its_steps_are_others(automodel, recipe, batch):
    words = ["--lr_scheduler.lr_decay_steps=null", "--lr_scheduler.wd_incr_steps=null", "--lr_scheduler.lr_warmup_steps=0",
             "--validation_dataset=null", "--step_scheduler.num_epochs=2"]
    train(automodel, recipe, *words, "--step_scheduler.max_steps=5")
    train(automodel, recipe, *words, "--step_scheduler.max_steps=null", f"--step_scheduler.global_batch_size={batch}",
          "--lr_scheduler.use_checkpoint_opt_param_scheduler=false", "--lr_scheduler.override_opt_param_scheduler")
    rates = [line["lr"] for line in tiny_run.log(recipe.parent / "out")][5:]
    assert len(rates) == {8: 3, 2: 9}[batch]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.01 / (5 + len(rates)))


@pytest.mark.cpu
def test_recompute_changes_nothing(automodel, recipe):
    train(automodel, recipe, out(recipe, "kept"))
    for kind in ("true", "selective", "auto"):
        done = train(automodel, recipe, out(recipe, kind), f"--distributed.activation_checkpointing={kind}")
        assert_same(recipe.parent / "kept/epoch_1_step_5", recipe.parent / kind / "epoch_1_step_5")
    assert "recompute   off: the least that fits into " in done.stdout


def test_a_finished_run_has_nothing_left_to_do(automodel, recipe):
    train(automodel, recipe)
    folder = recipe.parent / "out"
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != ".lock"}
    assert json.loads(before["manifest.json"])["results"]["steps"] == 6
    assert "nothing left to do: the run is complete" in train(automodel, recipe).stdout
    assert {name: (folder / name).read_bytes() for name in before} == before


@pytest.mark.cpu
def test_killed_before_its_results_were_written_the_same_command_adds_them(automodel, recipe):
    train(automodel, recipe)
    file = recipe.parent / "out/manifest.json"
    whole = json.loads(file.read_text())
    file.write_text(json.dumps({**whole, "results": None}))
    assert "nothing left to do" in train(automodel, recipe).stdout
    late = json.loads(file.read_text())
    for manifest in (late, whole):  # by the speed that was measured then
        assert manifest["results"]["planned"].pop("step_seconds") > 0
    seconds = [manifest["results"].pop("step_seconds") for manifest in (late, whole)]
    assert late == whole and seconds[0] == pytest.approx(seconds[1])


@pytest.mark.parametrize("adapter", [False, True])
def test_a_finished_run_writes_a_model_that_is_wanted_later(automodel, recipe, adapter):
    peft = {"peft": dict(tiny_run.PEFT)} if adapter else {}
    tiny_run.edit(recipe, lambda content: content.update(peft))
    wanted = "--checkpoint.merged_export" if adapter else "--checkpoint.save_consolidated=final"
    train(automodel, recipe, "--checkpoint.save_consolidated=false")
    model = recipe.parent / "out/LATEST/model/consolidated"
    assert not model.exists()
    done = train(automodel, recipe, wanted)
    assert f" {model.resolve()}" in done.stdout and (model / "model.safetensors").is_file()
    train(automodel, recipe, out(recipe, "whole"), wanted)
    assert_same(recipe.parent / "whole/LATEST", recipe.parent / "out/LATEST")


def test_a_run_that_began_at_a_checkpoint_goes_on_when_it_is_repeated(automodel, recipe):
    first = [out(recipe, "first"), "--step_scheduler.max_steps=2"]
    train(automodel, recipe, *first)
    again = [f"--checkpoint.restore_from={recipe.parent / 'first/LATEST'}", "--step_scheduler.num_epochs=20"]
    process = start(automodel, recipe, *again, "--step_scheduler.max_steps=60")
    wait_for_line(process, "step 4/60")
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read()
    assert process.wait() == 75 and "the same command goes on from the last checkpoint" in rest
    done = train(automodel, recipe, *again, "--step_scheduler.max_steps=60")
    assert "goes on from its own newest checkpoint" in done.stdout and "step 3/60" not in done.stdout


def test_logs_of_another_run_are_not_replaced(automodel, recipe):
    process = start(automodel, recipe, "--step_scheduler.max_steps=4000", "--step_scheduler.num_epochs=2000")
    wait_for_line(process, "step 3/4000")
    lines = len(tiny_run.log(recipe.parent / "out"))
    refused(automodel, recipe, "another run (process", "--checkpoint.enabled=false")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert len(tiny_run.log(recipe.parent / "out")) >= lines
    refused(automodel, recipe, "would replace the logs of the run", "--checkpoint.enabled=false")


def test_lora_writes_adapter_and_merged_model(automodel, recipe):
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    done = train(automodel, recipe, "--checkpoint.merged_export")
    assert "rank 4, scale 2, dropout 0; on 8 of 8 attention, 6 of 6 mlp" in done.stdout
    model = recipe.parent / "out/LATEST/model"
    assert json.loads((model / "adapter_config.json").read_text())["r"] == 4
    assert (model / "adapter_model.safetensors").is_file()
    assert (model / "consolidated/model.safetensors").is_file()


def test_an_adapter_is_trained_further(automodel, recipe):
    """The first step of the second run has the loss of the first run's end, on the same rows; what differs is told."""
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    train(automodel, recipe, out(recipe, "first"), "--step_scheduler.max_steps=3")
    adapter = recipe.parent / "first/LATEST/model"
    begun = f"--peft.adapter_name_or_path={adapter}"
    start = ["--step_scheduler.validate_at_start", "--step_scheduler.max_steps=1"]
    done = train(automodel, recipe, out(recipe, "second"), begun, *start)
    assert f"; begun with {adapter}" in done.stdout
    first, second = (tiny_run.log(recipe.parent / name, "validation") for name in ("first", "second"))
    assert second[0]["val_loss"] == first[-1]["val_loss"] != second[-1]["val_loss"]
    before = (adapter / "adapter_model.safetensors").read_bytes()
    assert (recipe.parent / "second/LATEST/model/adapter_model.safetensors").read_bytes() != before
    refused(automodel, recipe, "write dim: 4 and alpha: 8 in the section peft", out(recipe, "third"), begun,
            "--peft.dim=8")
    refused(automodel, recipe, "for the adapter's modules write target_modules: [", out(recipe, "third"), begun,
            "--peft.target_modules=q_proj")
    weights = recipe.parent / "model/model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    done = train(automodel, recipe, out(recipe, "other"), begun, *start)
    assert "warning: the adapter in" in done.stdout and "another base model" in done.stdout
    (recipe.parent / "first").rename(recipe.parent / "gone")
    done = train(automodel, recipe, out(recipe, "other"), begun, "--step_scheduler.max_steps=2")
    assert "going on from" in done.stdout
    refused(automodel, recipe, f"the model {adapter} does not exist", out(recipe, "third"), begun)


def test_float64_weights_are_trained_in_float32(automodel, recipe):
    """Planned so, too."""
    auto = ["--model.torch_dtype=auto", "--step_scheduler.max_steps=2"]
    plan = ("plan", recipe, "--length", "64", "--flops", "0.1", "--bandwidth", "50", *auto)
    train(automodel, recipe, *auto, out(recipe, "narrow"))
    narrow = automodel(*plan).stdout
    tiny_run.write_model(recipe.parent / "model", dtype=torch.float64)
    train(automodel, recipe, *auto, out(recipe, "wide"))
    assert_same(recipe.parent / "narrow" / "LATEST", recipe.parent / "wide" / "LATEST")
    assert automodel(*plan).stdout == narrow


def test_pre_training_from_a_config(automodel, recipe):
    def fresh(content):
        content["model"] = {"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_config", "torch_dtype": "float32",
                            "config": {"_target_": "transformers.AutoConfig.from_pretrained",
                                       "pretrained_model_name_or_path": str(recipe.parent / "model"),
                                       "num_hidden_layers": 1}}
    (recipe.parent / "model/model.safetensors").unlink()
    done = train(automodel, tiny_run.edit(recipe, fresh))
    assert "LlamaForCausalLM, 1 layers" in done.stdout
    assert tiny_run.log(recipe.parent / "out")[0]["loss"] == pytest.approx(5.95, abs=0.5)  # ln 384


def test_pre_training_on_text_alone(automodel, recipe):
    def texts(content):
        for name in ("dataset", "validation_dataset"):
            content[name] = {"_target_": "nemo_automodel.components.datasets.llm.column_mapped_text_instruction_dataset."
                                         "ColumnMappedTextInstructionDataset",
                             "path_or_dataset_id": str(recipe.parent / "texts.jsonl"), "column_mapping": {"answer": "text"}}
    (recipe.parent / "texts.jsonl").write_text("".join(json.dumps({"text": f"red {i} green blue"}) + "\n" for i in range(9)))
    done = train(automodel, tiny_run.edit(recipe, texts))
    assert "red[ 0 green blue<|im_end|>]" in done.stdout  # nothing predicts the first token
    assert "54 tokens in all, 45 learnt" in done.stdout


def test_checkpoints_switched_off(automodel, recipe):
    train(automodel, recipe, "--checkpoint.enabled=false")
    left = sorted(path.name for path in (recipe.parent / "out").iterdir())
    assert left == [".lock", "manifest.json", "training.jsonl", "validation.jsonl"]


def refused(automodel, recipe, text, *overrides, code=2):
    done = automodel(recipe, *overrides, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    assert text in done.stderr, done.stderr
    return done


def test_a_target_that_matches_nothing(automodel, recipe):
    tiny_run.edit(recipe, lambda content: content.update(peft={**tiny_run.PEFT, "target_modules": ["q_porj"]}))
    refused(automodel, recipe, "'q_porj' matches no linear layer of the model; did you mean 'q_proj'")


def test_a_line_that_is_not_json(automodel, recipe):
    path = recipe.parent / "train.jsonl"
    lines = path.read_text().splitlines()
    lines[6] = lines[6][:-5]
    path.write_text("\n".join(lines) + "\n")
    refused(automodel, recipe, "train.jsonl:7")


def test_a_row_without_answer(automodel, recipe):
    with (recipe.parent / "train.jsonl").open("a") as file:
        file.write(json.dumps({"messages": [{"role": "user", "content": "reverse: red"}]}) + "\n")
    refused(automodel, recipe, "train.jsonl:19")


def test_a_step_without_learnt_tokens_is_told_and_passed(automodel, recipe):
    """Where the check is switched off such rows are wanted: the run must not end at one."""
    rows = (recipe.parent / "train.jsonl").read_text().splitlines()
    rows[5] = json.dumps({"messages": [{"role": "user", "content": "red " * 60}, {"role": "assistant", "content": "one"}]})
    (recipe.parent / "train.jsonl").write_text("\n".join(rows) + "\n")
    done = train(automodel, recipe, "--disabled_data_checks=['no_trained_tokens']", "--dataset.seq_length=40",
                 "--dataset.truncation=true", "--step_scheduler.global_batch_size=1", "--step_scheduler.local_batch_size=1",
                 "--step_scheduler.max_steps=18")
    assert len(re.findall(r"warning: step \d+ has no learnt token", done.stdout)) == 1
    assert [line["num_label_tokens"] for line in tiny_run.log(recipe.parent / "out")].count(0) == 1


def test_a_row_longer_than_the_model_allows(automodel, recipe):
    long = {"messages": [{"role": "user", "content": "reverse: " + "red " * 300}, {"role": "assistant", "content": "no"}]}
    with (recipe.parent / "train.jsonl").open("a") as file:
        file.write(json.dumps(long) + "\n")
    refused(automodel, recipe, "128")


@pytest.mark.cpu
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused_before_anything_is_read(automodel, recipe):
    (recipe.parent / "model/model.safetensors").write_text("no weights")
    refused(automodel, recipe, "device: cuda is not there", "--dist_env.device=cuda")
    done = automodel("generate", recipe.parent / "model", "red", "--device=cuda")
    assert done.returncode == 2 and "device: cuda is not there" in done.stderr


def test_label_smoothing_is_not_in_the_validations_loss(automodel, recipe):
    options = ["--step_scheduler.validate_at_start", "--step_scheduler.max_steps=1", "--step_scheduler.val_every_steps=1"]
    train(automodel, recipe, out(recipe, "plain"), *options)
    train(automodel, recipe, out(recipe, "smooth"), *options, "--loss_fn.label_smoothing=0.2")
    first = {name: (tiny_run.log(recipe.parent / name)[0]["loss"],
                    tiny_run.log(recipe.parent / name, "validation")[0]["val_loss"]) for name in ("plain", "smooth")}
    assert first["plain"][1] == first["smooth"][1]
    assert first["plain"][0] != first["smooth"][0]


def test_a_missing_model(automodel, recipe):
    refused(automodel, recipe, "nowhere", "--model.pretrained_model_name_or_path=/nowhere")


def test_an_output_folder_that_cannot_be_written(automodel, recipe):
    (recipe.parent / "file").write_text("")
    refused(automodel, recipe, "file/out", f"--checkpoint.checkpoint_dir={recipe.parent / 'file/out'}", code=1)


def test_a_loss_that_is_not_finite_names_the_tensor_and_updates_nothing(automodel, recipe):
    done = refused(automodel, recipe, "Nothing was updated", "--optimizer.lr=1e30", "--lr_scheduler.init_lr=1e30",
                   "--lr_scheduler.max_lr=1e30")
    assert re.search(r"the first tensor that is not is the (weight|output|gradient)", done.stderr)
    assert tiny_run.log(recipe.parent / "out"), "a step was made"
    assert not (recipe.parent / "out/LATEST").exists(), "what led there is no place to go on from"
