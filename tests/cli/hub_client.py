"""What the tests of the hub's client share."""

import os

import pytest
from hub_server import SIGNATURE, TOKEN, Hub

VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE",
             "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DOWNLOAD_TIMEOUT", "SSL_CERT_FILE", "http_proxy",
             "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")

WEIGHTS = bytes(range(256)) * 4000  # about 1 MB
FILES = {
    ".gitattributes": "*.safetensors filter=lfs\n", "README.md": "# tiny\n", "config.json": '{"model_type": "llama"}',
    "tokenizer.json": "{}", "model.safetensors": WEIGHTS, "pytorch_model.bin": b"pickle", "onnx/model.onnx": b"onnx",
    "additional_chat_templates/tool use.jinja": "{{ messages }}",
}
LLAMA = {"model_type": "llama", "vocab_size": 8, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
         "num_attention_heads": 1, "max_position_embeddings": 8, "rms_norm_eps": 1e-5}  # a whole config.json
MODEL_FILES = sorted(set(FILES) - {"pytorch_model.bin", "onnx/model.onnx"})


def environment(hub, home, **more):
    """Of a program that knows nothing but this hub and this cache."""
    out = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**out, "HF_ENDPOINT": hub.url, "HF_HOME": str(home), **more}


@pytest.fixture
def hub():
    with Hub() as running:
        running.add("org/tiny", FILES)
        yield running


@pytest.fixture
def run(automodel, hub, tmp_path):
    """run(words..., VARIABLE=value) -> CompletedProcess; nothing that it prints may hold a secret."""

    def call(*words, timeout=60, **variables):
        done = automodel(*words, env={**environment(hub, tmp_path / "hf"), **variables}, timeout=timeout)
        for secret in (TOKEN, SIGNATURE):
            assert secret not in done.stdout + done.stderr
        return done

    call.cache = tmp_path / "hf" / "hub"
    return call


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def assert_refused(done, text, code=2):
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert text in done.stderr, done.stderr
