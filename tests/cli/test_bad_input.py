"""Bad files and failing disks: each ends with one clear line and its exit code, and what was saved before stays good."""

import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import textwrap

import gguf
import numpy as np
import pytest
import tiny_run
import torch
from oracle.weights import load
from safetensors.torch import load_file, save_file

BAD_INPUT = 2
FAILED = 1


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    tiny_run.make(folder)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """model/, train.jsonl, validation.jsonl, recipe.yaml, for one test to damage."""
    shutil.copytree(made / "model", tmp_path / "model")
    for name in ("train.jsonl", "validation.jsonl"):
        shutil.copy(made / name, tmp_path / name)
    tiny_run.write(tmp_path / "recipe.yaml", tiny_run.recipe(tmp_path))
    return tmp_path


def one_clear_line(done, code, *texts):
    """The exit code, no output but one error that holds every text, no trace of a crash."""
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.startswith("error: "), done.stderr
    for text in texts:
        assert text in done.stderr, done.stderr
    assert "terminate" not in done.stderr and "Traceback" not in done.stderr and ".cpp" not in done.stderr


def refused(automodel, folder, *texts, code=BAD_INPUT):
    """Training stops before it starts: nothing is written."""
    one_clear_line(automodel(folder / "recipe.yaml", timeout=300), code, *texts)
    assert not (folder / "out" / "LATEST").exists()


