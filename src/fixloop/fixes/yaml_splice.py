"""Edits of YAML as splices of its bytes: nothing is written that was not asked for.

Every edit is re-read before it is given back. When the new text does not mean exactly the intended value, the
edit is refused (`UnsafeEdit`); a document is never damaged. Comments, quotes, layout and line endings of all
other lines stay byte for byte. A comment on a line of its own is never removed with its neighbour.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from fixloop.fixes import values
from fixloop.fixes.conflict import Keys, UnsafeEdit
from fixloop.fixes.yaml_style import (
    Style,
    after_dash,
    after_key,
    block_text,
    entry_text,
    inline,
    literal,
    scalar,
)
from fixloop.fixes.yaml_tree import Node, find_node, parse_tree
from fixloop.workspace.yaml_source import BadYaml, parse_yaml

_BOM = "\ufeff"


class Splice(NamedTuple):
    """Replace the characters from `start` to `end` by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Document:
    """A readable YAML text and what it means. Shared, so only read."""

    text: str
    bom: str
    value: Any
    newline: str

    @property
    def tree(self) -> Node:
        """Where everything stands; read when there is an edit to make, not to prove one."""
        return _tree(self.text)

    @property
    def style(self) -> Style:
        """How the file indents."""
        return _style_of(self.tree)


def read_value(path: str, data: bytes) -> Any:
    """What a document means; shared with later readers of the same bytes, so not to be changed.

    Raises:
        BadYaml: it cannot be read.
    """
    return _read(path, data).value


def set_value(path: str, data: bytes, keys: Keys, new: Any) -> bytes:
    """Put another value where one stands, in the quotes and the layout of the old one."""
    document = _read(path, data)
    node = find_node(document.tree, keys)
    if values.same(values.look_up(document.value, keys), new):
        return data
    return _first_that_means(
        path, document, keys, values.put(document.value, keys, new), _ways_to_set(document, keys, node, new)
    )


def replace_text(path: str, data: bytes, keys: Keys, was: str, to: str) -> bytes:
    """Put other words into a text, touching only the lines that hold them where its style allows that."""
    document = _read(path, data)
    node = find_node(document.tree, keys)
    new = values.look_up(document.value, keys).replace(was, to, 1)

    def ways() -> Iterator[list[Splice]]:
        if (splice := _words_in_place(document, keys, node, was, to)) is not None:
            yield [splice]
        yield from _ways_to_set(document, keys, node, new)

    return _first_that_means(path, document, keys, values.put(document.value, keys, new), ways())


def add_key(path: str, data: bytes, keys: Keys, key: str, new: Any, *, after: str | None = None) -> bytes:
    """Add a key to a mapping: behind the key `after`, first ("") or last (None, or no such key)."""
    document = _read(path, data)
    intended = values.look_up(document.value, keys)
    if intended is None:
        return set_value(path, data, keys, {key: new})
    if not isinstance(intended, dict) or key in intended:
        raise UnsafeEdit(
            keys, "it is no mapping" if not isinstance(intended, dict) else f"{key} is there", path
        )
    node = find_node(document.tree, keys)
    index = _position_after(node, after)
    splice = (
        _flow_entry(document, node, index, key, new)
        if node.flow
        else _block_entry(document, node, index, key, new)
    )
    return _first_that_means(path, document, keys, values.put(document.value, [*keys, key], new), [[splice]])


def insert_item(path: str, data: bytes, keys: Keys, index: int, new: Any) -> bytes:
    """Insert an item in a list before position `index` (its length: at the end)."""
    document = _read(path, data)
    items = values.look_up(document.value, keys)
    if items is None:
        return set_value(path, data, keys, [new])
    if not isinstance(items, list):
        raise UnsafeEdit(keys, "it is no list", path)
    node = find_node(document.tree, keys)
    text = _item_text(document, node, new)
    splice = _flow_insert(document.text, node, node.items, index, text) if node.flow else None
    splice = splice or _block_insert(document, node, index, f"- {text}")
    return _first_that_means(
        path, document, keys, values.insert(document.value, keys, index, new), [[splice]]
    )


