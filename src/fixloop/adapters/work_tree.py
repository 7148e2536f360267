"""The governed files of a folder on disk, read into memory at one moment."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fixloop.errors import BadInput, Place
from fixloop.workspace.snapshot import GOVERNED, MemorySnapshot, is_governed

MAX_FILE_BYTES = 50 * 1024 * 1024


def read_work_tree(top: Path) -> MemorySnapshot:
    """Everything fixloop reads of a work tree.

    Links are refused, wherever they lead: in a git tree a link is only a name, so following one here would
    judge other bytes than those that are committed.

    Raises:
        BadInput: a file is a link, too large, or cannot be read.
    """
    found = (path for name in GOVERNED for path in _files(top, name.rstrip("/")))
    return MemorySnapshot({path: _read(top, path) for path in sorted(found) if is_governed(path)})


def _files(top: Path, name: str) -> Iterator[str]:
    path = top / name
    if path.is_symlink():
        raise _refused(name, "is a link, and fixloop does not follow links")
    if not path.is_dir():
        return iter([name] if os.path.lexists(path) else [])
    return _walk(top, name)


def _walk(top: Path, folder: str) -> Iterator[str]:
    try:
        with os.scandir(top / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise _refused(folder, f"cannot be read: {error.strerror}") from error
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_symlink():
            raise _refused(path, "is a link, and fixloop does not follow links")
        if entry.name == ".git":
            raise _refused(folder, "is a repository of its own, which git does not keep in this one")
        yield from _walk(top, path) if entry.is_dir(follow_symlinks=False) else (path,)


def _read(top: Path, path: str) -> bytes:
    try:
        path.encode()
        # Neither a link that has just taken the place of a file, nor a pipe without a writer, stops the read.
        with os.fdopen(os.open(top / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise _refused(path, "is not a plain file")
            if about.st_size > MAX_FILE_BYTES:
                raise _refused(
                    path, f"has {about.st_size // 2**20} MB; {MAX_FILE_BYTES // 2**20} MB is the most"
                )
            return file.read()
    except UnicodeEncodeError as error:
        raise _refused(ascii(path), "has a name that is not UTF-8") from error
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from error


def _refused(path: str, reason: str) -> BadInput:
    return BadInput(f"this {reason}", place=Place(path), mend="move it, or replace it by a plain file")
