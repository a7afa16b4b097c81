"""Samples of Megatron's token files against the order that upstream makes with NumPy's random numbers."""

import json
import math
import struct

import numpy
import pytest

import byte_tokenizer

SEQ_LENGTH = 8


def write_pair(prefix, documents, dtype=numpy.uint16, code=8):
    """PREFIX.bin and PREFIX.idx of these documents."""
    numpy.concatenate(documents).astype(dtype).tofile(f"{prefix}.bin")
    lengths = numpy.array([len(document) for document in documents], dtype=numpy.int32)
    ends = numpy.cumsum(lengths.astype(numpy.int64)) * numpy.dtype(dtype).itemsize
    with open(f"{prefix}.idx", "wb") as file:
        file.write(b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, code, len(documents), len(documents) + 1))
        file.write(lengths.tobytes() + numpy.concatenate([[0], ends[:-1]]).astype(numpy.int64).tobytes())
        file.write(numpy.arange(len(documents) + 1, dtype=numpy.int64).tobytes())
    return str(prefix)


def expected_samples(documents, num_samples, seed):
    """What upstream's GPTDataset hands out: shuffled documents as one stream, its windows shuffled."""
    tokens = sum(map(len, documents))
    epochs = 1
    while num_samples is not None and epochs * tokens < num_samples * SEQ_LENGTH + 1:
        epochs += 1
    before_last = ((epochs - 1) * tokens - 1) // SEQ_LENGTH
    separate = epochs > 1 and num_samples - before_last < int(0.8 * ((tokens - 1) // SEQ_LENGTH))
    random = numpy.random.RandomState(seed)

    def shuffled(values):
        random.shuffle(values)
        return values

    everything = numpy.arange(len(documents), dtype=numpy.int32)
    if separate:
        order = [shuffled(numpy.tile(everything, epochs - 1)), shuffled(everything.copy())]
    else:
        order = [shuffled(numpy.tile(everything, epochs))]
    stream = numpy.concatenate([documents[d] for part in order for d in part])
    total = (epochs * tokens - 1) // SEQ_LENGTH
    cut = before_last if separate else total
    windows = [shuffled(numpy.arange(0, cut, dtype=numpy.uint32))]
    if separate:
        windows.append(shuffled(numpy.arange(cut, total, dtype=numpy.uint32)))
    samples = [stream[w * SEQ_LENGTH:(w + 1) * SEQ_LENGTH + 1].tolist() for part in windows for w in part.astype(int)]
    return samples if num_samples is None else samples[:num_samples]


@pytest.fixture
def samples_of(automodel, tmp_path):
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")

    def run(*paths, **keys):
        done = automodel("data", "--target", "megatron_dataset.MegatronPretraining", "--tokenizer", tokenizer, "--json",
                         "--keys", json.dumps({"seq_length": SEQ_LENGTH, **keys}), "--dataset", *paths)
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["ids"] for line in done.stdout.splitlines()]

    return run


def random_documents(seed, count=60):
    random = numpy.random.RandomState(seed)
    return [random.randint(0, 60000, size=random.randint(0, 30)) for _ in range(count)]


@pytest.mark.parametrize("num_samples", [None, 5, 100, 130, 180, 300, 1000])
def test_samples_are_upstreams(samples_of, tmp_path, num_samples):
    documents = random_documents(1)
    prefix = write_pair(tmp_path / "a", documents)
    found = samples_of(prefix, split="1", seed=77, num_train_samples=num_samples)
    assert found == expected_samples(documents, num_samples, 77)


def test_each_split_has_its_documents(samples_of, tmp_path):
    documents = random_documents(2)
    prefix = write_pair(tmp_path / "a", documents, numpy.int32, 4)
    for name, begin, end in [("train", 0, 54), ("validation", 54, 57), ("test", 57, 60)]:
        found = samples_of(prefix, split="900,50,50", splits_to_build=name)
        assert found == expected_samples(documents[begin:end], None, 1234)


def test_weighted_blends_are_upstreams(samples_of, tmp_path):
    parts = [random_documents(seed) for seed in (3, 4)]
    prefixes = [write_pair(tmp_path / f"part{i}", part) for i, part in enumerate(parts)]
    weights, num_samples = [0.3, 0.7], 90
    found = samples_of("30", prefixes[0], "70", prefixes[1], split="1", num_train_samples=num_samples)
    sizes = [math.ceil(weight * num_samples) for weight in weights]
    samples = [expected_samples(part, math.ceil(size * 1.005), 1234) for part, size in zip(parts, sizes)]
    taken, expected = [0, 0], []
    for number in range(sum(sizes)):
        behind = [weight * max(number, 1) - count for weight, count in zip(weights, taken)]
        part = behind.index(max(behind))
        expected.append(samples[part][taken[part]])
        taken[part] += 1
    assert found == expected