def delete(path: str, data: bytes, keys: Keys) -> bytes:
    """Delete a key or an item; a collection that is left with nothing stays as `[]` or `{}`."""
    document = _read(path, data)
    parent = find_node(document.tree, keys[:-1])
    intended = values.drop(document.value, keys)
    if not values.look_up(intended, keys[:-1]):
        return set_value(path, data, keys[:-1], values.look_up(intended, keys[:-1]))
    splice = _removal(document, parent, keys)
    tidy = _with_empty_line_above(document.text, parent, splice)
    return _first_that_means(path, document, keys, intended, [[tidy], [splice]])


def move_item(path: str, data: bytes, source: Keys, to_list: Keys, index: int) -> bytes:
    """Move a list's item before position `index` of that or another list, with the comments right above it.

    `to_list` and `index` are as before the move.
    """
    document = _read(path, data)
    item = values.look_up(document.value, source)
    pushed = _pushed(source, to_list, index)
    intended = values.drop(values.insert(document.value, to_list, index, item), pushed)
    origin, goal = find_node(document.tree, source[:-1]), find_node(document.tree, to_list)
    if origin.flow or goal.flow or len(origin.items) == 1 or _shares_line(document.text, origin, source):
        moved = delete(path, insert_item(path, data, to_list, index, item), pushed)
        return moved if values.same(read_value(path, moved), intended) else _refuse(path, source)
    splices = _block_move(document, origin, int(source[-1]), goal, index)
    return _first_that_means(path, document, source, intended, [splices])


def _pushed(keys: Keys, into: Keys, index: int) -> Keys:
    """Where a value stands after an item has been inserted in a list: one further on, if behind it there."""
    depth = len(into)
    if tuple(keys[:depth]) != tuple(into) or int(keys[depth]) < index:
        return keys
    return [*keys[:depth], int(keys[depth]) + 1, *keys[depth + 1 :]]


# --- reading and proving --------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _read(path: str, data: bytes) -> _Document:
    value = parse_yaml(path, data).value
    text = data.decode()
    bom = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    return _Document(text, bom, value, newline)


@lru_cache(maxsize=64)
def _tree(text: str) -> Node:
    return parse_tree(text)


def _first_that_means(
    path: str, document: _Document, keys: Keys, intended: Any, ways: Iterable[list[Splice]]
) -> bytes:
    """The first way of writing an edit that reads back as the intended value.

    Raises:
        UnsafeEdit: none does.
    """
    for splices in ways:
        data = (document.bom + _spliced(document, splices)).encode()
        try:
            if values.same(_read(path, data).value, intended):
                return data
        except BadYaml:
            continue
    return _refuse(path, keys)


def _refuse(path: str, keys: Keys) -> bytes:
    raise UnsafeEdit(keys, "the edited text would not mean what was intended", path)


def _spliced(document: _Document, splices: list[Splice]) -> str:
    text = document.text
    for start, end, new in sorted(splices, reverse=True):
        new = new.replace("\n", document.newline) if document.newline != "\n" else new
        text = text[:start] + new + text[end:]
    # Whether the last line ends with a line break is the author's choice too.
    if document.text and not document.text.endswith("\n"):
        return text.removesuffix("\n").removesuffix("\r")
    return text if text.endswith("\n") else text + document.newline


def _style_of(tree: Node) -> Style:
    """How the file indents: the first list and the first mapping below a key of a block mapping tell."""
    steps: dict[str, int] = {}
    queue = [tree]
    while queue and len(steps) < 2:
        node = queue.pop()
        for _, value in node.pairs:
            if not node.flow and not value.flow and value.kind in ("mapping", "sequence"):
                steps.setdefault(value.kind, value.column - node.column)
        queue += [*(value for _, value in reversed(node.pairs)), *reversed(node.items)]
    return Style(max(1, steps.get("mapping", 2)), max(0, steps.get("sequence", 2)))


# --- setting --------------------------------------------------------------------------------------------


