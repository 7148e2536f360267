"""Where every value of a YAML text begins and ends, so that an edit can be a splice of the text.

What the values mean is for `workspace.yaml_source` to say; this reads only places and styles, and unlike
composed nodes it keeps aliases apart from what they stand for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from fixloop.fixes.conflict import Keys, UnsafeEdit

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Node:
    """A value's place in the text, in characters.

    `end` is after the last character of its own: not the line break, nor comments that follow. `style` is the
    quote or block indicator of a scalar, `text` what the scalar says.
    """

    kind: Literal["scalar", "mapping", "sequence", "alias"]
    start: int
    end: int
    column: int
    flow: bool = False
    style: str = ""
    text: str = ""
    pairs: list[tuple["Node", "Node"]] = field(default_factory=list)
    items: list["Node"] = field(default_factory=list)

    def child(self, key: str | int) -> "Node | None":
        """The value under a key or at a position."""
        if isinstance(key, int):
            return self.items[key] if 0 <= key < len(self.items) else None
        pair = self.pair(key)
        return pair[1] if pair else None

    def pair(self, key: str | int) -> "tuple[Node, Node] | None":
        """A mapping's key and value."""
        return next((pair for pair in self.pairs if pair[0].text == key), None)


def parse_tree(text: str) -> Node:
    """The tree of a text that `workspace.yaml_source` has read: one document, no key twice, no bad alias."""
    events = iter(yaml.parse(text, Loader=_Loader))
    next(events)
    if isinstance(next(events), yaml.StreamEndEvent):
        return Node("scalar", len(text), len(text), 0)
    return _node(text, next(events), events)


def find_node(tree: Node, keys: Keys) -> Node:
    """The node at a key path.

    Raises:
        UnsafeEdit: the way there is absent, or leads through an alias.
    """
    node = tree
    for depth, key in enumerate(keys, 1):
        child = node.child(key)
        if child is None:
            raise UnsafeEdit(keys[:depth], "it is not there")
        if child.kind == "alias":
            raise UnsafeEdit(keys[:depth], "it is written as an alias (*name) of another place")
        node = child
    return node


def _node(text: str, event: Any, events: Iterator[Any]) -> Node:
    start, end, column = event.start_mark.index, event.end_mark.index, event.start_mark.column
    if isinstance(event, yaml.ScalarEvent):
        style = event.style or ""
        end = _block_scalar_end(text, start, end) if style in ("|", ">") else end
        return Node("scalar", start, end, column, style=style, text=event.value)
    if isinstance(event, yaml.AliasEvent):
        return Node("alias", start, end, column)
    is_mapping = isinstance(event, yaml.MappingStartEvent)
    node = Node("mapping" if is_mapping else "sequence", start, end, column, bool(event.flow_style))
    _fill(node, text, events)
    return node


def _fill(node: Node, text: str, events: Iterator[Any]) -> None:
    below = node.items if node.kind == "sequence" else []
    event = next(events)
    while not isinstance(event, yaml.CollectionEndEvent):
        child = _node(text, event, events)
        below.append(child)
        if node.kind == "mapping":
            below.append(_node(text, next(events), events))
            node.pairs.append((below[-2], below[-1]))
        event = next(events)
    end: Any = event.end_mark
    # A block collection's own end mark stands at the next token, past comments and empty lines.
    node.end = end.index if node.flow or not below else max(child.end for child in below[-2:])


def _block_scalar_end(text: str, start: int, end: int) -> int:
    """Trailing empty lines belong to the text only where the header says keep (`|+`)."""
    body = text[start:end]
    return end if "+" in body.split("\n", 1)[0].split("#", 1)[0] else start + len(body.rstrip())
