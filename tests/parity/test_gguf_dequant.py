"""Dequantisation equals the Python package gguf bit for bit, on random blocks and on real files."""

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type
from safetensors import safe_open

KINDS = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "MXFP4"]
NUM_BLOCKS = 512


def random_blocks(kind: str) -> np.ndarray:
    """Blocks of random bytes, every scale of any size, NaN and infinity included: [rows, bytes of a row]."""
    _, block_bytes = gguf.GGML_QUANT_SIZES[Type[kind]]
    rng = np.random.default_rng(len(kind) + ord(kind[-1]))
    return rng.integers(0, 256, (NUM_BLOCKS // 2, 2 * block_bytes), dtype=np.uint8)


def assert_same_bits(found: np.ndarray, expected: np.ndarray, name: str) -> None:
    """Bit for bit, but NaNs of any kind are one."""
    same = found.view(np.uint32) == expected.view(np.uint32)
    same |= np.isnan(found) & np.isnan(expected)
    assert found.shape == expected.shape and same.all(), f"{name}: {(~same).sum()} of {same.size} values differ"


@pytest.fixture(scope="module")
def random_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "random.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    for kind in KINDS:
        writer.add_tensor(kind, random_blocks(kind), raw_dtype=Type[kind])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def dequantized(random_file, tool):
    out = random_file.with_suffix(".safetensors")
    tool("tensor_tool", "dequantize", random_file, out)
    return safe_open(out, "np")


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_random_blocks(kind, dequantized):
    expected = np.asarray(gguf.dequantize(random_blocks(kind), Type[kind]), np.float32)
    assert_same_bits(dequantized.get_tensor(kind), expected, kind)


@pytest.mark.parametrize("name", ["smollm2-135m", pytest.param("gemma3-270m", marks=pytest.mark.full)])
def test_real_file(name, real_model, tool, tmp_path):
    path = real_model(name)
    tool("tensor_tool", "dequantize", path, tmp_path / "out.safetensors")
    with safe_open(tmp_path / "out.safetensors", "np") as out:
        tensors = gguf.GGUFReader(path).tensors
        assert sorted(out.keys()) == sorted(tensor.name for tensor in tensors)
        for tensor in tensors:
            expected = gguf.dequantize(tensor.data, tensor.tensor_type)
            assert_same_bits(out.get_tensor(tensor.name), np.ascontiguousarray(expected), tensor.name)