def _ways_to_set(document: _Document, keys: Keys, node: Node, new: Any) -> Iterator[list[Splice]]:
    """From the nicest way of writing a new value to the plainest."""
    in_flow = _is_in_flow(document.tree, keys)
    is_text = isinstance(new, str)
    if is_text and node.style in ("|", ">"):
        for indicator in (node.style, "|"):
            if (block := literal(new, _body_indent(document.text, node), indicator)) is not None:
                yield [Splice(node.start, node.end, block)]
    if not isinstance(new, (dict, list)):
        if is_text and "\n" in new and not in_flow and node.style not in ("'", '"'):
            yield from _as_block(document, keys, node, new)
        quote = node.style if node.style in ("'", '"') and is_text else ""
        if node.flow or node.kind == "scalar":
            yield [_in_place(document.text, node, scalar(new, in_flow=in_flow, quote=quote))]
        yield from _as_line(document, keys, node, scalar(new, in_flow=in_flow))
        yield from _above_comments(document, keys, node, scalar(new, in_flow=in_flow))
    elif in_flow:
        yield [_in_place(document.text, node, inline(new))]
    else:
        yield from _as_block(document, keys, node, new)
        yield from _above_comments(document, keys, node, inline(new))
        yield [_in_place(document.text, node, inline(new))]


def _in_place(text: str, node: Node, new: str) -> Splice:
    """The value's own characters replaced; where nothing stood, a blank before it."""
    apart = node.start == node.end and text[node.start - 1 : node.start] in (":", "-", "?")
    return Splice(node.start, node.end, f" {new}" if apart else new)


def _as_line(document: _Document, keys: Keys, node: Node, new: str) -> Iterator[list[Splice]]:
    """The value on its key's line, where only white space stands between the two."""
    gap = _gap(document, keys, node)
    if gap is not None:
        yield [Splice(gap, node.end, f" {new}")]


def _as_block(document: _Document, keys: Keys, node: Node, new: Any) -> Iterator[list[Splice]]:
    gap = _gap(document, keys, node)
    flow = node.kind == "scalar" or node.flow
    if not keys:
        yield [Splice(node.start, node.end, block_text(new, 0, document.style))]
    elif gap is not None:
        at_line = _line_start(document.text, gap)
        indent = find_node(document.tree, keys[:-1]).column
        if isinstance(keys[-1], int):
            text = " " + after_dash(new, indent, document.style, flow=flow)
        else:
            text = after_key(new, indent, gap - at_line, document.style, flow=flow)
        yield [Splice(gap, node.end, text)]
    if not flow and isinstance(new, (dict, list)) and new:
        yield [Splice(node.start, node.end, block_text(new, node.column, document.style))]


def _gap(document: _Document, keys: Keys, node: Node) -> int | None:
    """Where a key's colon (or an item's dash) ends, if only white space follows it up to the value."""
    end = _lead_end(document, keys)
    return end if end is not None and not document.text[end : node.start].strip() else None


def _lead_end(document: _Document, keys: Keys) -> int | None:
    """Where a key's colon or an item's dash ends; None in flow style and for the document."""
    if not keys:
        return None
    parent, key = find_node(document.tree, keys[:-1]), keys[-1]
    if isinstance(key, int):
        return None if parent.flow else _entry_start(document.text, parent, key) + 1
    pair = parent.pair(key)
    return document.text.find(":", pair[0].end) + 1 if pair else None


def _above_comments(document: _Document, keys: Keys, node: Node, new: str) -> Iterator[list[Splice]]:
    """The value on its key's line, and the lines it had below comments of its own gone."""
    end = _lead_end(document, keys)
    line = _line_start(document.text, node.start)
    if end is not None and end < line and not document.text[line : node.start].strip():
        gone = Splice(line, _after_line(document.text, node.end), "")
        yield [Splice(end, end, f" {new}"), gone]


def _is_in_flow(tree: Node, keys: Keys) -> bool:
    return any(find_node(tree, keys[:depth]).flow for depth in range(len(keys)))


def _body_indent(text: str, node: Node) -> int:
    for line in text[node.start : node.end].split("\n")[1:]:
        if line.strip():
            return len(line) - len(line.lstrip(" "))
    return node.column + 2


