"""`fixloop demo`."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fixloop.cli.answering import progress, write_json, write_page
from fixloop.cli.options import Json, verb

app = verb()

Folder = Annotated[
    str | None, typer.Argument(metavar="DIR", help="Where to make the repository [a temporary folder].")
]


@app.command()
def demo(folder: Folder = None, as_json: Json = False) -> int:
    """Show the whole loop on the shipped example.

    It happens in a repository that is left for you.
    """
    from fixloop.commands.demo import demo as command
    from fixloop.report.demo import draw_end, draw_stage, draw_start
    from fixloop.wiring import build_example

    place = _place(folder)
    desk = build_example(place, progress)
    if not as_json:
        write_page(lambda page: draw_start(page, place))

    def tell(stage: str, result: object) -> None:
        progress.done()
        if not as_json:
            print()
            write_page(lambda page: draw_stage(page, stage, result))

    result = command(desk, tell)
    if as_json:
        write_json(result.to_json())
    else:
        print()
        write_page(lambda page: draw_end(page, place, _command(), result.before.share, result.after.share))
    return 0


def _command() -> str:
    """How this fixloop is called from another folder."""
    called = Path(sys.argv[0])
    if shutil.which("fixloop"):
        return "fixloop"
    return str(called.absolute()) if called.name == "fixloop" else f"{sys.executable} -m fixloop"


def _place(folder: str | None) -> Path:
    from fixloop.errors import BadInput

    if folder is None:
        return Path(tempfile.mkdtemp(prefix="fixloop-demo-")) / "tidewater"
    place = Path(folder)
    if place.exists() and any(place.iterdir() if place.is_dir() else [place]):
        raise BadInput(f"{folder} is there already", mend="name a folder that is not")
    return place
