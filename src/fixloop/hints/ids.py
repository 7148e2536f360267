"""Ids from content: 64 bits, shown and accepted by shortest unique prefix."""

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Any, Literal

from fixloop.errors import BadInput

SHORTEST_SHOWN = 6
"""Hex digits a shown id has at least, so that a prefix copied today still names one thing next month."""


def canonical_json(value: Any) -> str:
    """The one spelling of a JSON value: sorted keys, no spaces, characters as they are."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def content_id(prefix: str, *parts: Any) -> str:
    """`<prefix>-` and 16 hex digits drawn from the canonical JSON of the parts."""
    digest = hashlib.sha256(canonical_json(list(parts)).encode()).hexdigest()
    return f"{prefix}-{digest[:16]}"


def short_id(full: str, known: Iterable[str]) -> str:
    """The shortest prefix of an id (at least six digits) that no other known id shares."""
    others = [other for other in known if other != full]
    stem = full.index("-") + 1
    for length in range(stem + SHORTEST_SHOWN, len(full)):
        if not any(other.startswith(full[:length]) for other in others):
            return full[:length]
    return full


_MANY = {"hint": "hints", "feedback": "pieces of feedback"}
_LISTED = {
    "hint": "list them: fixloop hints",
    "feedback": "`fixloop show ID` names what a hint rests on, `fixloop propose --explain` what waits",
}


def find_by_prefix(wanted: str, known: Collection[str], kind: Literal["hint", "feedback"]) -> str:
    """The one known id that starts with `wanted` (`h-` and the like may be left out).

    Raises:
        BadInput: no id or several ids match.
    """
    stems = {full.split("-", 1)[0] for full in known}
    spelled = wanted if any(wanted.startswith(f"{stem}-") for stem in stems) else None
    matches = sorted(
        full
        for full in known
        if full.startswith(spelled or wanted) or (not spelled and full.split("-", 1)[1].startswith(wanted))
    )
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise BadInput(f"no {kind} starts with {wanted!r}", mend=_LISTED[kind])
    shown = ", ".join(matches[:4]) + (", …" if len(matches) > 4 else "")
    raise BadInput(f"{wanted!r} fits {len(matches)} {_MANY[kind]}: {shown}", mend="give more digits")
