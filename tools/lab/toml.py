# SPDX-License-Identifier: Apache-2.0
"""Writes the part of TOML that keyline.toml uses, from dictionaries (Python reads TOML, but does not write it)."""

import json


def _value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    # Strings, integers and booleans are written alike in JSON and TOML.
    return json.dumps(value)


def _is_array_of_tables(value):
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _table(table, path):
    plain = [f"{key} = {_value(value)}" for key, value in table.items()
             if not isinstance(value, dict) and not _is_array_of_tables(value)]
    lines = plain + [""] if plain else []
    for key, value in table.items():
        name = ".".join([*path, key])
        if isinstance(value, dict):
            only_tables = value and all(isinstance(item, dict) for item in value.values())
            lines += [*([] if only_tables else [f"[{name}]"]), *_table(value, [*path, key])]
        elif _is_array_of_tables(value):
            for item in value:
                lines += [f"[[{name}]]", *_table(item, [*path, key])]
    return lines


def dump(document):
    return "\n".join(_table(document, []))
