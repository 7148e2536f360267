"""Hints and ledger events as files of the record."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from fixloop.errors import BadInput, Place
from fixloop.hints.ids import find_by_prefix
from fixloop.hints.ledger import CLOSED, JOINED, Event, HintState, fold, heads, in_order
from fixloop.hints.model import Hint
from fixloop.ports.state import Record, StateStore


class HintBook(NamedTuple):
    """Every hint of the record with its state, and the events that led there."""

    hints: Mapping[str, Hint]
    states: Mapping[str, HintState]
    events: tuple[Event, ...]

    def status(self, hint_id: str) -> str:
        """The status of one hint."""
        return self.states.get(hint_id, HintState()).status

    def is_open(self, hint_id: str) -> bool:
        """Whether it still waits for somebody or something."""
        return self.status(hint_id) not in CLOSED

    def with_status(self, *statuses: str) -> list[Hint]:
        """The hints in any of these statuses, by id."""
        return [self.hints[key] for key in sorted(self.hints) if self.status(key) in statuses]

    @property
    def chosen(self) -> dict[str, str]:
        """Who chose a hint, by its id: it is the answer to a question, not what was thought likeliest."""
        told = (event for event in in_order(self.events) if event.event == "answered")
        return {str(event.data.get("hint", "")): event.who for event in told}

    def find(self, prefix: str) -> Hint:
        """The one hint whose id starts so.

        Raises:
            BadInput: none or several do.
        """
        return self.hints[find_by_prefix(prefix, self.hints, "hint")]


BOOK = ("hints/", "ledger/")
"""Where a book stands in the record."""


def read_hint_book(store: Record) -> HintBook:
    """All hints and events of the record."""
    files = store.read(*BOOK)
    found = (read_hint(path, data) for path, data in files.items() if path.startswith("hints/"))
    hints = {hint.id: hint for hint in found}
    events = tuple(read_event(path, data) for path, data in files.items() if path.startswith("ledger/"))
    return HintBook(_with_joined(hints, events), fold(events), events)


def _with_joined(hints: Mapping[str, Hint], events: Iterable[Event]) -> dict[str, Hint]:
    """The hints with the feedback that joined them when they were proposed again: files are never edited."""
    joined: dict[str, set[str]] = {}
    for event in events:
        if event.hint in hints and JOINED in event.data:
            joined.setdefault(event.hint, set()).update(event.data[JOINED])
    more = {key: tuple(sorted({*hints[key].evidence, *found})) for key, found in joined.items()}
    return {**hints, **{key: replace(hints[key], evidence=found) for key, found in more.items()}}


@lru_cache(maxsize=4096)
def read_hint(path: str, data: bytes) -> Hint:
    """A hint of the record; what was read once is not read again, for a run records event after event.

    Raises:
        BadInput: it is none.
    """
    from fixloop.workspace.yaml_source import parse_yaml

    try:
        return Hint.from_json(parse_yaml(path, data).value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"not a hint: {error}", place=Place(f"fixloop/state:{path}")) from error


@lru_cache(maxsize=32768)
def read_event(path: str, data: bytes) -> Event:
    """One event of the record.

    Raises:
        BadInput: it is none.
    """
    try:
        return Event.from_json(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"not a ledger event: {error}", place=Place(f"fixloop/state:{path}")) from error


def hint_path(hint: Hint) -> str:
    """Where a hint is kept on the state branch."""
    return f"hints/{hint.id}.yaml"


def render_hint(hint: Hint) -> bytes:
    """The hint file, in the order a person reads it."""
    import yaml

    text = yaml.dump(
        hint.to_json(),
        Dumper=_plain_dumper(),
        sort_keys=False,
        allow_unicode=True,
        width=110,
        default_flow_style=None,
    )
    return str(text).encode()


def _plain_dumper() -> type[Any]:
    import yaml

    class Plain(yaml.CSafeDumper):
        """Writes every value out: an alias would make a reader look elsewhere."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    # The C dumper quotes what YAML 1.1 would misread; we read YAML 1.2, where 1e5 is a number too.
    number = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^0o[0-7]+$|^0x[0-9a-fA-F]+$")
    Plain.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+.0123456789"))
    return Plain


def link(events: Iterable[Event], book_events: Iterable[Event]) -> list[Event]:
    """New events, each following the one before it and the first following the record's heads."""
    linked: list[Event] = []
    prev = heads(book_events)
    for event in events:
        linked.append(replace(event, prev=prev))
        prev = (linked[-1].id,)
    return linked


def event_files(events: Iterable[Event]) -> dict[str, bytes]:
    """The files of some events."""
    return {
        event.path: (json.dumps(event.to_json(), ensure_ascii=False, indent=1) + "\n").encode()
        for event in events
    }


def record(
    store: StateStore, book: HintBook, events: Iterable[Event], message: str, hints: Iterable[Hint] = ()
) -> None:
    """Add hints and events to the record in one commit."""
    files = {hint_path(hint): render_hint(hint) for hint in hints}
    files |= event_files(link(events, book.events))
    if files:
        store.add(files, message)
