"""What a template or a tool argument uses, read from its syntax tree; nothing is rendered here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fixloop.workspace.paths import ROOTS
from fixloop.workspace.text import named

if TYPE_CHECKING:
    from jinja2 import nodes

_ONE_PATH = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}\}")
_REFUSED = ("Include", "Import", "FromImport", "Extends", "Block", "Macro", "CallBlock", "FilterBlock")


@dataclass(frozen=True, slots=True)
class TemplateUses:
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
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment()
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        return TemplateUses(complaint=f"line {error.lineno}: {error.message}")
    except RecursionError:
        return TemplateUses(complaint="nested too deep")
    if complaint := _refused(tree, environment):
        return TemplateUses(complaint=complaint)
    bound = {"loop"} | _bound_names(tree)
    if shadowed := sorted(bound.intersection(ROOTS)):
        return TemplateUses(complaint=f"{named(shadowed[0])} is given another meaning; use another name")
    return TemplateUses(tuple(dict.fromkeys(_paths(tree, frozenset(bound)))))


def _refused(tree: "nodes.Template", environment: Any) -> str:
    from jinja2 import nodes

    for node in tree.find_all(nodes.Node):
        kind = type(node).__name__
        if kind in _REFUSED:
            return f"line {node.lineno}: {named(kind.lower())} is not available in a reply"
        if isinstance(node, nodes.Filter) and node.name not in environment.filters:
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

    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        # `x.upper()`: the last name is a method of the value, not a part of its path.
        yield from _paths(node.node.node, bound)
        children = [*node.args, *node.kwargs]
    elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
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
