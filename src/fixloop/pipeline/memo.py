"""Answers kept by what they were made from: a pack for each digest of what a step reads, a line a question.

What reads the same stands in one pack, so 10,000 answers are a few dozen files, and a change of one plan tree
leaves all packs but one as they are. A pack that is damaged, or was never written, costs time and no more.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from fixloop.ports.cache import Cache

MOST_IN_PACK = 50_000
"""Answers a pack keeps, the newest: what is asked beyond them is asked again."""

MOST_IN_MEMORY = 400_000
"""Answers held at once; packs that are written are let go first."""

_KIND = "answers"


class Pack:
    """The answers of one scope by key, each a JSON value."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known
        self.fresh = False

    def add(self, found: Mapping[str, Any]) -> None:
        """Keep answers: those that read back from JSON as they are, no others."""
        room = MOST_IN_PACK - len(self.known)
        new = {key: value for key, value in found.items() if key not in self.known}
        if new and room > 0:
            self.known |= as_json_keeps_them(dict(list(new.items())[:room]))
            self.fresh = True


class Memo:
    """Packs over a cache; `save` writes those that grew, each whole or not at all."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._packs: OrderedDict[str, Pack] = OrderedDict()
        self.lately: dict[str, object] = {}
        """What readers of the packs made of them last, by a name of their own: kept by nobody else."""

    def pack(self, scope: str) -> Pack:
        """The pack of a scope, empty where nothing is kept yet."""
        pack = self._packs.get(scope)
        if pack is None:
            pack = self._packs[scope] = Pack(_parse(self._cache.load(_KIND, scope)))
        self._packs.move_to_end(scope)
        return pack

    def save(self) -> None:
        """Write what is new, and let go of what no memory is left for."""
        for scope, pack in self._packs.items():
            if pack.fresh:
                self._cache.save(_KIND, scope, json.dumps(pack.known, separators=(",", ":")).encode())
                pack.fresh = False
        held = sum(len(pack.known) for pack in self._packs.values())
        while held > MOST_IN_MEMORY and len(self._packs) > 1:
            held -= len(self._packs.popitem(last=False)[1].known)


def as_json_keeps_them(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that JSON keeps exactly: a tuple or a NaN would come back as something else."""
    odd = {key: value for key, value in values.items() if not is_plain(value)}
    if not odd:
        return dict(values)
    kept = _each_read_back(odd.items())
    return {key: kept.get(key, value) for key, value in values.items() if key not in odd or key in kept}


_ALWAYS = frozenset((bool, type(None)))


def is_plain(value: Any) -> bool:
    """Whether JSON keeps a value for certain; asked of each answer, so to look is quicker than to try."""
    kind = type(value)
    if kind is str:
        return bool(value.isascii())
    if kind is list:
        return all(map(is_plain, value))
    if kind is dict:
        named = all(type(key) is str and key.isascii() for key in value)
        return named and all(map(is_plain, value.values()))
    if kind is float:
        return isfinite(value)
    return kind in _ALWAYS or (kind is int and -_LARGE < value < _LARGE)


_LARGE = 1 << 53


def _each_read_back(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in values:
        try:
            back = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            continue
        if back == value:
            kept[key] = back
    return kept


def _parse(data: bytes | None) -> dict[str, Any]:
    try:
        known = json.loads(data) if data else {}
    except ValueError:  # a damaged cache entry counts as absent
        return {}
    return known if isinstance(known, dict) else {}