def _words_in_place(document: _Document, keys: Keys, node: Node, was: str, to: str) -> Splice | None:
    """The old words found in the source of a text, where line breaks may stand for blanks."""
    if node.kind != "scalar" or not was.strip():
        return None
    raw = document.text[node.start : node.end]
    pattern = r"\s+".join(map(re.escape, was.split()))
    lead, trail = was[: len(was) - len(was.lstrip())], was[len(was.rstrip()) :]
    found = list(re.finditer(re.escape(lead) + pattern + re.escape(trail), raw))
    if len(found) != 1:
        return None
    pad = "\n" + " " * _body_indent(document.text, node)
    # In a folded (or quoted) text a line break is an empty line, and one break alone is a blank.
    more = "" if node.style == "|" else "\n"
    broken = re.sub(r"\n+", lambda breaks: more + breaks.group()[1:] + pad, to)
    start = node.start + found[0].start()
    return Splice(start, node.start + found[0].end(), broken)


# --- adding ---------------------------------------------------------------------------------------------


def _position_after(node: Node, after: str | None) -> int:
    if after == "":
        return 0
    names = [key.text for key, _ in node.pairs]
    return names.index(after) + 1 if after in names else len(names)


def _flow_entry(document: _Document, node: Node, index: int, key: str, new: Any) -> Splice:
    entry = f"{scalar(key, in_flow=True)}: {inline(new)}"
    return _flow_insert(document.text, node, _entries(node), index, entry)


def _block_entry(document: _Document, node: Node, index: int, key: str, new: Any) -> Splice:
    kin = [value for _, value in node.pairs[max(0, index - 1) :] if value.kind in ("mapping", "sequence")]
    flow = not kin or kin[0].flow
    return _block_insert(document, node, index, entry_text(key, new, node.column, document.style, flow=flow))


def _item_text(document: _Document, node: Node, new: Any) -> str:
    quotes = {item.style for item in node.items if item.kind == "scalar"}
    quote = quotes.pop() if len(quotes) == 1 and quotes <= {"'", '"'} and isinstance(new, str) else ""
    if node.flow:
        return inline(new, quote=quote)
    kin = [item for item in node.items if item.kind in ("mapping", "sequence")]
    flow = not kin or any(item.flow for item in kin)
    return after_dash(new, node.column, document.style, flow=flow, quote=quote)


def _entries(node: Node) -> list[Node]:
    """Each key with its value as one stretch of text, or the items."""
    if node.kind == "sequence":
        return node.items
    return [Node("scalar", key.start, max(key.end, value.end), key.column) for key, value in node.pairs]


def _flow_insert(text: str, node: Node, entries: list[Node], index: int, new: str) -> Splice:
    if not entries:
        return Splice(node.start + 1, node.end - 1, new)
    if index < len(entries):
        entry = entries[index]
        return Splice(entry.start, entry.start, new + "," + _break_before(text, entry))
    last = entries[-1]
    return Splice(last.end, last.end, "," + _break_before(text, last) + new)


def _break_before(text: str, entry: Node) -> str:
    """A blank, or the line break and indentation of an entry that begins its line."""
    before = text[_line_start(text, entry.start) : entry.start]
    return "\n" + before if not before.strip() else " "


def _block_insert(document: _Document, node: Node, index: int, new: str) -> Splice:
    """Lines of their own, above the comments of the entry they go before, or below the last entry."""
    text, entries = document.text, _entries(node)
    pad = " " * node.column
    if index >= len(entries) or (index and node.kind == "mapping"):
        last = min(index, len(entries)) - 1
        at = _after_line(text, entries[last].end)
        apart = "\n" if _is_apart(text, node, max(1, last)) else ""
        return Splice(at, at, f"{apart}{pad}{new}\n" if _ends_line(text, at) else f"\n{apart}{pad}{new}")
    start = _entry_start(text, node, index)
    line = _line_start(text, start)
    if text[line:start].strip():
        return Splice(start, start, f"{new}\n{pad}")
    line = _with_comments_above(text, line, node.column)
    apart = "\n" if _is_apart(text, node, index) else ""
    return Splice(line, line, f"{pad}{new}\n{apart}")


