"""Feedback as shards of the record: JSON Lines by month and ingest run, at most 20 MB each."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fixloop.errors import BadInput, Place
from fixloop.feedback.model import Feedback
from fixloop.ports.state import Record

FOLDER = "feedback/"
MOST_BYTES = 20 * 1024 * 1024


def read_feedback(store: Record) -> tuple[Feedback, ...]:
    """All feedback of the record, by id.

    Raises:
        BadInput: a shard is damaged.
    """
    found = [one for path, data in store.read(FOLDER).items() for one in parse_shard(path, data)]
    return tuple(sorted(found, key=lambda one: one.id))


def parse_shard(path: str, data: bytes) -> Iterator[Feedback]:
    """The feedback of one shard.

    Raises:
        BadInput: it is damaged.
    """
    taken = month_of(path)
    for number, line in enumerate(data.splitlines(), 1):
        try:
            yield replace(Feedback.from_json(json.loads(line)), taken=taken)
        except (ValueError, TypeError) as error:
            place = Place(f"fixloop/state:{path}", number)
            raise BadInput(f"this line of the record is damaged: {error}", place=place) from error


def month_of(path: str) -> str:
    """The month a shard was written in (yyyy-mm), by its path."""
    return path.removeprefix(FOLDER).partition("/")[0]


def render_line(one: Feedback) -> bytes:
    """A piece of feedback as a line of a shard."""
    return (json.dumps(one.to_json(), ensure_ascii=False, sort_keys=True) + "\n").encode()


def render_shards(feedback: Iterable[Feedback], month: str, ingest_id: str) -> dict[str, bytes]:
    """Path to bytes of the shards one ingest run adds; `month` is yyyy-mm."""
    return pack_shards(map(render_line, feedback), month, ingest_id)


def pack_shards(lines: Iterable[bytes], month: str, ingest_id: str) -> dict[str, bytes]:
    """As render_shards, of lines that are rendered already."""
    shards: list[list[bytes]] = [[]]
    size = 0
    for line in lines:
        if size + len(line) > MOST_BYTES and shards[-1]:
            shards.append([])
            size = 0
        shards[-1].append(line)
        size += len(line)
    return {_path(month, ingest_id, n): b"".join(lines) for n, lines in enumerate(shards) if lines}


def _path(month: str, ingest_id: str, number: int) -> str:
    return f"{FOLDER}{month}/{ingest_id}{f'-{number}' if number else ''}.jsonl"
