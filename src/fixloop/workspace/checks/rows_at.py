"""What the rows at hand have at a path, where nothing is declared: texts of a column, keys of an object."""

from collections.abc import Iterator, Sequence
from typing import Any

from fixloop.workspace.model import Source
from fixloop.workspace.parts import Parts


def record_path(path: str) -> tuple[str, ...]:
    """The column and what is below it of a path in `record` or `records`; nothing for other paths."""
    root, *segments = path.split(".")
    if root == "records" and segments and segments[0].isdigit():
        segments = segments[1:]
    return tuple(segments) if root in ("record", "records") else ()


def sources_with(column: str, parts: Parts) -> Sequence[Source]:
    """The sources that declare a column, as far as their rows are at hand."""
    sources = parts.fetch.value.sources.values() if parts.fetch.value else ()
    return [one for one in sources if column in (*one.fields, one.id) and one.name in parts.records]


def at(value: Any, segments: Sequence[str]) -> Iterator[Any]:
    """The values at a path, through lists and into them; null is no value."""
    if isinstance(value, list):
        if segments and segments[0].isdigit():
            yield from at(value[int(segments[0]) :][:1], segments[1:])
        else:
            for item in value:
                yield from at(item, segments)
    elif not segments:
        if value is not None:
            yield value
    elif isinstance(value, dict) and segments[0] in value:
        yield from at(value[segments[0]], segments[1:])
