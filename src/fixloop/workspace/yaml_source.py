"""YAML bytes into plain values, with a place for every key and value.

PyYAML's C parser composes the nodes; values are built here, by the YAML 1.2 core schema: `no`, `on`, `1:30`,
`2024-01-01`, `007` and `1_000` are strings. What could mislead a reader is refused: duplicate keys, tags,
merge keys, NaN and infinity, a second document, aliases that expand without end.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from fixloop.errors import BadInput, Place
from fixloop.workspace.model import Problem
from fixloop.workspace.text import named, shown

KeyPath = tuple[str | int, ...]

MAX_DEPTH = 100
MAX_ALIASED = 10_000
"""How many values aliases may add to those that are written out."""

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_MAY_BE_NUMBER = frozenset("-+.0123456789")
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEP_BLOCK = re.compile(r"^[ ?:-]{2000}", re.MULTILINE)
_PLAIN, _QUOTED = "plain", "quoted"
_HARMLESS_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))


class BadYaml(BadInput):
    """A YAML file that cannot be read; `problems` has all that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__(first.message, place=first.place, mend=first.mend)
        self.problems = problems


class Document(NamedTuple):
    """A parsed file: plain values, and where each of them stands."""

    path: str
    value: Any
    root: yaml.Node | None = None

    def place(self, *key_path: str | int) -> Place:
        """Where the value at a key path stands, or the nearest value above it that exists."""
        return self._find(key_path).place

    def key_place(self, *key_path: str | int) -> Place:
        """Where the last key of a path stands (an item's place, for a list), or the nearest above it."""
        return self._find(key_path).key_place

    @property
    def places(self) -> Mapping[KeyPath, Place]:
        """The place of every value by its key path."""
        found = {} if self.root is None else dict(_walk_places(self.path, self.root, ()))
        return {(): Place(self.path, 1, 1), **found}

    def _find(self, key_path: KeyPath) -> "_Found":
        if self.root is None:
            whole = Place(self.path, 1, 1)
            return _Found(whole, whole)
        node = key_node = self.root
        for key in key_path:
            below = _child(node, key)
            if below is None:
                break
            key_node, node = below
        return _Found(_place(self.path, node), _place(self.path, key_node))


class _Found(NamedTuple):
    place: Place
    key_place: Place


class Reading(NamedTuple):
    """What came of a file: a document unless nothing could be read, and all that is wrong."""

    document: Document | None
    problems: tuple[Problem, ...]


def parse_yaml(path: str, data: bytes) -> Document:
    """Parse one YAML document.

    Raises:
        BadYaml: with file, line and column of everything that is wrong.
    """
    document, problems = read_yaml(path, data)
    if problems or document is None:
        raise BadYaml(problems)
    return document


def read_yaml(path: str, data: bytes) -> Reading:
    """Parse one YAML document as far as it goes; a duplicate key or a bad number leaves the rest readable."""
    text, problem = _decode(path, data)
    if problem is None:
        root, problem = _compose(path, text)
    if problem is None and root is not None:
        problem = _unsafe_aliases(path, root) if "*" in text and "&" in text else None
    if problem is not None:
        return Reading(None, (problem,))
    if root is None:
        return Reading(Document(path, None), ())
    builder = _Builder(path)
    value = builder.build(root, 0)
    return Reading(Document(path, value, root), tuple(builder.problems))


def reads_as_string(text: str) -> bool:
    """Whether this scalar, written without quotes, is a string to us and to a YAML 1.1 reader alike."""
    old = yaml.resolver.Resolver.yaml_implicit_resolvers
    candidates = old.get(text[:1], []) + old.get(None, [])
    return isinstance(_scalar(text), str) and not any(pattern.match(text) for _, pattern in candidates)


