"""Drawings as text: elements whose attributes and words are escaped where they are made."""

from html import escape
from typing import Protocol

from fixloop.workspace.text import escaped


class Drawn(str):
    """Markup that is safe to stand in a page as it is; templates recognise it by `__html__`."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


class _Attribute(Protocol):
    def __str__(self) -> str: ...


def words(text: object) -> Drawn:
    """Any text, with what a reader or a browser might obey shown as what it is."""
    return Drawn(escape(escaped(str(text))))


def tag(name: str, *inside: str, **attributes: _Attribute | None) -> Drawn:
    """One element; `class_` is `class`, `stroke_width` is `stroke-width`, None leaves an attribute out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{words(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(part if isinstance(part, Drawn) else words(part) for part in inside)
    return Drawn(f"<{name}{written}>{body}</{name}>" if body else f"<{name}{written}/>")


def picture(width: float, height: float, title: str, *inside: str, **attributes: _Attribute | None) -> Drawn:
    """An `svg` that says in words what it shows, and grows with the page."""
    opening = tag(
        "svg", viewBox=f"0 0 {_number(width)} {_number(height)}", role="img", aria_label=title, **attributes
    )
    return Drawn(f"{opening[:-2]}>{tag('title', title)}{''.join(inside)}</svg>")


def text(x: float, y: float, said: object, class_: str | None = None, anchor: str | None = None) -> Drawn:
    """Words at a place."""
    return tag("text", words(said), x=x, y=y, class_=class_, text_anchor=anchor)


def cut(said: str, most: int) -> str:
    """A name that fits; the whole of it belongs in a `title` beside it."""
    return said if len(said) <= most else said[: most - 1] + "…"


def _number(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
