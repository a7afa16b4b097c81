"""Steps, epochs, checkpoints and validations of real runs are those of upstream's step scheduler: 18 rows, micro-batches of 2,
steps of 4, so 9 micro-batches and 5 steps an epoch, the last of one micro-batch."""

import pytest
import tiny_run

# What step_scheduler and dataloader say; steps made; which of them checkpoint; after which is validated.
TABLE = {
    "epochs alone": ({"num_epochs": 2}, {}, 10, {4, 9}, {4, 9}),
    "every so many steps": ({"num_epochs": 2, "save_checkpoint_every_epoch": False, "ckpt_every_steps": 3, "val_every_steps": 4}, {},
                            10, {2, 5, 8, 9}, {2, 3, 5, 7, 8, 9}),
    "as many epochs as max_steps needs": ({"num_epochs": None, "max_steps": 7}, {}, 7, {4, 6}, {4, 6}),
    "epochs end before max_steps": ({"num_epochs": 1, "max_steps": 70}, {}, 5, {4}, {4}),
    "a checkpoint an epoch": ({"num_epochs": 2, "save_checkpoint_every_epoch": False, "ckpt_every_steps": None}, {}, 10, {4, 9}, {4, 9}),
    "no accumulation": ({"num_epochs": 1, "local_batch_size": 4}, {}, 5, {4}, {4}),
    "smaller last batches are dropped": ({"num_epochs": 1, "local_batch_size": 4}, {"drop_last": True}, 4, {3}, {3}),
    "the loader cuts larger micro-batches": ({"num_epochs": 1}, {"batch_size": 3}, 3, {2}, {2}),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_steps_and_events(automodel, tmp_path, row):
    scheduler, loader, steps, checkpoints, validations = row

    def change(content):
        content["step_scheduler"] = {"global_batch_size": 4, "local_batch_size": 2, **scheduler}
        content["dataloader"] = loader

    done = automodel(tiny_run.edit(tiny_run.make(tmp_path), change), timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    out = tmp_path / "out"
    assert [line["step"] for line in tiny_run.log(out)] == list(range(steps))
    assert {int(folder.name.split("_")[-1]) for folder in out.glob("epoch_*")} == checkpoints
    assert {line["step"] for line in tiny_run.log(out, "validation")} == validations


@pytest.mark.parametrize("repeats, steps, checkpoints", [(True, 12, {5, 11}), (False, 5, {4})])
def test_streamed_rows_begin_again_or_have_epochs(automodel, tmp_path, repeats, steps, checkpoints):
    llm = "nemo_automodel.components.datasets.llm.column_mapped_text_instruction_iterable_dataset."

    def change(content):
        content["step_scheduler"] = {"global_batch_size": 4, "local_batch_size": 2, "num_epochs": 1, "max_steps": 12,
                                     "ckpt_every_steps": 6}
        content["dataset"] = {"_target_": llm + "ColumnMappedTextInstructionIterableDataset",
                              "path_or_dataset_id": str(tmp_path / "text.jsonl"), "column_mapping": {"answer": "text"},
                              "repeat_on_exhaustion": repeats}

    recipe = tiny_run.edit(tiny_run.make(tmp_path), change)
    (tmp_path / "text.jsonl").write_text("".join(f'{{"text": "abc {row}"}}\n' for row in range(18)))
    done = automodel(recipe, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line["step"] for line in tiny_run.log(tmp_path / "out")] == list(range(steps))
    assert {int(folder.name.split("_")[-1]) for folder in (tmp_path / "out").glob("epoch_*")} == checkpoints
    if repeats:
        more = automodel(recipe, "--step_scheduler.max_steps=14", timeout=300)
        assert more.returncode == 0, more.stdout + more.stderr
        assert [line["step"] for line in tiny_run.log(tmp_path / "out")] == list(range(14))
