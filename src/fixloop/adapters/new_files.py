"""Adding files to a folder: all of them written beside, then each brought to its place; none is replaced."""

import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from fixloop.errors import BadInput, EnvironmentLacks


def repository_around(folder: Path) -> Path | None:
    """The top of the repository whose work tree a folder lies in, or would lie in once it is made.

    Raises:
        BadInput: it lies inside a git directory, where no work tree is.
    """
    for place in (folder, *folder.parents):
        if (place / ".git").exists():
            return place
        if (place / "HEAD").is_file() and (place / "objects").is_dir() and (place / "refs").is_dir():
            raise BadInput(
                f"{place} is a git directory: a workspace stands in a work tree", mend="clone it first"
            )
    return None


def add_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write new files below a folder, which is made where it is missing.

    Raises:
        BadInput: a file has appeared in the meantime; nothing of ours is left.
        EnvironmentLacks: the folder cannot be written; nothing of ours is left.
    """
    made = _make_folders(folder, files)
    placed: list[Path] = []
    try:
        with tempfile.TemporaryDirectory(prefix=".fixloop-init-", dir=folder) as name:
            beside = Path(name)
            for number, data in enumerate(files.values()):
                (beside / str(number)).write_bytes(data)
            for number, path in enumerate(files):
                placed.append(_place(beside / str(number), folder / path))
    except BaseException as error:
        # Ctrl-C included: half a workspace would stand in the way of the next try.
        _take_back(placed, made)
        if isinstance(error, OSError):
            raise EnvironmentLacks(f"cannot write to {folder}: {error.strerror or error}") from error
        raise


def _place(written: Path, target: Path) -> Path:
    if target.is_symlink() or target.exists():
        raise BadInput(f"{target} has just appeared; nothing was written", mend="run the command again")
    return written.replace(target)


def _make_folders(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """The folders that had to be made, outermost first."""
    made: list[Path] = []
    try:
        for wanted in sorted({(folder / path).parent for path in files} | {folder}):
            missing = [one for one in (wanted, *wanted.parents) if not one.exists()]
            for one in reversed(missing):
                one.mkdir()
                made.append(one)
    except OSError as error:
        _take_back([], made)
        raise EnvironmentLacks(f"cannot make {error.filename}: {error.strerror}") from error
    return made


def _take_back(placed: list[Path], made: list[Path]) -> None:
    for path in placed:
        path.unlink(missing_ok=True)
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.rmdir()
