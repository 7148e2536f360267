"""Plain YAML values: looked up, compared with their types, changed at one place without touching the rest."""

from typing import Any

from fixloop.fixes.conflict import Keys

MISSING: Any = object()
"""Stands for "no such key", which null is not."""


def same(a: Any, b: Any) -> bool:
    """Whether two values mean the same; types count (true is not 1, 1 is not 1.0), order of keys does not."""
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and all(key in b and same(value, b[key]) for key, value in a.items())
    if isinstance(a, (list, tuple)) and type(a) is type(b):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


def alike(a: Any, b: Any) -> bool:
    """As `same`, but 4 is 4.0: what a person's precondition means."""
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and all(key in b and alike(value, b[key]) for key, value in a.items())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def look_up(value: Any, keys: Keys, default: Any = MISSING) -> Any:
    """The value at a key path, or `default`."""
    for key in keys:
        fits = isinstance(value, dict) if isinstance(key, str) else isinstance(value, list)
        if not fits or (key not in value if isinstance(key, str) else not 0 <= key < len(value)):
            return default
        value = value[key]
    return value


def put(value: Any, keys: Keys, new: Any) -> Any:
    """A copy with `new` at a key path: replaced there, or added to the mapping."""
    if not keys:
        return new
    copy = value.copy()
    copy[keys[0]] = put(value[keys[0]], keys[1:], new) if len(keys) > 1 else new
    return copy


def drop(value: Any, keys: Keys) -> Any:
    """A copy without the key or item at a key path."""
    parent = look_up(value, keys[:-1]).copy()
    del parent[keys[-1]]
    return put(value, keys[:-1], parent)


def insert(value: Any, keys: Keys, index: int, new: Any) -> Any:
    """A copy with `new` in the list at a key path, before position `index`."""
    items = look_up(value, keys).copy()
    items.insert(index, new)
    return put(value, keys, items)
