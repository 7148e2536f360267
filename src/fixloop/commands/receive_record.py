"""What a push may add to the record: plain files that can be read and are named by what they hold."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from fixloop.errors import FixloopError
from fixloop.feedback.shards import FOLDER, month_of, parse_shard
from fixloop.gate.divergence import Shift
from fixloop.hints.store import read_event, read_hint
from fixloop.ports.git import Entry, Repository
from fixloop.queue.move import landings

_AHEAD = timedelta(days=1)
"""How far the clock of another machine may be ahead of the server's."""


def problems_of_record(repo: Repository, added: Mapping[str, Entry], now: str) -> Iterator[str]:
    """What is wrong with files that a push adds to the record, a line each."""
    plain = {path: entry.oid for path, entry in added.items() if entry.mode == "100644"}
    yield from (f"{path} is no plain file" for path in added if path not in plain)
    blobs = repo.read_blobs(plain.values())
    for path, oid in plain.items():
        try:
            problem = _problem(path, blobs[oid], now)
        except (FixloopError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            problem = f"cannot be read: {error}"
        if problem:
            yield f"{path} {problem}"


def _problem(path: str, data: bytes, now: str) -> str:
    readers: dict[str, Callable[[str, bytes, str], str]] = {
        "ledger/": _problem_of_event,
        "hints/": _problem_of_hint,
        "verdicts/": _problem_of_verdict,
        FOLDER: _problem_of_feedback,
    }
    return next((ask(path, data, now) for folder, ask in readers.items() if path.startswith(folder)), "")


def _problem_of_event(path: str, data: bytes, now: str) -> str:
    event = read_event(path, data)
    if event.path != path:
        return "does not bear the name of what it holds"
    if not all(
        isinstance(text, str) for text in (event.who, event.event, event.hint, event.base, event.tree)
    ):
        return "is no event"
    landings([event])
    if "leaves" in event.data:
        Shift.from_json(event.data["leaves"])
    return _from_the_future(event.at, now)


def _from_the_future(moment: str, now: str) -> str:
    return (
        "is from the future" if datetime.fromisoformat(moment) > datetime.fromisoformat(now) + _AHEAD else ""
    )


def _problem_of_hint(path: str, data: bytes, now: str) -> str:
    return (
        "" if path == f"hints/{read_hint(path, data).id}.yaml" else "does not bear the name of what it holds"
    )


def _problem_of_verdict(path: str, data: bytes, now: str) -> str:
    verdict = json.loads(data)
    named = path.startswith(f"verdicts/{verdict['base']}-{verdict['tree']}")
    return "" if named and verdict["verdict"] else "does not bear the name of what it holds"


def _problem_of_feedback(path: str, data: bytes, now: str) -> str:
    if not [*parse_shard(path, data)]:
        return "is empty"
    return _from_the_future(f"{month_of(path)}-01T00:00:00Z", now)
