"""Wrong and harmless variants of a recipe, made from its parsed form."""

import copy
import dataclasses

FREE_FORM = {"ci"}  # sections whose keys are not checked


@dataclasses.dataclass
class Mutation:
    """A recipe with one mistake, and the dotted path that the complaint must name."""

    kind: str
    path: str
    recipe: dict


def walk(node, path=()):
    """Every (path, value) below a mapping, mappings before what they hold; lists count as values."""
    for key, value in node.items():
        if not path and key in FREE_FORM:
            continue
        yield (*path, key), value
        if isinstance(value, dict):
            yield from walk(value, (*path, key))


def changed(recipe, path, value=None, rename=None, drop=False):
    out = copy.deepcopy(recipe)
    node = out
    for key in path[:-1]:
        node = node[key]
    if drop:
        del node[path[-1]]
    elif rename:
        # In place, so that the order of the other keys stays.
        items = [(rename if key == path[-1] else key, old) for key, old in node.items()]
        node.clear()
        node.update(items)
    else:
        node[path[-1]] = value
    return out


def misspellings(name):
    yield name + name[-1]
    if len(name) > 3:
        yield name[:2] + name[3:]
        yield name[0] + name[2] + name[1] + name[3:]
        yield name.replace("_", "-") if "_" in name[1:-1] else name.upper()


def places(recipe):
    """Every path with the target of the mapping that its key is in."""
    for path, _ in walk(recipe):
        holder = recipe
        for key in path[:-1]:
            holder = holder[key]
        yield path, holder.get("_target_")


def misspelt_keys(recipe, tried=frozenset()):
    """Of the keys that are at no place in `tried`."""
    for path, target in places(recipe):
        for name in misspellings(path[-1]) if (path, target) not in tried else ():
            if name != path[-1] and name not in recipe:
                yield Mutation("misspelt key", ".".join((*path[:-1], name)), changed(recipe, path, rename=name))


def wrong_types(recipe):
    for path, value in walk(recipe):
        if value is None or path[-1] == "recipe":
            continue
        wrong = []
        if isinstance(value, dict):
            wrong = [7, [1]] if path[-1] in ("collate_fn", "config") else [7, "text", [1]]
        elif isinstance(value, bool):
            wrong = [7, "perhaps", {"a": 1}]
        elif isinstance(value, (int, float)):
            wrong = ["seven", {"a": 1}, True]
            wrong += [] if path[-1] == "nsys_ranks" else [["seven"]]
        elif isinstance(value, list):
            wrong = [{"a": 1}]
        elif isinstance(value, str):
            wrong = [{"a": {"b": 1}}]
        for bad in wrong:
            yield Mutation("wrong type", ".".join(path), changed(recipe, path, bad))


def unknown_targets(recipe):
    for path, value in walk(recipe):
        names_something = path[-1] == "_target_" or path[-1].endswith("_fn") or path == ("recipe",)
        if names_something and isinstance(value, str):
            for bad in (value + "X", "os.system", value.rsplit(".", 1)[0] + ".missing", "mine.py:name"):
                yield Mutation("unknown target", ".".join(path), changed(recipe, path, bad))


def missing_keys(recipe):
    required = ["recipe", "model", "distributed", "optimizer", "dataset", "model._target_", "dataset._target_", "optimizer._target_"]
    if "SequenceClassification" not in recipe["recipe"]:
        required += ["loss_fn", "loss_fn._target_"]
    if "peft" in recipe:
        required.append("peft._target_")
    if recipe["model"]["_target_"].endswith("from_pretrained"):
        required.append("model.pretrained_model_name_or_path")
    if "teacher_model" in recipe:
        required.append("teacher_model")
    if "HellaSwag" in recipe["dataset"]["_target_"]:
        required.append("dataset.path_or_dataset")
    if "ColumnMapped" in recipe["dataset"]["_target_"]:
        required += ["dataset.path_or_dataset_id", "dataset.column_mapping", "dataset.column_mapping.answer"]
    for path in required:
        yield Mutation("missing key", path, changed(recipe, path.split("."), drop=True))


def bad_values(recipe):
    negative = {"nsys_start", "nsys_end", "ignore_index", "seed"}
    for path, value in walk(recipe):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if is_number and path[0] != "model" and path[-1] not in negative:
            yield Mutation("bad value", ".".join(path), changed(recipe, path, -7))
    words = {"lr_decay_style", "strategy", "model_save_format", "torch_dtype", "attn_implementation", "pp_schedule", "backend.attn",
             "recipe_name", "quantizer_type", "bnb_4bit_quant_type", "dataloader_type", "padding", "truncation", "packing_strategy"}
    for path, value in walk(recipe):
        if path[-1] in words:
            yield Mutation("bad value", ".".join(path), changed(recipe, path, "no-such-value"))


def unset_variables(recipe):
    for path, value in walk(recipe):
        is_name = path[-1] == "_target_" or path[-1].endswith("_fn")
        if not isinstance(value, dict) and not is_name:
            yield Mutation("unset variable", ".".join(path), changed(recipe, path, "${SURELY_NOT_SET}"))


def all_mutations(recipe, tried=frozenset()):
    yield from misspelt_keys(recipe, tried)
    for make in (wrong_types, unknown_targets, missing_keys, bad_values, unset_variables):
        yield from make(recipe)


def reordered(node):
    """Keys in reverse order, lists as they are."""
    if isinstance(node, dict):
        return {key: reordered(node[key]) for key in reversed(node)}
    return node


def spelling(value):
    """A scalar's other YAML 1.1 spelling, as text."""
    if value is True:
        return "yes"
    if value is False:
        return "off"
    if isinstance(value, int) and value >= 0:
        return hex(value) if value % 2 else "0" + oct(value)[2:]
    if value is None:
        return "~"
    return None


def quoted(node):
    """Every scalar as a text: quoting is lost by the time that upstream gives them types."""
    if isinstance(node, dict):
        return {key: quoted(value) for key, value in node.items()}
    if isinstance(node, list):
        return [quoted(value) for value in node]
    return str(node)
