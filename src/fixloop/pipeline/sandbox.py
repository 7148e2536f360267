"""Jinja as far as a reply needs it: no calls, no methods, few filters, bounded loops and sizes.

Imported only when a template has something to fill in: Jinja costs 60 ms.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2 import Template as JinjaTemplate
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fixloop.pipeline.rows import MISSING, walk
from fixloop.workspace.template_uses import FILTERS, FORBIDDEN

MAX_STEPS = 20_000
"""The most passes of all loops of one rendering together."""

_MAX_SIZE = 20_000
_MAX_BITS = 4_096
_ROOTS = frozenset({"ticket", "fields", "fetched", "record", "records"})
_FORBIDDEN: Mapping[type[nodes.Node], str] = {getattr(nodes, kind): name for kind, name in FORBIDDEN.items()}


class BadTemplate(Exception):
    """The template cannot be compiled, or uses what no template may."""


class Undefined(Exception):
    """A variable has no value for this ticket."""


class Refused(Exception):
    """The template did something no template may: too much work, too long a text, a forbidden attribute."""


class Parsed(NamedTuple):
    """A compiled template and the dotted paths it reads, in the order of its text."""

    template: JinjaTemplate
    paths: tuple[str, ...]


def compile_template(source: str) -> Parsed:
    """A template ready to render.

    Raises:
        BadTemplate: with the reason in plain words.
    """
    try:
        tree = _ENVIRONMENT.parse(source)
        _refuse_forbidden(tree)
        paths = _paths(tree)
        _bound_work(tree)
        tree.set_environment(_ENVIRONMENT)
        template = _ENVIRONMENT.from_string(tree)
        # Jinja chains two mappings and copies the chain at every rendering; one flat dict is quicker.
        template.globals = dict(template.globals)
        return Parsed(template, paths)
    except TemplateError as error:
        line = f" (line {error.lineno})" if isinstance(error, TemplateSyntaxError) else ""
        raise BadTemplate(f"is no template{line}: {error.message}") from None
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        raise BadTemplate(f"cannot be compiled: {error}") from None
    except SyntaxError as error:
        # Python's own compiler has limits of nesting that Jinja's parser does not know.
        raise BadTemplate(f"is nested too deeply: {error.msg}") from None


def render_template(template: JinjaTemplate, variables: Mapping[str, Any], limit: int) -> str:
    """The text of a template.

    Raises:
        Undefined: a variable is not defined.
        Refused: the template asked for too much.
    """
    budget = _steps.set(itertools.count())
    try:
        return _joined(template.generate(variables), limit)
    except UndefinedError as error:
        raise Undefined(str(error)) from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise Refused(f"cannot be rendered: {error}") from None
    finally:
        _steps.reset(budget)


def _joined(pieces: Iterable[str], limit: int) -> str:
    found, size = [], 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > limit:
            raise SecurityError(f"the text is longer than {limit:,} characters")
    return "".join(found)


# --- what a template may say ----------------------------------------------------------------------------


def _refuse_forbidden(tree: nodes.Template) -> None:
    for node in tree.find_all(nodes.Node):
        forbidden = _FORBIDDEN.get(type(node))
        if isinstance(node, nodes.Call) and not (
            isinstance(node.node, nodes.Name) and node.node.name == "range"
        ):
            forbidden = "calls"
        if isinstance(node, nodes.For) and node.recursive:
            forbidden = "recursive loops"
        if isinstance(node, nodes.Name) and node.name in ("self", "super", "caller"):
            forbidden = f"{node.name} and blocks"
        if forbidden:
            raise BadTemplate(f"{forbidden} are not allowed in a template (line {node.lineno})")


def _bound_work(tree: nodes.Node) -> None:
    """Let every loop count its passes, and every joined text its length."""
    for name, child in tree.iter_fields():
        if isinstance(child, list):
            setattr(tree, name, [_bounded_node(one) if isinstance(one, nodes.Node) else one for one in child])
        elif isinstance(child, nodes.Node):
            setattr(tree, name, _bounded_node(child))


def _bounded_node(node: nodes.Node) -> nodes.Node:
    _bound_work(node)
    if isinstance(node, nodes.For):
        node.iter = _filtered(node.iter, "counted")
    if isinstance(node, nodes.Concat | nodes.Filter):
        return _filtered(node, "sized")
    return node


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, f"fixloop_{name}", [], [], None, None, lineno=node.lineno)


def _paths(tree: nodes.Template) -> tuple[str, ...]:
    """The dotted paths below the names every template has; the longest of each chain only."""
    found: list[str] = []
    inner: set[int] = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        parts = _chain(node, inner)
        if id(node) not in inner and parts and parts[0] in _ROOTS:
            found.append(".".join(parts))
    return tuple(dict.fromkeys(found))


def _chain(node: nodes.Node, inner: set[int]) -> list[str]:
    parts: list[str] = []
    while not isinstance(node, nodes.Name):
        if isinstance(node, nodes.Getattr):
            parts.append(node.attr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            parts.append(str(node.arg.value))
        elif isinstance(node, nodes.Getitem):
            parts.clear()
        else:
            return []
        node = node.node
        inner.add(id(node))
    return [node.name, *reversed(parts)] if node.ctx == "load" else []


# --- what a template may do -----------------------------------------------------------------------------

_steps: ContextVar[Iterator[int]] = ContextVar("steps of the rendering under way")


def _counted(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if next(_steps.get()) >= MAX_STEPS:
            raise SecurityError(f"its loops make more than {MAX_STEPS:,} passes")
        yield value


def _sized(value: Any) -> Any:
    if isinstance(value, str | list | tuple) and len(value) > _MAX_SIZE:
        raise SecurityError(f"a part of the text is longer than {_MAX_SIZE:,} characters")
    return value


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > MAX_STEPS:
        raise SecurityError(f"range() gives more than {MAX_STEPS:,} numbers")
    return found


def _join(values: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    parts = [
        str(_shown(part))
        for part in (walk(list(values), attribute.split(".")) or () if attribute else values)
    ]
    if sum(map(len, parts)) + len(str(separator)) * len(parts) > _MAX_SIZE:
        raise SecurityError(f"join gives more than {_MAX_SIZE:,} characters")
    return str(separator).join(parts)


def _replace(value: Any, old: str, new: str, count: int | None = None) -> str:
    text = str(value)
    times = text.count(old) if old else len(text) + 1
    if len(text) + times * len(new) > _MAX_SIZE:
        raise SecurityError(f"replace gives more than {_MAX_SIZE:,} characters")
    return text.replace(old, new, -1 if count is None else count)


def _multiply(left: Any, right: Any) -> Any:
    size = _size(left) * _size(right)
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > _MAX_BITS:
            raise SecurityError("a number is too large")
    elif not isinstance(left, int | float) or not isinstance(right, int | float):
        times = left if isinstance(left, int) else right if isinstance(right, int) else 1
        if size * max(1, times) > _MAX_SIZE:
            raise SecurityError(f"repeating gives more than {_MAX_SIZE:,} characters")
    return left * right


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 1


def _add(left: Any, right: Any) -> Any:
    return _sized(left + right)


def _power(left: Any, right: Any) -> Any:
    if (
        not all(isinstance(value, int | float) for value in (left, right))
        or abs(right) > 64
        or abs(left) > 1e12
    ):
        raise SecurityError("a power is too large")
    return left**right


def _remainder(left: Any, right: Any) -> Any:
    # On a text, % is formatting, which can ask for any width.
    if isinstance(left, str):
        raise SecurityError("% does not format text in a template")
    return left % right


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "*": _multiply,
    "**": _power,
    "+": _add,
    "%": _remainder,
}


def _shown(value: Any) -> Any:
    """A value as a customer reads it: true and not True, a list with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(str(_shown(part)) for part in value)
    return value


class _ReplyEnvironment(ImmutableSandboxedEnvironment):
    """Attributes are keys of mappings, never Python's; a list's attribute is the list of its elements'."""

    intercepted_binops = frozenset(_OPERATORS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and not attribute.startswith("_"):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping) or (isinstance(obj, list | tuple) and isinstance(argument, str)):
            found = obj.get(argument) if isinstance(obj, Mapping) else walk(obj, [argument])
            if found is not None and found is not MISSING:
                return found
        elif isinstance(obj, str | list | tuple) and isinstance(argument, int | slice):
            try:
                return obj[argument]
            except (LookupError, TypeError, ValueError):
                pass
        return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        for operand in (left, right):
            if isinstance(operand, StrictUndefined):
                str(operand)  # raises, naming the variable
        return _OPERATORS[operator](left, right)


def _make_environment() -> _ReplyEnvironment:
    environment = _ReplyEnvironment(
        undefined=StrictUndefined, autoescape=False, finalize=_shown, cache_size=0
    )
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.filters |= {"join": _join, "replace": _replace}
    environment.filters |= {"fixloop_counted": _counted, "fixloop_sized": _sized}
    environment.globals = {"range": _range}
    return environment


_ENVIRONMENT = _make_environment()