# --- text and nodes -------------------------------------------------------------------------------------


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Composes nodes only; a tag tells plain scalars from quoted ones, and explicit tags from none."""

    def resolve(self, _kind: type, _value: str | None, implicit: Any) -> str:
        return _PLAIN if implicit and implicit is not True and implicit[0] else _QUOTED

    def descend_resolver(self, _parent: Any, _index: Any) -> None: ...

    def ascend_resolver(self) -> None: ...


class _Decoded(NamedTuple):
    text: str
    problem: Problem | None


class _Composed(NamedTuple):
    root: yaml.Node | None
    problem: Problem | None


def _decode(path: str, data: bytes) -> _Decoded:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_at(path, data[: error.start].decode("utf-8", "replace"))
        problem = Problem(place, f"not UTF-8: byte 0x{data[error.start]:02x}", "save the file as UTF-8")
        return _Decoded("", problem)
    if conflict := _CONFLICT.search(text):
        place = _place_at(path, text[: conflict.start()])
        problem = Problem(place, "a merge conflict is left in this file", "resolve it and remove the markers")
        return _Decoded("", problem)
    if odd := _UNPRINTABLE.search(text):
        place = _place_at(path, text[: odd.start()])
        return _Decoded(
            "",
            Problem(place, f"the control character {shown(odd.group())}", "remove it, or write it escaped"),
        )
    if deep := _too_deep(text):
        return _Decoded("", Problem(_place_at(path, text[:deep]), f"nested deeper than {MAX_DEPTH} levels"))
    return _Decoded(text, None)


def _too_deep(text: str) -> int:
    """Where a text nests too deep to be composed safely, or 0: libyaml recurses in C until the stack ends.

    A block collection starts after nothing but blanks and indicators, so its depth is bounded by its column.
    Brackets inside strings count too, so the limit here is ten times that of values.
    """
    if block := _DEEP_BLOCK.search(text):
        return block.end()
    if text.count("[") + text.count("{") <= 10 * MAX_DEPTH:
        return 0
    depth = 0
    for found in re.finditer(r"[\[\]{}]", text):
        depth = max(0, depth + (1 if found.group() in "[{" else -1))
        if depth > 10 * MAX_DEPTH:
            return found.start()
    return 0


def _compose(path: str, text: str) -> _Composed:
    loader = _Loader(text)
    try:
        return _Composed(loader.get_single_node(), None)
    except yaml.MarkedYAMLError as error:
        return _Composed(None, _syntax_problem(path, text, error))
    except (yaml.YAMLError, RecursionError) as error:
        return _Composed(None, Problem(Place(path, 1, 1), f"not readable as YAML: {shown(str(error))}"))
    finally:
        loader.dispose()


def _syntax_problem(path: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path, 1, 1)
    said = error.problem or error.context or "not readable as YAML"
    if "another document" in said or "single document" in str(error.context):
        return Problem(
            place, "a second YAML document starts here", "keep one document a file; remove the `---`"
        )
    if "tab character" in said or (mark and _stands_at_tab(text, mark.line, mark.column)):
        return Problem(place, "a tab where YAML wants blanks", "indent with blanks")
    began = f", begun in line {error.context_mark.line + 1}" if error.context_mark else ""
    context = f" ({error.context}{began})" if error.context and error.context != said else ""
    return Problem(
        place, f"not readable as YAML: {said}{context}", "check indentation, quotes and brackets here"
    )


def _stands_at_tab(text: str, line: int, column: int) -> bool:
    lines = text.splitlines()
    return line < len(lines) and lines[line][column : column + 1] == "\t"


def _unsafe_aliases(path: str, root: yaml.Node) -> Problem | None:
    """A problem when an alias stands inside its own anchor, or aliases multiply beyond all measure."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int | Problem:
        if id(node) in open_nodes:
            return Problem(_place(path, node), "an alias stands inside its own anchor", "write the value out")
        if id(node) not in sizes:
            open_nodes.add(id(node))
            total = 1
            for child in _children(node):
                below = size(child)
                if isinstance(below, Problem):
                    return below
                total += below
            open_nodes.discard(id(node))
            sizes[id(node)] = total
        return sizes[id(node)]

    expanded = size(root)
    if isinstance(expanded, Problem):
        return expanded
    if expanded > len(sizes) + MAX_ALIASED:
        return Problem(Place(path, 1, 1), f"aliases expand to {expanded} values", "write the values out")
    return None


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


# --- values ---------------------------------------------------------------------------------------------


class _Builder:
    """Builds plain values from nodes and collects what is wrong with them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, depth: int) -> Any:
        tag = node.tag
        if tag is not _PLAIN and tag is not _QUOTED and tag not in _HARMLESS_TAGS:
            self._problem(
                node, f"the tag {named(tag)}", "remove the tag; quote the value to make it a string"
            )
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node) if tag is _PLAIN else node.value
        if depth > MAX_DEPTH:
            self._problem(node, f"nested deeper than {MAX_DEPTH} levels", "")
            return None
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, depth + 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            value = self.build(value_node, depth + 1)
            if key in built:
                first = next(_place(self.path, known) for known, _ in node.value if known.value == key)
                self._problem(
                    key_node,
                    f"the key {named(key)} is here a second time",
                    f"the first is in line {first.line}",
                )
            else:
                built[key] = value
        return built

    def _key(self, node: yaml.Node) -> str | None:
        key = self.build(node, MAX_DEPTH) if isinstance(node, yaml.ScalarNode) else node
        if not isinstance(key, str):
            written = shown(node.value) if isinstance(node, yaml.ScalarNode) else "a list or mapping"
            self._problem(node, f"a key must be a string, not {written}", "put the key in quotes")
            return None
        if key == "<<" and node.tag is _PLAIN:
            self._problem(node, "merge keys (`<<`) are not read", "write the keys out")
            return None
        return key

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            return _scalar(node.value)
        except ValueError as error:
            self._problem(node, str(error), "write a finite number, or quote it to make it a string")
            return None

    def _problem(self, node: yaml.Node, message: str, mend: str) -> None:
        self.problems.append(Problem(_place(self.path, node), message, mend))


def _scalar(text: str) -> Any:
    """What a plain scalar means in YAML 1.2's core schema.

    Raises:
        ValueError: a number that is not finite or not readable.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in _MAY_BE_NUMBER:
        return text
    if _INT.match(text):
        return _integer(text)
    if _NOT_FINITE.match(text):
        raise ValueError(f"{named(text)} is not a number fixloop reads")
    if not _FLOAT.match(text):
        return text
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{named(text)} is too large a number")
    return number


def _integer(text: str) -> int:
    if len(text) > 400:
        raise ValueError(f"{named(text)} is too large a number")
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


# --- places ---------------------------------------------------------------------------------------------


def _place(path: str, node: yaml.Node) -> Place:
    return Place(path, node.start_mark.line + 1, node.start_mark.column + 1)


def _place_at(path: str, before: str) -> Place:
    return Place(path, before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Entry(NamedTuple):
    key: yaml.Node
    value: yaml.Node


def _child(node: yaml.Node, key: str | int) -> _Entry | None:
    if isinstance(node, yaml.MappingNode):
        return next((_Entry(known, value) for known, value in node.value if known.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
        return _Entry(node.value[key], node.value[key])
    return None


def _walk_places(path: str, node: yaml.Node, above: KeyPath) -> Iterator[tuple[KeyPath, Place]]:
    yield above, _place(path, node)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield from _walk_places(path, value, (*above, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk_places(path, value, (*above, index))
