"""The fixed set of conversations that every chat template renders, as rows of `automodel render-template`."""

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": 'Weather <of> a city & its "surroundings", größer als 5°.\nSecond line.',
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The city, e.g. Zürich"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                "days": {"type": "integer", "minimum": 1, "maximum": 14},
                "where": {
                    "type": "object",
                    "description": "A place",
                    "properties": {
                        "lat": {"type": "number"},
                        "tags": {"type": "array", "items": {"type": "string"}},
                        "points": {
                            "type": "array",
                            "items": {"type": "object", "properties": {"x": {"type": "number"}}},
                        },
                    },
                    "required": ["lat"],
                },
                "either": {"anyOf": [{"type": "string"}, {"type": "null"}], "nullable": True},
                "many": {"type": ["string", "integer"]},
            },
            "required": ["city"],
        },
        "return": {"type": "string", "description": "What the sky does"},
    },
}
CLOCK = {
    "type": "function",
    "function": {"name": "now", "description": "The time", "parameters": {"type": "object", "properties": {}}},
}
BARE = {
    "name": "bare",
    "description": "Not wrapped",
    "parameters": {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
}
DOCUMENTS = [
    {"title": "Tür & Tor", "text": "Ein Text\nmit zwei Zeilen.", "contents": "as well", "doc_id": 7},
    {"title": "Second", "text": "", "contents": "", "doc_id": 8},
]


def call(name, arguments, call_id=None):
    out = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return {"id": call_id, **out} if call_id else out


def chat(*turns):
    return [{"role": role, "content": content} for role, content in turns]


USER = {"role": "user", "content": "What is the weather in Zürich?"}
ARGUMENTS = {"city": "Zürich", "days": 3, "where": {"lat": 47.37, "tags": ["a", "b"]}, "exact": True, "none": None}
RESULT = {"role": "tool", "name": "get_weather", "tool_call_id": "call00001", "content": '{"sky": "blau", "t": 21.5}'}
CALLING = {"role": "assistant", "content": "", "tool_calls": [call("get_weather", ARGUMENTS, "call00001")]}

PLAIN = {
    "one_user": chat(("user", "Hi")),
    "turn": chat(("user", "Hi"), ("assistant", "Hello!")),
    "system": chat(("system", "Be brief.\n\nAlways."), ("user", "Hi"), ("assistant", "Hello!")),
    "multi_turn": chat(
        ("system", "You are a pirate."),
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "  Three  \n"),
        ("assistant", " Four\n"),
        ("user", "Five"),
    ),
    "developer": chat(("developer", "Only rhymes."), ("user", "Hi"), ("assistant", "Sky, fly.")),
    "unicode": chat(
        ("system", "Été 日本語 🙂"),
        ("user", "naïve\u00a0\u2028 \u200dß İ ǆ <|im_end|>"),
        ("assistant", "é̈ 👩‍👩‍👧 \\n \"quoted\" 'single'"),
    ),
    "empty": chat(("system", ""), ("user", ""), ("assistant", ""), ("user", "still there?")),
    "spaces": chat(("user", " \n\t "), ("assistant", "\n\n  indented\n    more\n\n")),
    "two_users": chat(("user", "One"), ("user", "Two"), ("assistant", "Three")),
    "starts_with_assistant": chat(("assistant", "I begin."), ("user", "Fine.")),
    "system_late": chat(("user", "Hi"), ("system", "Now French."), ("assistant", "Bonjour")),
    "odd_role": chat(("user", "Hi"), ("critic", "Bad."), ("assistant", "Sorry")),
    "no_messages": [],
    "html": chat(("user", "<b>&amp; 'x' \"y\"</b>"), ("assistant", "{{ not a template }} {% raw %} {# #}")),
}

RICH = {
    "null_content": [USER, {"role": "assistant", "content": None}, {"role": "user", "content": "And?"}],
    "null_fields": [
        {"role": "user", "content": "Hi", "name": None, "tools": None, "tool_calls": None},
        {"role": "assistant", "content": "Hello", "name": None, "reasoning_content": None, "tool_call_id": None, "thinking": "Greet."},
    ],
    "missing_content": [USER, {"role": "assistant"}, {"role": "user", "content": "And?"}],
    "typed_text": [
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": [{"type": "text", "text": "First"}, {"type": "text", "text": " second"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Answer"}]},
    ],
    "images": [
        {
            "role": "user",
            "content": [
                {"type": "image"},
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "a.png"}},
            ],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "A cat."}]},
        {"role": "user", "content": [{"type": "video"}, {"type": "audio"}, {"type": "text", "text": "And now?"}]},
    ],
    "empty_list_content": [{"role": "user", "content": []}, {"role": "assistant", "content": "ok"}],
    "thinking_inline": chat(
        ("user", "2+2?"),
        ("assistant", "<think>\nAdd them.\n</think>\n\n4"),
        ("user", "3+3?"),
        ("assistant", "<think>more</think>6"),
    ),
    "reasoning_content": [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "reasoning_content": "Add\nthem.", "content": "4"},
        {"role": "user", "content": "3+3?"},
        {"role": "assistant", "reasoning_content": " Again. ", "content": "6"},
    ],
    "thinking_field": [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "thinking": "Add them.", "content": "4"},
    ],
    "reasoning_open": chat(("user", "2+2?"), ("assistant", "</think> stray"), ("user", "again")),
    "names": [
        {"role": "user", "name": "Ann", "content": "Hi"},
        {"role": "assistant", "name": "Bot", "content": "Hello", "prefix": True},
    ],
    "weights": [
        {"role": "user", "content": "Hi", "weight": 0, "train": False},
        {"role": "assistant", "content": "Hello", "weight": 1.5},
    ],
    "number_content": [{"role": "user", "content": 42}, {"role": "assistant", "content": {"a": [1, 2.5, None, True]}}],
}