def _is_apart(text: str, node: Node, index: int) -> bool:
    """Whether an empty line stands between an entry and the one before it."""
    entries = _entries(node)
    if not 0 < index < len(entries):
        return False
    between = text[entries[index - 1].end : _entry_start(text, node, index)]
    return re.search(r"\n[ \t\r]*\n", between) is not None


def _ends_line(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] == "\n"


# --- deleting and moving --------------------------------------------------------------------------------


def _removal(document: _Document, parent: Node, keys: Keys) -> Splice:
    entries = _entries(parent)
    key = keys[-1]
    index = key if isinstance(key, int) else [name.text for name, _ in parent.pairs].index(key)
    if parent.flow:
        return _flow_removal(document.text, entries, index)
    start = _entry_start(document.text, parent, index)
    line = _line_start(document.text, start)
    end = _after_line(document.text, entries[index].end)
    if not document.text[line:start].strip():
        return Splice(line, end, "")
    if index + 1 == len(entries):
        raise UnsafeEdit(keys, "it shares its line with what is around it")
    following = _entry_start(document.text, parent, index + 1)
    if "#" in document.text[end:following]:
        raise UnsafeEdit(keys, "a comment stands between it and what would move up to its line")
    return Splice(start, following, "")


def _with_empty_line_above(text: str, parent: Node, gone: Splice) -> Splice:
    """Where empty lines set entries apart, the one above an entry goes with it."""
    above = _line_start(text, gone.start - 1)
    whole_lines = gone.start == _line_start(text, gone.start) and gone.start > 0
    followed = gone.end < parent.end and text[gone.end : _after_line(text, gone.end + 1)].strip()
    if not whole_lines or followed or text[above : gone.start].strip():
        return gone
    return gone._replace(start=above)


def _flow_removal(text: str, entries: list[Node], index: int) -> Splice:
    entry = entries[index]
    line, end = _line_start(text, entry.start), _after_line(text, entry.end)
    alone = not text[line : entry.start].strip() and re.fullmatch(r"\s*,?\s*(#.*)?\s*", text[entry.end : end])
    if alone:
        return Splice(line, end, "")
    if index + 1 < len(entries):
        return Splice(entry.start, entries[index + 1].start, "")
    return Splice(entries[index - 1].end, entry.end, "") if index else Splice(entry.start, entry.end, "")


def _shares_line(text: str, node: Node, keys: Keys) -> bool:
    start = _entry_start(text, node, int(keys[-1]))
    return bool(text[_line_start(text, start) : start].strip())


def _block_move(document: _Document, origin: Node, position: int, goal: Node, index: int) -> list[Splice]:
    text = document.text
    start = _entry_start(text, origin, position)
    line = _line_start(text, start)
    line = _with_comments_above(text, line, origin.column) if position else line
    end = _after_line(text, origin.items[position].end)
    lines = text[line:end].replace("\r\n", "\n").removesuffix("\n").split("\n")
    shift = goal.column - origin.column
    moved = "\n".join(_shifted(part, shift) for part in lines)
    landing = _block_insert(document, goal, index, moved.lstrip(" "))
    return [Splice(line, end, ""), landing]


def _shifted(line: str, by: int) -> str:
    if not line.strip():
        return line
    return " " * by + line if by >= 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]


# --- places in the text ---------------------------------------------------------------------------------


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _after_line(text: str, at: int) -> int:
    """Where the line of the character before `at` ends, its line break included."""
    if at and text[at - 1] == "\n":
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _entry_start(text: str, node: Node, index: int) -> int:
    """Where an entry of a block collection begins: its key, or its dash."""
    if node.kind == "mapping":
        return node.pairs[index][0].start
    if index == 0:
        return node.start
    since, until = node.items[index - 1].end, node.items[index].start
    dash = re.compile(rf"^ {{{node.column}}}-(?=\s|\Z)", re.MULTILINE).search(text, since, until + 1)
    if dash is None:
        raise UnsafeEdit((), f"the dash of item {index} was not found")
    return dash.end() - 1


def _with_comments_above(text: str, line: int, column: int) -> int:
    """The start of the comment lines that stand right above a line, in the column of what they explain."""
    while line:
        above = _line_start(text, line - 1)
        if not re.match(rf" {{{column}}}#", text[above:line]):
            return line
        line = above
    return line
