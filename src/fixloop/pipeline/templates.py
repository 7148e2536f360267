"""Reply templates: choosing the language, rendering in a sandbox, and saying which variable was missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from fixloop.pipeline.rows import MISSING
from fixloop.pipeline.scope import UNAVAILABLE, Scope, compile_path
from fixloop.workspace.model import Template

if TYPE_CHECKING:
    from jinja2 import Template as JinjaTemplate

MAX_CHARACTERS = 20_000
"""The longest template, and the longest text one may render to."""

_MARKS = ("{{", "{%", "{#")
_ONE_PATH = re.compile(r"\s*\{\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}\}\s*")


class CannotRender(Exception):
    """A template gives no text for this ticket; `variable` names what was missing, or is empty."""

    def __init__(self, reason: str, variable: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.variable = variable


def text_of(template: Template, languages: Sequence[str | None]) -> str:
    """The template's text in the first of the languages that it has, else its first text."""
    return template.texts.get(language_of(template, languages), "")


def language_of(template: Template, languages: Sequence[str | None]) -> str:
    """The first of the languages that a template has a text in, else that of its first text."""
    for language in (*languages, ""):
        if language is not None and language in template.texts:
            return language
    return next(iter(template.texts), "")


def render(source: str, scope: Scope) -> str:
    """The text a template gives.

    Raises:
        CannotRender: a variable is undefined, the template does what no template may, or a text is too long.
    """
    if not _is_marked(source):
        return _bounded(_plain(source))
    compiled = _compiled(source)
    if isinstance(compiled, str):
        raise CannotRender(compiled)
    return _render(compiled, scope)


def resolve(value: Any, scope: Scope) -> Any:
    """A tool argument: a text that is exactly one `{{ path }}` keeps the value's type, else it is rendered.

    Raises:
        CannotRender: as render.
    """
    if isinstance(value, str):
        path = _ONE_PATH.fullmatch(value)
        return _value_at(path[1], scope) if path else render(value, scope)
    if isinstance(value, Mapping):
        return {key: resolve(part, scope) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(part, scope) for part in value]
    return value


def template_problem(source: str) -> str | None:
    """Why a template can never render, or None."""
    if not _is_marked(source):
        return None if len(source) <= MAX_CHARACTERS else _too_long(len(source))
    compiled = _compiled(source)
    return compiled if isinstance(compiled, str) else None


def template_paths(source: str) -> tuple[str, ...]:
    """The dotted paths a template reads, in the order of the text; none for one that cannot be parsed."""
    compiled = _compiled(source) if _is_marked(source) else ""
    return () if isinstance(compiled, str) else compiled.paths


def _is_marked(source: str) -> bool:
    return "{" in source and any(mark in source for mark in _MARKS)


class _Compiled(NamedTuple):
    template: JinjaTemplate
    paths: tuple[str, ...]


@lru_cache(maxsize=1024)
def _compiled(source: str) -> _Compiled | str:
    """The compiled template, or why there is none; kept by text, since a text is all it depends on."""
    if len(source) > MAX_CHARACTERS:
        return _too_long(len(source))
    from fixloop.pipeline.sandbox import BadTemplate, compile_template

    try:
        return _Compiled(*compile_template(source))
    except BadTemplate as error:
        return str(error)


def _render(compiled: _Compiled, scope: Scope) -> str:
    from fixloop.pipeline.sandbox import Refused, Undefined, render_template

    try:
        return render_template(compiled.template, scope.variables(), MAX_CHARACTERS)
    except Undefined as error:
        variable = _first_missing(compiled.paths, scope)
        raise CannotRender(f"{variable or error} is not there", variable) from None
    except Refused as error:
        raise CannotRender(str(error)) from None


def _first_missing(paths: Iterable[str], scope: Scope) -> str:
    return next((path for path in paths if not _is_there(compile_path(path)(scope))), "")


def _is_there(value: Any) -> bool:
    return value is not MISSING and value is not UNAVAILABLE


def _value_at(path: str, scope: Scope) -> Any:
    value = compile_path(path)(scope)
    if not _is_there(value):
        raise CannotRender(f"{path} is not there", path)
    return list(value) if isinstance(value, tuple) else value


def _plain(source: str) -> str:
    """A text without marks, as Jinja gives it: its newlines plain, the last one dropped."""
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    return text[:-1] if text.endswith("\n") else text


def _bounded(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise CannotRender(_too_long(len(text)))
    return text


def _too_long(length: int) -> str:
    return f"has {length:,} characters, more than {MAX_CHARACTERS:,}"