def header_and_data(path):
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def write_header(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def test_a_key_that_the_family_does_not_know_is_taken_out_by_null(automodel, folder):
    path = folder / "model/config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "dense_list": [4096, 0]}))
    refused(automodel, folder, str(path), "dense_list = [4096,0]", "model.dense_list: null")
    done = automodel(folder / "recipe.yaml", "--model.dense_lst=null")
    one_clear_line(done, BAD_INPUT, "that has no such key; did you mean 'dense_list'?")
    done = automodel(folder / "recipe.yaml", "--model.dense_list=null", timeout=300)
    assert done.returncode == 0, done.stderr
    exported = next((folder / "out").rglob("consolidated/config.json"))
    assert json.loads(exported.read_text())["dense_list"] is None


class TestSafetensors:
    def test_missing(self, automodel, folder):
        (folder / "model/model.safetensors").unlink()
        refused(automodel, folder, str(folder / "model"), "model.safetensors")

    @pytest.mark.parametrize(("size", "text"), [
        (0, "too short"), (7, "too short"), (8, "the file is cut off"), (100, "the file is cut off"), (-1, "it is cut off: fetch it again")])
    def test_truncated(self, automodel, folder, size, text):
        path = folder / "model/model.safetensors"
        path.write_bytes(path.read_bytes()[:size])
        refused(automodel, folder, str(path), text)

    def test_a_missing_shard(self, automodel, folder):
        path = folder / "model/model.safetensors"
        weights = load_file(path)
        path.unlink()
        index = {"weight_map": {name: "model-00001-of-00002.safetensors" for name in weights}}
        index["weight_map"]["model.norm.weight"] = "model-00002-of-00002.safetensors"
        (folder / "model/model.safetensors.index.json").write_text(json.dumps(index))
        del weights["model.norm.weight"]
        save_file(weights, folder / "model/model-00001-of-00002.safetensors", {"format": "pt"})
        refused(automodel, folder, "model-00002-of-00002.safetensors")

    def test_another_kind_of_file(self, automodel, folder):
        path = folder / "model/model.safetensors"
        path.write_bytes(b"PK\x03\x04" + bytes(2000))
        refused(automodel, folder, str(path), "not a safetensors file")

    @pytest.mark.parametrize("size", [1 << 40, (1 << 64) - 1, (1 << 63) + 8])
    def test_a_header_larger_than_the_file(self, automodel, folder, size):
        path = folder / "model/model.safetensors"
        path.write_bytes(struct.pack("<Q", size) + path.read_bytes()[8:])
        refused(automodel, folder, str(path), f"{size}")

    @pytest.mark.parametrize("begin", [1 << 30, -8, 1 << 62])
    def test_data_outside_the_file(self, automodel, folder, begin):
        path = folder / "model/model.safetensors"
        header, data = header_and_data(path)
        entry = header["model.norm.weight"]
        first, last = entry["data_offsets"]
        entry["data_offsets"] = [begin, begin + last - first]
        write_header(path, header, data)
        refused(automodel, folder, str(path), "model.norm.weight")

    @pytest.mark.parametrize("shape", [[1 << 62, 64], [-1, 64], [1 << 40, 1 << 40], [65]])
    def test_a_shape_that_its_data_do_not_have(self, automodel, folder, shape):
        path = folder / "model/model.safetensors"
        header, data = header_and_data(path)
        header["model.norm.weight"]["shape"] = shape
        write_header(path, header, data)
        refused(automodel, folder, str(path), "model.norm.weight")

    @pytest.mark.parametrize(("value", "shown"), [(float("nan"), "nan"), (float("-inf"), "-inf")])
    def test_a_weight_that_is_no_number(self, automodel, folder, value, shown):
        path = folder / "model/model.safetensors"
        weights = load_file(path)
        weights["model.layers.1.mlp.up_proj.weight"][2, 5] = value
        save_file(weights, path, {"format": "pt"})
        refused(automodel, folder, f"'model.layers.1.mlp.up_proj.weight' holds {shown} at index [2, 5]")


class TestGitLfs:
    """A clone without Git LFS has pointers of three lines in the place of large files."""

    POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"

    @pytest.mark.parametrize("name", ["model/model.safetensors", "model/tokenizer.json", "model/config.json", "train.jsonl"])
    def test_a_pointer(self, automodel, folder, name):
        (folder / name).write_text(self.POINTER)
        refused(automodel, folder, f"{folder / name}: the file is the pointer of Git LFS", "run 'git lfs pull' in its folder")

    @pytest.mark.parametrize(("name", "command"), [("model.gguf", "describe"), ("tokenizer.model", "tokenize")])
    def test_a_pointer_by_itself(self, automodel, tmp_path, name, command):
        (tmp_path / name).write_text(self.POINTER)
        one_clear_line(automodel(command, tmp_path / name, *["x"] * (command == "tokenize")), BAD_INPUT, "the pointer of Git LFS")


def write_gguf(path):
    """A small llama that has all but a good vocabulary: its header is read first."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_tensor("token_embd.weight", np.ones((8, 32), np.float32))
    writer.add_tensor("output_norm.weight", np.ones(32, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class TestGguf:
    @pytest.fixture
    def path(self, folder):
        recipe = tiny_run.recipe(folder)
        recipe["model"]["pretrained_model_name_or_path"] = str(folder / "model.gguf")
        tiny_run.write(folder / "recipe.yaml", recipe)
        return write_gguf(folder / "model.gguf")

    def replace(self, path, old, new):
        content = path.read_bytes()
        assert content.count(old) >= 1
        path.write_bytes(content.replace(old, new, 1))

    def test_missing(self, automodel, folder, path):
        path.unlink()
        refused(automodel, folder, str(path))

    @pytest.mark.parametrize("size", [0, 3, 20, 60, -40])
    def test_truncated(self, automodel, folder, path, size):
        path.write_bytes(path.read_bytes()[:size])
        refused(automodel, folder, str(path))

    def test_wrong_magic(self, automodel, folder, path):
        self.replace(path, b"GGUF", b"GGML")
        refused(automodel, folder, str(path), "GGUF")

    def test_an_offset_outside_the_file(self, automodel, folder, path):
        entry = b"output_norm.weight" + struct.pack("<IQI", 1, 32, 0)
        offset = 8 * 32 * 4
        self.replace(path, entry + struct.pack("<Q", offset), entry + struct.pack("<Q", 1 << 62))
        refused(automodel, folder, str(path), "output_norm.weight")

    def test_a_shape_larger_than_the_file(self, automodel, folder, path):
        entry = b"output_norm.weight" + struct.pack("<I", 1)
        self.replace(path, entry + struct.pack("<Q", 32), entry + struct.pack("<Q", 1 << 61))
        refused(automodel, folder, str(path), "output_norm.weight")

    @pytest.mark.parametrize("count", [1 << 40, (1 << 64) - 1])
    def test_more_tensors_than_there_can_be(self, automodel, folder, path, count):
        content = path.read_bytes()
        path.write_bytes(content[:8] + struct.pack("<Q", count) + content[16:])
        refused(automodel, folder, str(path))


class TestTokenizer:
    def test_an_unknown_kind(self, automodel, folder):
        path = folder / "model/tokenizer.json"
        content = json.loads(path.read_text())
        content["model"]["type"] = "Morse"
        path.write_text(json.dumps(content))
        refused(automodel, folder, "Morse", "tokenizer.json")

    def test_an_unknown_kind_in_a_gguf_file(self, automodel, tmp_path):
        path = tmp_path / "metadata.json"
        path.write_text(json.dumps({"general.architecture": "llama", "tokenizer.ggml.model": "morse",
                                    "tokenizer.ggml.tokens": ["a"]}))
        one_clear_line(automodel("tokenize", path, "a"), BAD_INPUT, "morse")

    def test_missing(self, automodel, folder):
        (folder / "model/tokenizer.json").unlink()
        refused(automodel, folder, "tokenizer.json")


class TestRows:
    def append(self, folder, line):
        with (folder / "train.jsonl").open("a") as file:
            file.write(line + "\n")

    @pytest.mark.parametrize("line", ['{"messages": [', "yes", "\x00"])
    def test_a_line_that_is_not_json(self, automodel, folder, line):
        self.append(folder, line)
        refused(automodel, folder, f"{folder / 'train.jsonl'}:19")

    def test_utf_16(self, automodel, folder):
        rows = (folder / "train.jsonl").read_text()
        (folder / "train.jsonl").write_bytes(rows.encode("utf-16"))
        refused(automodel, folder, f"{folder / 'train.jsonl'}: the file is UTF-16; save it as UTF-8")

    def test_a_row_without_assistant_turn(self, automodel, folder):
        self.append(folder, json.dumps({"messages": [{"role": "user", "content": "reverse: red"}]}))
        refused(automodel, folder, f"{folder / 'train.jsonl'}:19", "assistant")

    def test_a_row_longer_than_the_models_limit(self, automodel, folder):
        messages = [{"role": "user", "content": "reverse: " + "red " * 300}, {"role": "assistant", "content": "no"}]
        self.append(folder, json.dumps({"messages": messages}))
        refused(automodel, folder, f"{folder / 'train.jsonl'}:19", "128")

    def test_a_prompt_longer_than_the_models_limit(self, automodel, folder):
        done = automodel("generate", folder / "model", "red " * 300)
        one_clear_line(done, BAD_INPUT, "128")

    def test_missing(self, automodel, folder):
        (folder / "train.jsonl").unlink()
        refused(automodel, folder, "train.jsonl")


STEPS = ["--step_scheduler.ckpt_every_steps=1", "--step_scheduler.num_epochs=20"]


def assert_goes_on(automodel, folder, checkpoint, *options):
    """The last checkpoint is the one named, a model that Transformers loads, and a longer run starts from it."""
    out = folder / "out"
    assert (out / "LATEST").resolve().name == checkpoint
    weights = [load_file(path) for path in (out / "LATEST/model").rglob("*.safetensors")]
    assert weights and all(torch.isfinite(tensor).all() for file in weights for tensor in file.values())
    done = automodel(folder / "recipe.yaml", *STEPS, *options, timeout=300)
    assert done.returncode == 0, done.stderr
    assert f"going on from {out / checkpoint}" in done.stdout
    load(str(out / "LATEST/model/consolidated"), torch.float32)


class TestSaving:
    def test_a_file_that_cannot_be_written_to_its_end(self, automodel, folder):
        """The system's limit on the size of a file, in place of a full disk."""
        recipe = folder / "recipe.yaml"
        assert automodel(recipe, *STEPS, "--step_scheduler.max_steps=2", timeout=300).returncode == 0

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        done = automodel(recipe, *STEPS, "--step_scheduler.max_steps=4", timeout=300, preexec_fn=limit)
        one_clear_line(done, FAILED, "cannot write", str(folder / "out"), "File too large")
        assert_goes_on(automodel, folder, "epoch_0_step_1", "--step_scheduler.max_steps=4")

    def test_a_full_disk(self, automodel, folder):
        """A small disk of this test's own, filled up between two runs."""
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
            pytest.skip("may not mount")
        script = textwrap.dedent("""
            mount -t tmpfs -o size=4m tmpfs "$folder/out"
            train() { "$program" "$folder/recipe.yaml" $steps --step_scheduler.max_steps="$1"; }
            train 2 >/dev/null || exit 90
            readlink "$folder/out/LATEST"
            dd if=/dev/zero of="$folder/out/filler" bs=4k 2>/dev/null
            truncate --size=-200K "$folder/out/filler"
            train 4 >/dev/null
            echo "code $?"
            readlink "$folder/out/LATEST"
            rm "$folder/out/filler"
            train 4 | grep "going on from"
            readlink "$folder/out/LATEST"
        """)
        (folder / "out").mkdir()
        done = subprocess.run(["unshare", "--mount", "bash", "-c", script], capture_output=True, text=True, check=False,
                              env={**os.environ, "program": str(automodel.path), "folder": str(folder),
                                   "steps": " ".join([*STEPS, "--checkpoint.max_recent_checkpoints=1"])})
        assert done.stdout.splitlines() == [
            "epoch_0_step_1", f"code {FAILED}", "epoch_0_step_1",
            f"going on from {folder}/out/epoch_0_step_1", "epoch_0_step_3"], done.stdout + done.stderr
        assert "epoch_0_step_2" in done.stderr and "No space left on device. Free some space" in done.stderr

    @pytest.mark.parametrize("place", ["file/out", "/proc/automodel/out"])
    def test_an_output_folder_that_cannot_be_written(self, automodel, folder, place):
        (folder / "file").write_text("")
        done = automodel(folder / "recipe.yaml", f"--checkpoint.checkpoint_dir={folder / place}", timeout=300)
        one_clear_line(done, FAILED, str(folder / place))
        assert "step 1/" not in done.stdout

    def test_killed_while_it_saves(self, automodel, folder):
        """`kill -9` as soon as an unfinished checkpoint is seen, several times; then the run goes on to its end."""
        options = [*STEPS, "--step_scheduler.max_steps=30", "--checkpoint.max_recent_checkpoints=2"]
        interrupted = 0
        for _ in range(6):
            process = subprocess.Popen([str(automodel.path), str(folder / "recipe.yaml"), *options],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            while process.poll() is None and not list(folder.glob("out/.*.saving-*")):
                pass
            process.kill()
            process.wait()
            interrupted += len(list(folder.glob("out/.*.saving-*")))
        assert interrupted > 0
        found = (folder / "out/LATEST").resolve().name if (folder / "out/LATEST").exists() else None
        if found:
            assert_goes_on(automodel, folder, found, *options)
        else:
            assert automodel(folder / "recipe.yaml", *options, timeout=300).returncode == 0
        assert (folder / "out/LATEST").resolve().name.endswith("_step_29")
        assert not list(folder.glob("out/.*.saving-*"))
