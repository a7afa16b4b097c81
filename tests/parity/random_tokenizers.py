"""Small random tokenizer.json files that combine everything the format offers."""

import random

ALPHABET = list("abcdeXYZ 12.,-") + ["é", "e\u0301", "中", "文", "ß", "İ", "▁", "Ġ", "\n", "\t", "\u3000", "ﬁ", "😀", "\u0301", "'", "##"]
BYTES = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
BYTE_CHARACTERS = [chr(byte) for byte in BYTES] + [chr(0x100 + i) for i in range(256 - len(BYTES))]


def text(rng: random.Random, longest: int = 24) -> str:
    pieces = [rng.choice(ALPHABET) for _ in range(rng.randrange(longest))]
    if rng.random() < 0.3:
        pieces.insert(rng.randrange(len(pieces) + 1), rng.choice(["<s>", "[UNK]", "  ", "ab", " a", "<0x41>", "a b", "Café"]))
    return "".join(pieces)


def pattern(rng):
    if rng.random() < 0.5:
        return {"String": rng.choice([" ", "a", "ab", "-", "é", "  "])}
    return {"Regex": rng.choice([r"\s+", r"\p{L}+", r"[ab]", r"\d", r"a|b ", r"[^\s]", r"(?i)x|Y", r"\s+(?!\S)|\s+"])}


def normalizer(rng, depth=0):
    kind = rng.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Nmt", "Replace", "Prepend",
                       "BertNormalizer", "Sequence" if depth < 2 else "NFC"])
    node = {"type": kind}
    if kind == "Strip":
        node |= {"strip_left": rng.random() < 0.5, "strip_right": rng.random() < 0.5}
    elif kind == "Replace":
        node |= {"pattern": pattern(rng), "content": rng.choice(["▁", "xy", "é"])}
    elif kind == "Prepend":
        node |= {"prepend": rng.choice(["▁", "xy"])}
    elif kind == "BertNormalizer":
        node |= {"clean_text": rng.random() < 0.5, "handle_chinese_chars": rng.random() < 0.5,
                 "strip_accents": rng.choice([None, True, False]), "lowercase": rng.random() < 0.5}
    elif kind == "Sequence":
        node |= {"normalizers": [normalizer(rng, depth + 1) for _ in range(rng.randrange(4))]}
    return node


BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def pre_tokenizer(rng, depth=0):
    kind = rng.choice(["BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Metaspace", "Whitespace", "Split", "Split",
                       "Punctuation", "WhitespaceSplit", "Digits", "FixedLength", "UnicodeScripts",
                       "Sequence" if depth < 2 else "Split"])
    node = {"type": kind}
    if kind == "ByteLevel":
        node |= {"add_prefix_space": rng.random() < 0.5, "trim_offsets": True, "use_regex": rng.random() < 0.5}
    elif kind == "CharDelimiterSplit":
        node |= {"delimiter": rng.choice("a -")}
    elif kind == "Metaspace":
        node |= {"replacement": rng.choice("▁_"), "prepend_scheme": rng.choice(["always", "never", "first"]),
                 "split": rng.random() < 0.5}
    elif kind == "Split":
        node |= {"pattern": pattern(rng), "behavior": rng.choice(BEHAVIORS), "invert": rng.random() < 0.3}
    elif kind == "Punctuation":
        node |= {"behavior": rng.choice(BEHAVIORS)}
    elif kind == "Digits":
        node |= {"individual_digits": rng.random() < 0.5}
    elif kind == "FixedLength":
        node |= {"length": rng.randrange(1, 5)}
    elif kind == "Sequence":
        node |= {"pretokenizers": [pre_tokenizer(rng, depth + 1) for _ in range(rng.randrange(1, 4))]}
    return node


def bpe(rng):
    """A vocabulary of characters and a few rounds of random merges."""
    characters = list(dict.fromkeys("".join(ALPHABET)))
    tokens = rng.sample(characters, rng.randrange(4, len(characters)))
    tokens += BYTE_CHARACTERS if rng.random() < 0.5 else []
    prefix = rng.choice([None, None, None, "##"])
    suffix = rng.choice([None, None, None, "</w>"])
    tokens += [prefix + t for t in tokens] if prefix else []
    tokens += [t + suffix for t in tokens] if suffix else []
    byte_fallback = rng.random() < 0.4 and not prefix and not suffix
    if byte_fallback:
        tokens += [f"<0x{byte:02X}>" for byte in range(256)]
    tokens = list(dict.fromkeys(["[UNK]", *tokens]))
    merges = []
    for _ in range(rng.randrange(60)):
        left, right = rng.choice(tokens), rng.choice(tokens)
        if prefix and not right.startswith(prefix):
            continue
        merged = left + (right[len(prefix):] if prefix else right)
        if " " in left + right or "</w>" in left:
            continue
        merges.append([left, right])
        tokens = list(dict.fromkeys([*tokens, merged]))
    rng.shuffle(merges)
    if rng.random() < 0.5:
        merges = [" ".join(merge) for merge in merges]
    return {"type": "BPE", "dropout": None, "unk_token": rng.choice([None, "[UNK]"]), "continuing_subword_prefix": prefix,
            "end_of_word_suffix": suffix, "fuse_unk": rng.random() < 0.5, "byte_fallback": byte_fallback,
            "ignore_merges": rng.random() < 0.3, "vocab": {token: i for i, token in enumerate(tokens)}, "merges": merges}