TOOL_CHATS = {
    "offered": [USER],
    "offered_system": [{"role": "system", "content": "Use tools."}, USER, {"role": "assistant", "content": "No need."}],
    "called": [USER, CALLING],
    "answered": [
        {"role": "system", "content": "Use tools."},
        USER,
        CALLING,
        RESULT,
        {"role": "assistant", "content": "Blue, 21.5°."},
    ],
    "answered_user": [
        USER,
        CALLING,
        RESULT,
        {"role": "assistant", "content": "Blue."},
        {"role": "user", "content": "Thanks"},
    ],
    "parallel": [
        USER,
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [call("get_weather", ARGUMENTS, "call00001"), call("now", {}, "call00002")],
        },
        RESULT,
        {"role": "tool", "name": "now", "tool_call_id": "call00002", "content": "12:00"},
        {"role": "assistant", "content": "Blue at noon."},
    ],
    "text_arguments": [
        USER,
        {"role": "assistant", "content": None, "tool_calls": [call("get_weather", '{"city": "Bern"}', "abcdefghi")]},
        {"role": "tool", "tool_call_id": "abcdefghi", "content": "rain"},
    ],
    "reasoned_call": [
        USER,
        {
            "role": "assistant",
            "reasoning_content": "I need the tool.",
            "content": "",
            "tool_calls": [call("get_weather", ARGUMENTS, "call00001")],
        },
        RESULT,
        {"role": "assistant", "reasoning_content": "Now I know.", "content": "Blue."},
    ],
    "flat_call": [
        USER,
        {"role": "assistant", "tool_calls": [{"name": "get_weather", "arguments": {"city": "Bern"}}]},
        {"role": "tool", "content": {"sky": "grey"}},
    ],
    "list_result": [
        USER,
        CALLING,
        {
            "role": "tool",
            "name": "get_weather",
            "tool_call_id": "call00001",
            "content": [{"type": "text", "text": "blue"}, {"type": "text", "text": "sky"}],
        },
    ],
    "empty_calls": [USER, {"role": "assistant", "content": "plain", "tool_calls": []}],
    "orphan_result": [USER, RESULT],
    "result_first": [RESULT, USER],
}

TOOL_SETS = {"tools": [WEATHER, CLOCK], "one_tool": [CLOCK], "bare_tool": [BARE], "no_tools": []}

OPTIONS = {
    "think_on": {"enable_thinking": True, "thinking": True, "reasoning_effort": "high", "date_string": "26 Jul 2024"},
    "think_off": {
        "enable_thinking": False,
        "thinking": False,
        "reasoning_effort": "low",
        "tools_in_user_message": False,
        "clear_thinking": True,
    },
    "odd": {
        "enable_thinking": None,
        "custom_tools": [CLOCK],
        "builtin_tools": ["browser", "python"],
        "model_identity": "You are Ω.",
        "add_vision_id": True,
        "preserve_thinking": True,
        "xml_tools": [CLOCK],
        "python_tools": [CLOCK],
        "keep_past_thinking": True,
        "bos_token": "<B>",
    },
}


def rows():
    """Yields (name, row)."""
    for name, row in cases():
        yield name, {**row, "variables": {**TOKENS, **row.get("variables", {})}}


def cases():
    """Yields (name, row without source)."""
    for name, messages in {**PLAIN, **RICH}.items():
        yield name, {"messages": messages}
        yield name + "+prompt", {"messages": messages, "add_generation_prompt": True}
    for name, messages in TOOL_CHATS.items():
        for tools_name, tools in TOOL_SETS.items():
            yield f"{name}+{tools_name}", {
                "messages": messages,
                "tools": tools,
                "add_generation_prompt": len(name) % 2 == 0,
            }
        yield name + "+untold", {"messages": messages, "add_generation_prompt": True}
    everything = {**PLAIN, **RICH, **TOOL_CHATS}
    for name in (
        "multi_turn",
        "reasoning_content",
        "thinking_inline",
        "answered",
        "reasoned_call",
        "system",
        "one_user",
    ):
        for option_name, variables in OPTIONS.items():
            yield f"{name}+{option_name}", {
                "messages": everything[name],
                "tools": [WEATHER, CLOCK],
                "add_generation_prompt": True,
                "variables": variables,
            }
            yield f"{name}+{option_name}+bare", {"messages": everything[name], "variables": variables}
    for name in ("system", "multi_turn", "answered"):
        yield name + "+documents", {"messages": everything[name], "documents": DOCUMENTS, "add_generation_prompt": True}
    for name in ("turn", "spaces", "system", "reasoning_content", "typed_text", "one_user", "empty"):
        yield name + "+continue", {"messages": everything[name], "continue_final_message": True}
