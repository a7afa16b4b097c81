"""Lines of text to try tokenizers on: real text of many kinds, and generated oddities."""

import json
import pathlib
import random
import sysconfig

SPACES = [" ", "  ", "\t", "\n", "\r\n", "\r", "\u00a0", "\u1680", "\u2003", "\u2009", "\u200b", "\u202f", "\u2028",
          "\u2029", "\u205f", "\u3000", "\ufeff", "\x0b", "\x0c", "\x85", "\x1c"]
CONTROLS = ["\x00", "\x01", "\x08", "\x1b", "\x7f", "\x9f", "\u00ad", "\u200c", "\u200d", "\u200e", "\u202e", "\ue000",
            "\ufffd", "\uffff", "\U0010ffff", "\U000e0001"]
EMOJI = ["😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪🇯🇵", "☺️", "❤️‍🔥", "1️⃣", "🧑🏿‍🚀", "🫠", "©", "™", "♠", "⌘"]
WORDS = ["hello", "WORLD", "don't", "I'LL", "they've", "ſ't", "'S", "naïve", "café", "cafe\u0301", "Å", "A\u030a",
         "\u212b", "ﬁne", "Ⅷ", "½", "²", "①", "Ⓐ", "İstanbul", "ıI", "ß", "ẞ", "Straße", "ΑΣ", "Ωμέγα", "Привет", "ёлка",
         "й", "и\u0306", "שלום", "שָׁלוֹם", "مرحبا", "العَرَبِيَّة", "۱۲۳", "١٢٣", "हिन्दी", "क्षत्रिय", "१२३", "বাংলা", "தமிழ்", "ไทย", "ภาษาไทย",
         "๑๒๓", "မြန်မာ", "ខ្មែរ", "中文", "漢字かな", "カタカナ", "ｶﾀｶﾅ", "ガ", "が", "ー", "한국어", "한국어",
         "𠀀𠮷", "Việt", "Tiê\u0301ng", "𝔾𝕠𝕠𝕕", "Ａｂｃ１２３", "ﷺ", "㎏", "Ǆ", "ᾳ", "ഒരു", "ქართული", "ᏣᎳᎩ", "ᠮᠣᠩᠭᠣᠯ", "🄰", "x̧̌", "q\u0307\u0323",
         "q\u0323\u0307", "\u0344", "\u0958", "\u2126", "\u1e9b\u0323", "\uac00\u11a8", "\u1100\u1161"]
SYMBOLS = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + ["...", "—", "–", "“”", "‘’", "«»", "、", "。", "！", "（）", "…", "→", "∑", "√2",
           "£", "€", "₿", "°C", "§", "¶", "•", "|||", "=====", "-----", "____", "/*", "*/", "//", "->", "::", "<|x|>", "</s>", "<s>",
           "[INST]", "##", "@@", "▁", "▁▁", "Ġ", "<0x0A>"]


def number(rng: random.Random) -> str:
    digits = "".join(rng.choice("0123456789") for _ in range(rng.choice([1, 2, 3, 4, 5, 7, 12, 40])))
    return rng.choice([digits, f"-{digits}", f"{digits}.{digits}", f"1,{digits}", f"0x{digits}", f"{digits}e-3"])


def odd_line(rng: random.Random) -> str:
    """A few words, numbers, symbols and emoji with all kinds of spaces between, before and behind them."""
    parts = [rng.choice(SPACES) * rng.randrange(3)]
    for _ in range(rng.randrange(1, 14)):
        kind = rng.random()
        if kind < 0.5:
            parts.append(rng.choice(WORDS))
        elif kind < 0.62:
            parts.append(number(rng))
        elif kind < 0.8:
            parts.append(rng.choice(SYMBOLS) * rng.choice([1, 1, 1, 2, 3]))
        elif kind < 0.9:
            parts.append(rng.choice(EMOJI))
        else:
            parts.append(rng.choice(CONTROLS))
        if rng.random() < 0.7:
            parts.append(" " if rng.random() < 0.6 else rng.choice(SPACES) * rng.choice([1, 1, 2, 3, 9]))
    return "".join(parts)


def random_characters(rng: random.Random) -> str:
    """Any characters at all, but surrogates; blocks are likely to mix."""
    line = []
    for _ in range(rng.randrange(1, 12)):
        start = rng.choice([0x20, 0x80, 0x300, 0x370, 0x600, 0x900, 0xE00, 0x1100, 0x1E00, 0x2000, 0x3000, 0x4E00, 0xAC00,
                            0xFB00, 0x1D400, 0x1F300, 0x20000])
        line += [chr(start + rng.randrange(0x100)) for _ in range(rng.randrange(1, 8))]
    return "".join(line)


def llamafactory_lines(folder: pathlib.Path):
    """English web and encyclopedia text, Chinese and English chats, tool calls."""
    yield from (folder / "wiki_demo.txt").read_text(encoding="utf-8").split("\n")
    for line in (folder / "c4_demo.jsonl").read_text(encoding="utf-8").splitlines():
        yield from json.loads(line)["text"].split("\n")
    for name in ("alpaca_zh_demo.json", "alpaca_en_demo.json"):
        for row in json.loads((folder / name).read_text(encoding="utf-8")):
            yield row["instruction"] + "\n" + row["input"] + "\n\n" + row["output"]
    for name in ("glaive_toolcall_zh_demo.json", "glaive_toolcall_en_demo.json", "dpo_zh_demo.json"):
        for row in json.loads((folder / name).read_text(encoding="utf-8")):
            yield from (turn["value"] for turn in row["conversations"])


def code_lines(count: int):
    """Python's own sources, in blocks of a few lines, so that line ends and indents are in them."""
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    files = sorted(library.glob("*.py")) + sorted((library / "test").glob("test_*.py"))
    for file in files:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        for start in range(0, len(lines), 5):
            yield "".join(lines[start:start + 5])
            count -= 1
            if count == 0:
                return


def corpus(data: pathlib.Path, size: int, seed: int = 1) -> list[str]:
    """`size` lines: three quarters text and code (at most half of all is text), a quarter oddities."""
    rng = random.Random(seed)
    real = [line for line in llamafactory_lines(data) if line]
    rng.shuffle(real)
    lines = real[:size // 2]
    lines += code_lines(3 * size // 4 - len(lines))
    lines += [odd_line(rng) for _ in range(size // 8)]
    while len(lines) < size:
        lines.append(random_characters(rng))
    return lines
