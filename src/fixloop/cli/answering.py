"""A verb's last words: the result as JSON or as a page, on stdout; what goes on meanwhile, on stderr."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from fixloop.report.page import Page

Draw = Callable[["Page"], None]

_LONG = 3.0
"""Seconds after which a run without a terminal says what it is doing."""


class Result(Protocol):
    """What a command gives back."""

    def to_json(self) -> Mapping[str, Any]:
        """The document that `--json` prints."""
        ...


_answered: list[Result] = []
"""The last result, held until the process ends: to free a gate's hundred thousand parts takes a while."""


def answer(result: Result, draw: Draw, as_json: bool, code: int = 0) -> int:
    """Print a result the way that was asked for; the exit code is handed through."""
    _answered[:] = [result]
    progress.done()
    if as_json:
        write_json(result.to_json())
    else:
        write_page(draw)
    return code


def write_json(value: Any) -> None:
    """One document on one line: indenting thousands of failures takes longer than finding them."""
    sys.stdout.write(json_text(value) + "\n")


def json_text(value: Any) -> str:
    """JSON in the letters that stdout can carry."""
    readable = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not readable)
    return text if not readable or _is_sound(text) else json.dumps(value)


def write_page(draw: Draw) -> None:
    """A page for a person, as wide as the terminal and in colour where there is one."""
    from fixloop.report.page import Page

    progress.done()
    page = Page.for_stream(sys.stdout)
    draw(page)
    sys.stdout.write(str(page))


def complain(message: str, mend: str = "") -> None:
    """One message on stderr, with what to do about it."""
    from fixloop.workspace.text import escaped

    progress.done()
    lines = message.split("\n") + ([f"  → {mend}"] if mend else [])
    print("fixloop: " + "\n".join(map(escaped, lines)), file=sys.stderr)


class Progress:
    """One line on stderr that says what is going on: rewritten on a terminal, else only in a long run."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._shown = 0

    def __call__(self, message: str) -> None:
        """Say what begins now."""
        if sys.stderr.isatty():
            self._rewrite(f"{message} …"[:79])
        elif time.monotonic() - self._last > _LONG:
            self._last = time.monotonic()
            print(f"fixloop: {message}", file=sys.stderr, flush=True)

    def done(self) -> None:
        """Take the line back."""
        if self._shown:
            self._rewrite("")

    def _rewrite(self, text: str) -> None:
        sys.stderr.write("\r" + text + " " * (self._shown - len(text)) + ("" if text else "\r"))
        sys.stderr.flush()
        self._shown = len(text)


progress = Progress()
"""The process's one line; the door takes it back before anything else is said."""


def _is_sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, from a file name that is not UTF-8
        return False
    return True