def words(rng, count):
    return ["".join(rng.choice(ALPHABET) for _ in range(rng.randrange(1, 4))) for _ in range(count)]


def model(rng):
    kind = rng.choice(["BPE", "BPE", "BPE", "Unigram", "WordPiece", "WordLevel"])
    if kind == "BPE":
        return bpe(rng)
    if kind == "Unigram":
        vocabulary = [["[UNK]", 0.0]] + [[word, -rng.random() * 8] for word in dict.fromkeys([*words(rng, 60), "a", "b"])]
        fallback = rng.random() < 0.5
        vocabulary += [[f"<0x{byte:02X}>", -9.0] for byte in range(256)] if fallback else []
        return {"type": "Unigram", "unk_id": 0, "vocab": vocabulary, "byte_fallback": fallback}
    tokens = list(dict.fromkeys(["[UNK]", *words(rng, 80), *("##" + word for word in words(rng, 80)), *ALPHABET]))
    vocabulary = {token: i for i, token in enumerate(tokens)}
    if kind == "WordPiece":
        return {"type": kind, "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": rng.choice([5, 100]), "vocab": vocabulary}
    return {"type": kind, "vocab": vocabulary, "unk_token": "[UNK]"}


def added_tokens(rng, vocabulary, size):
    """Some inside the vocabulary, some behind it."""
    tokens, contents = [], set()
    for content in rng.sample(["<s>", "</s>", "ab", "a b", "  ", "é", "É", "Café", " x", "\n", "▁a", "<0x41>", "abc", "X", "中"],
                              rng.randrange(6)):
        flags = {flag: rng.random() < 0.3 for flag in ("single_word", "lstrip", "rstrip", "normalized", "special")}
        if flags["special"] or not content.strip():
            flags["normalized"] = False  # else Hugging Face keeps special tokens when skipping, and matches the empty text
        identity = vocabulary.get(content, size)
        size += identity == size
        if content not in contents:
            tokens.append({"id": identity, "content": content, **flags})
        contents.add(content)
    return tokens


def post_processor(rng, size, may_trim):
    kind = rng.choice([None, "ByteLevel", "BertProcessing", "RobertaProcessing", "TemplateProcessing", "Sequence"])
    if kind is None:
        return None
    spaces = {"add_prefix_space": rng.random() < 0.5, "trim_offsets": may_trim and rng.random() < 0.5}
    pair = [["[UNK]", 0], ["[UNK]", rng.randrange(size)]]
    if kind == "ByteLevel":
        return {"type": kind, **spaces, "use_regex": True}
    if kind == "BertProcessing":
        return {"type": kind, "sep": pair[0], "cls": pair[1]}
    if kind == "RobertaProcessing":
        return {"type": kind, "sep": pair[0], "cls": pair[1], **spaces}
    template = {"type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "u", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"u": {"id": "u", "ids": [0, 1], "tokens": ["[UNK]", "x"]}}}
    if kind == "TemplateProcessing":
        return template
    return {"type": "Sequence", "processors": [{"type": "ByteLevel", **spaces, "use_regex": True}, template]}


def decoder(rng, depth=0):
    kind = rng.choice([None if depth == 0 else "Fuse", "ByteLevel", "ByteFallback", "Fuse", "Strip", "Replace", "Metaspace", "WordPiece",
                       "BPEDecoder", "CTC", "Sequence" if depth < 2 else "Fuse"])
    if kind is None:
        return None
    node = {"type": kind}
    if kind == "ByteLevel":
        node |= {"add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    elif kind == "Strip":
        node |= {"content": rng.choice(" a▁"), "start": rng.randrange(3), "stop": 0}
    elif kind == "Replace":
        node |= {"pattern": pattern(rng), "content": rng.choice([" ", "", "xy"])}
    elif kind == "Metaspace":
        node |= {"replacement": "▁", "prepend_scheme": rng.choice(["always", "never", "first"]), "split": True}
    elif kind == "WordPiece":
        node |= {"prefix": "##", "cleanup": rng.random() < 0.5}
    elif kind == "BPEDecoder":
        node |= {"suffix": "</w>"}
    elif kind == "CTC":
        node |= {"pad_token": "[UNK]", "word_delimiter_token": "a", "cleanup": rng.random() < 0.5}
    elif kind == "Sequence":
        node |= {"decoders": [decoder(rng, depth + 1) for _ in range(rng.randrange(1, 4))]}
    return node


def tokenizer(seed: int) -> dict:
    rng = random.Random(seed)
    made = model(rng)
    vocabulary = made["vocab"] if isinstance(made["vocab"], dict) else {token: i for i, (token, _) in enumerate(made["vocab"])}
    size = len(made["vocab"])
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added_tokens(rng, vocabulary, size),
            "normalizer": normalizer(rng) if rng.random() < 0.6 else None,
            "pre_tokenizer": pre_tokenizer(rng) if rng.random() < 0.8 else None,
            "post_processor": post_processor(rng, size, made["type"] != "Unigram"), "decoder": decoder(rng), "model": made}
