"""How a new value is written: plain where no reader of YAML 1.1 or 1.2 could misread it, else quoted.

Collections go on one line in flow style when that is short, else in block style; texts of several lines
as `|`.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from fixloop.fixes.conflict import UnsafeEdit
from fixloop.workspace.yaml_source import reads_as_string

WIDTH = 100
"""The longest line a collection is written on in flow style."""

_BAD_START = re.compile(r"[-?:,\[\]{}#&*!|>'\"%@`=~<.]|\s")
_BAD_PLAIN = re.compile(r": |:\Z| #|\s\Z|[\t\n\r]")
_BAD_IN_FLOW = re.compile(r"[?,\[\]{}]|:(?=[,\[\]{}\"'])|://\Z")
_WORDS_OF_11 = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_UNPRINTABLE = re.compile(
    "[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]"
)


@dataclass(frozen=True, slots=True)
class Style:
    """What the rest of the file does: indentation of nested mappings and of lists under a key."""

    step: int = 2
    list_step: int = 2


def scalar(value: Any, *, in_flow: bool = False, quote: str = "") -> str:
    """A scalar on one line; `quote` is the kind of quotes its neighbours have.

    Raises:
        UnsafeEdit: a value that no YAML scalar of ours stands for.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if not isinstance(value, str):
        raise UnsafeEdit((), f"a value of type {type(value).__name__} cannot be written")
    if not quote and _is_plain(value, in_flow):
        return value
    return _quoted(value, quote)


def inline(value: Any, *, quote: str = "") -> str:
    """A value on one line, collections in flow style."""
    if isinstance(value, dict):
        pairs = (f"{scalar(key, in_flow=True)}: {inline(below)}" for key, below in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(inline, value)) + "]"
    return scalar(value, in_flow=True, quote=quote)


def after_key(value: Any, indent: int, column: int, style: Style, *, flow: bool = True) -> str:
    """What follows `key:`, with the blank or line break before it.

    `indent` is the key's column, `column` where the text begins; without `flow` the value itself (not what is
    in it) is written in block style.
    """
    if (
        isinstance(value, str)
        and "\n" in value
        and (block := literal(value, indent + style.step)) is not None
    ):
        return " " + block
    if not _is_block(value, column + 1, flow):
        return " " + (scalar(value) if not isinstance(value, (dict, list, tuple)) else inline(value))
    below = indent + (style.step if isinstance(value, dict) else style.list_step)
    return "\n" + " " * below + block_text(value, below, style)


def after_dash(value: Any, indent: int, style: Style, *, flow: bool = True, quote: str = "") -> str:
    """What follows the `- ` of a list item whose dash stands in column `indent`."""
    if isinstance(value, str) and "\n" in value and (block := literal(value, indent + 2)) is not None:
        return block
    if not _is_block(value, indent + 2, flow):
        return scalar(value, quote=quote) if not isinstance(value, (dict, list, tuple)) else inline(value)
    return block_text(value, indent + 2, style)


def block_text(value: Any, indent: int, style: Style) -> str:
    """A collection in block style; its first line without indentation, for the cursor stands there."""
    between = "\n" + " " * indent
    if isinstance(value, dict):
        return between.join(f"{entry_text(key, below, indent, style)}" for key, below in value.items())
    return between.join("- " + after_dash(item, indent, style) for item in value)


def entry_text(key: str, value: Any, indent: int, style: Style, *, flow: bool = True) -> str:
    """`key: value` of a block mapping in column `indent`."""
    name = scalar(key)
    return f"{name}:{after_key(value, indent, indent + len(name) + 1, style, flow=flow)}"


def literal(text: str, indent: int, indicator: str = "|") -> str | None:
    """A text of several lines as a block scalar, or None where that would not keep every character."""
    body = text.removesuffix("\n")
    lines = body.split("\n")
    if lines[0][:1] in ("", " ", "\t") or not lines[-1].strip() or any(map(_UNPRINTABLE.search, lines)):
        return None
    if indicator == ">":
        lines = _folded(lines)
    header = indicator if text.endswith("\n") else indicator + "-"
    return "\n".join([header, *(" " * indent + line if line else "" for line in lines)])


def _folded(lines: list[str]) -> list[str]:
    """Long lines broken at single blanks; in a folded text a line break is an empty line."""
    folded: list[str] = []
    for line in lines:
        folded += [*_wrapped(line), ""] if line else [""]
    return folded[:-1]


def _wrapped(line: str) -> list[str]:
    return re.sub(rf"(\S.{{0,{WIDTH - 20}}}\S) (?=\S)", r"\1\n", line).split("\n")


def _is_block(value: Any, column: int, flow: bool) -> bool:
    if not value or not isinstance(value, (dict, list, tuple)):
        return False
    return not flow or _has_long_text(value) or column + len(inline(value)) > WIDTH


def _has_long_text(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_long_text, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_long_text, value))
    return isinstance(value, str) and "\n" in value


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise UnsafeEdit((), f"{value} is not a finite number")
    text = repr(value)
    # YAML 1.1 reads 1e-05 as a text: it wants the point.
    return text if "e" not in text or "." in text else text.replace("e", ".0e")


def _is_plain(text: str, in_flow: bool) -> bool:
    if not text or _BAD_START.match(text) or _BAD_PLAIN.search(text) or _UNPRINTABLE.search(text):
        return False
    if in_flow and _BAD_IN_FLOW.search(text):
        return False
    return text.lower() not in _WORDS_OF_11 and reads_as_string(text)


def _quoted(text: str, quote: str) -> str:
    if _UNPRINTABLE.search(text):
        return _double(text)
    if "\\" in text or quote == "'" or ('"' in text and quote != '"'):
        return "'" + text.replace("'", "''") + "'"
    return _double(text)


def _double(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnsafeEdit((), "half a character (a lone surrogate) cannot be written") from error
    return _UNPRINTABLE.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
