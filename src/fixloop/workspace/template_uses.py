"""What a template or a tool argument uses, read from its syntax tree; nothing is rendered here."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from fixloop.workspace.paths import ROOTS
from fixloop.workspace.text import named

if TYPE_CHECKING:
    from jinja2 import nodes

_ONE_PATH = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}\}")
FILTERS = frozenset(
    [
        "abs",
        "capitalize",
        "count",
        "d",
        "default",
        "dictsort",
        "e",
        "escape",
        "first",
        "float",
        "int",
        "items",
        "join",
        "last",
        "length",
        "list",
        "lower",
        "map",
        "max",
        "min",
        "reject",
        "rejectattr",
        "replace",
        "reverse",
        "round",
        "select",
        "selectattr",
        "sort",
        "string",
        "sum",
        "title",
        "trim",
        "truncate",
        "unique",
        "upper",
        "wordcount",
    ]
)
"""The filters a template may use."""
FORBIDDEN = {
    "Macro": "macros",
    "CallBlock": "call blocks",
    "FilterBlock": "filter blocks",
    "AssignBlock": "set blocks",
    "Block": "blocks",
    "Extends": "extends",
    "Include": "include",
    "Import": "import",
    "FromImport": "import",
    "NSRef": "attributes that are set",
}
"""What no template may contain, by the name of Jinja's node."""
_CALLABLE = "range"


class TemplateUses(NamedTuple):
    """The paths a text reads, each once, in order; `complaint` is why it is no template, "" if it is one."""

    paths: tuple[str, ...] = ()
    complaint: str = ""


def one_path(text: str) -> str | None:
    """The path of a text that is exactly one `{{ path }}`: it keeps the value's type as a tool argument."""
    found = _ONE_PATH.fullmatch(text.strip())
    return found.group(1) if found else None


@lru_cache(maxsize=8_192)
def uses_of(text: str) -> TemplateUses:
    """The paths a text reads, or why it cannot be read."""
    if "{" not in text:
        return TemplateUses()
    if path := one_path(text):
        return TemplateUses((path,))
    return _parsed_uses(text)


def _parsed_uses(text: str) -> TemplateUses:
    from jinja2 import TemplateSyntaxError

    try:
        return _read_uses(text)
    except TemplateSyntaxError as error:
        return TemplateUses(complaint=f"line {error.lineno}: {error.message}")
    except RecursionError:
        return TemplateUses(complaint="nested too deep")


def _read_uses(text: str) -> TemplateUses:
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment()
    tree = environment.parse(text)
    if complaint := _refused(tree, environment):
        return TemplateUses(complaint=complaint)
    bound = {"loop", _CALLABLE} | _bound_names(tree)
    if shadowed := sorted(bound.intersection(ROOTS)):
        return TemplateUses(complaint=f"{named(shadowed[0])} is given another meaning; use another name")
    return TemplateUses(tuple(dict.fromkeys(_paths(tree, frozenset(bound)))))


def _refused(tree: "nodes.Template", environment: Any) -> str:
    """Why the pipeline's sandbox would not render a text, or ""."""
    from jinja2 import nodes

    for node in tree.find_all(nodes.Node):
        forbidden = FORBIDDEN.get(type(node).__name__)
        if isinstance(node, nodes.Call) and getattr(node.node, "name", "") != _CALLABLE:
            forbidden = "calls"
        if isinstance(node, nodes.For) and node.recursive:
            forbidden = "recursive loops"
        if forbidden:
            return f"line {node.lineno}: {forbidden} not allowed here"
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            return f"line {node.lineno}: there is no filter {named(node.name)}"
        if isinstance(node, nodes.Test) and node.name not in environment.tests:
            return f"line {node.lineno}: there is no test {named(node.name)}"
    return ""


def _bound_names(tree: "nodes.Template") -> set[str]:
    """The names the template itself sets: loop variables, `set`, `with`."""
    from jinja2 import nodes

    return {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}


def _paths(node: "nodes.Node", bound: frozenset[str]) -> Iterator[str]:
    from jinja2 import nodes

    if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
        path, children = _chain(node)
        if path and path.partition(".")[0] not in bound:
            yield path
    else:
        children = list(node.iter_child_nodes())
    for child in children:
        yield from _paths(child, bound)


def _chain(node: "nodes.Node") -> tuple[str, list[Any]]:
    """The dotted path a chain of attributes and constant subscripts spells, and what else it evaluates."""
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        return (node.name if node.ctx == "load" else ""), []
    if isinstance(node, nodes.Getattr):
        above, rest = _chain(node.node)
        return (f"{above}.{node.attr}" if above and not rest else above), rest
    if isinstance(node, nodes.Getitem):
        above, rest = _chain(node.node)
        if not isinstance(node.arg, nodes.Const):
            return above, [*rest, node.arg]
        # Past the first dynamic subscript nothing is known; a negative index is an index all the same.
        key = str(node.arg.value).lstrip("-")
        return (f"{above}.{key}" if above and not rest else above), rest
    return "", [node]
