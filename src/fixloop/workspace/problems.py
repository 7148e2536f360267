"""Collecting what is wrong, so that one problem never hides the rest."""

from collections.abc import Callable, Iterable
from typing import Protocol

from fixloop.errors import Place
from fixloop.workspace.model import Problem
from fixloop.workspace.yaml_source import Document, KeyPath


class Report(Protocol):
    """Takes a problem with the value at a key path; `on_key` points at the key instead of its value."""

    def __call__(self, key_path: KeyPath, message: str, mend: str = "", *, on_key: bool = False) -> None:
        """Note one problem."""
        ...


class Problems:
    """The problems of one file, or of one check across files."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self.found: list[Problem] = list(found)

    def error(self, place: Place, message: str, mend: str = "") -> None:
        """Something that keeps the workspace from being used."""
        self.found.append(Problem(place, message, mend))

    def warning(self, place: Place, message: str, mend: str = "") -> None:
        """Something a person should look at; nothing stops."""
        self.found.append(Problem(place, message, mend, "warning"))

    def report_on(self, document: Document, severity: str = "error") -> Report:
        """A report that knows where the keys of one document stand."""

        def report(key_path: KeyPath, message: str, mend: str = "", *, on_key: bool = False) -> None:
            find: Callable[..., Place] = document.key_place if on_key else document.place
            self.found.append(Problem(find(*key_path), message, mend, severity))

        return report


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems by place, each once."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda found: (found.place, found.severity, found.message, found.mend)))


def below(report: Report, *above: str | int) -> Report:
    """A report whose key paths start below another key path."""

    def deeper(key_path: KeyPath, message: str, mend: str = "", *, on_key: bool = False) -> None:
        report((*above, *key_path), message, mend, on_key=on_key)

    return deeper
