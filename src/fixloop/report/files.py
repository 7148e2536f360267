"""A report in the format that was asked for, or that a file's name asks for."""

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Protocol

from fixloop.errors import BadInput
from fixloop.report.dossier import Dossier

FORMATS = ("html", "markdown", "junit", "json")

_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown", ".xml": "junit"}


class Told(Dossier, Protocol):
    """A dossier that is a document too."""

    def to_json(self) -> Mapping[str, Any]:
        """What `--json` prints."""
        ...


def format_for(wanted: str | None, out: str | None, as_json: bool) -> str:
    """The format: the one named, else the one the file's name ends in, else HTML.

    Raises:
        BadInput: there is no such format, or two are asked for.
    """
    if wanted is not None and wanted not in FORMATS:
        raise BadInput(f"there is no format {wanted!r}", mend=f"one of: {', '.join(FORMATS)}")
    if as_json and wanted not in (None, "json"):
        raise BadInput(f"--json or --format {wanted}, not both")
    if wanted or as_json:
        return wanted or "json"
    ending = PurePath(out).suffix.lower() if out else ""
    return "json" if ending == ".json" else _ENDINGS.get(ending, "html")


def render(dossier: Told, form: str) -> str:
    """The report as one text; only the module that draws it is loaded."""
    if form == "html":
        from fixloop.report.html.render import render_html

        return render_html(dossier)
    if form == "markdown":
        from fixloop.report.markdown import render_markdown

        return render_markdown(dossier)
    if form == "junit":
        from fixloop.report.junit import render_junit

        return render_junit(dossier)
    return json.dumps(dossier.to_json(), ensure_ascii=True) + "\n"
