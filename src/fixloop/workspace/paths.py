"""Which paths exist, as far as the workspace alone can tell: for conditions, templates and tool arguments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fixloop.workspace.model import FetchRules, FieldRule

ANY = "any"
"""The type of a value about which nothing is known beforehand."""

TICKET = {
    "ticket.id": "string",
    "ticket.text": "string",
    "ticket.language": "string",
    "ticket.at": "string",
    "ticket.messages": "list",
    "ticket.attachments": "list",
}
FETCHED = {"fetched.count": "number", "fetched.top_score": "number", "fetched.margin": "number"}
ROOTS = ("ticket", "fields", "fetched", "record", "records")


@dataclass(frozen=True, slots=True)
class KnownPaths:
    """The paths of one workspace; types are string, number, boolean, list, object, or any."""

    types: Mapping[str, str]
    _prefixes: frozenset[str] = field(default=frozenset(), repr=False)

    def type_of(self, path: str) -> str | None:
        """The type of the value at a path, or None when there is no such path."""
        if path in self.types:
            return self.types[path]
        if path.startswith("ticket.meta."):
            return ANY
        if path.startswith("records."):
            return "list" if self._in_record(path.removeprefix("records.")) else None
        above, _, last = path.rpartition(".")
        if last.isdigit():
            return ANY if self.type_of(above) in ("list", ANY) else None
        return self._inside(path) if path.startswith(("record.", "ticket.")) else None

    def item_type(self, path: str) -> str:
        """The type of the items of the list at a path; extracted values are texts."""
        return "string" if path.startswith("fields.") else ANY

    def is_known(self, path: str) -> bool:
        """Whether a path leads to a value."""
        return self.type_of(path) is not None

    def is_prefix(self, path: str) -> bool:
        """Whether a path is the mapping above some value: `record`, `fields.account`."""
        return path in self._prefixes

    def all(self) -> Iterable[str]:
        """The paths that can be listed, for suggestions."""
        return self.types.keys()

    def _in_record(self, column: str) -> bool:
        return self.type_of(f"record.{column}") is not None

    def _inside(self, path: str) -> str | None:
        """Into an object or the items of a list anything goes: what they hold is not declared."""
        above = path
        while "." in above:
            above = above.rpartition(".")[0]
            if self.types.get(above) in ("list", ANY):
                return "list"
            if self.types.get(above) == "object":
                return ANY
        return None


def known_paths(extraction: Iterable[FieldRule], fetch: FetchRules) -> KnownPaths:
    """Every path the conditions, templates and tool arguments of a workspace may use."""
    types = {**TICKET, **FETCHED, "records": "list"}
    types.update((f"fields.{rule.path}", "list") for rule in extraction)
    for source in fetch.sources.values():
        types.setdefault(f"record.{source.id}", ANY)
        for column, kind in source.fields.items():
            held = "list" if source.many and column != source.id else kind
            types[f"record.{column}"] = _either(types.get(f"record.{column}"), held)
    prefixes = {path[:end] for path in types for end in range(len(path)) if path[end] == "."}
    return KnownPaths(types, frozenset({*prefixes, "ticket", "ticket.meta", "fields", "record"}))


def _either(known: str | None, kind: str) -> str:
    """The type of a column that two sources declare: theirs when they agree."""
    return kind if known in (None, ANY, kind) else ANY


def uses_record(path: str) -> bool:
    """Whether a path needs exactly one selected record."""
    return path == "record" or path.startswith("record.")
