"""Names in `expected` that are nearly known: a slip of the pen is told, since a new name is a wish."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fixloop.workspace.model import Workspace
from fixloop.workspace.text import fold_signs, is_near_miss, slips


class Slip(NamedTuple):
    """A leaf, reply or tool (`kind`) that there is not, and the one that was probably meant."""

    kind: str
    name: str
    meant: str


class Names:
    """What leaves, replies and tools of a workspace are called."""

    def __init__(self, workspace: Workspace) -> None:
        self._known: Mapping[str, frozenset[str]] = {
            "leaf": frozenset(workspace.intents.all_leaves),
            "reply": frozenset(workspace.templates),
            "tool": frozenset(workspace.tools),
        }
        self._seen: dict[tuple[str, str], str] = {}

    def slips_in(self, expected: Mapping[str, Any] | None) -> tuple[Slip, ...]:
        """Every name in what staff expected that is nearly a known one."""
        named = dict.fromkeys(_named(expected or {}))
        return tuple(Slip(kind, name, meant) for kind, name in named if (meant := self._meant(kind, name)))

    def _meant(self, kind: str, name: str) -> str:
        found = self._seen.get((kind, name))
        if found is None:
            found = self._seen[kind, name] = _nearest(name, self._known[kind])
        return found


def _named(expected: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "leaf" in expected:
        yield "leaf", expected["leaf"]
    reply = expected.get("reply")
    template = reply.get("template") if isinstance(reply, Mapping) else reply
    if template:
        yield "reply", template
    for tool in expected.get("tools", ()):
        yield "tool", tool["name"] if isinstance(tool, Mapping) else tool


def _nearest(name: str, known: frozenset[str]) -> str:
    """The known name that differs by a slip; empty where the name is known, or like none."""
    if name in known:
        return ""
    near = [(slips(name, one), one) for one in known if _is_near(name, one)]
    return min(near)[1] if near else ""


def _is_near(name: str, known: str) -> bool:
    """Word by word, or one slip in the whole: the words of a name are short."""
    if is_near_miss(name, known):
        return True
    whole, other = fold_signs(name), fold_signs(known)
    return is_near_miss(whole, other) and slips(whole, other) == 1
