"""A repository's own `python:` engines, imported from the tree they belong to and from nowhere else.

The gate asks the base's engines about both sides. They are written out from the base's tree into the common
git directory, so neither a branch nor a work tree can bring the code that judges it.
"""

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fixloop.ports.cache import Cache
from fixloop.ports.git import Entry, Repository
from fixloop.workspace.snapshot import Snapshot

_ENGINE = re.compile(rb"python:\s*([A-Za-z_]\w*)")
_CONFIG = "fixloop.yaml"
_PLAIN = frozenset({"100644", "100755"})


class EngineFiles:
    """Makes the engines of a tree importable; those of the tree before it no longer are.

    `tree` gives the snapshot of a commit or tree, as whoever asks next will want it.
    """

    def __init__(self, repo: Repository, folder: Path, tree: Callable[[str], Snapshot], cache: Cache) -> None:
        self._repo = repo
        self._tree = tree
        self._cache = cache
        self._folder = folder
        self._given: tuple[Path, tuple[str, ...]] | None = None

    def __call__(self, tree_ish: str) -> None:
        """Provide the engines that the tree's fixloop.yaml names, where the tree holds their code."""
        names = self._named(tree_ish)
        found = self._files(tree_ish, names) if names else {}
        if not found:
            return
        place = self._folder / _digest(found)
        if self._given and self._given[0] == place:
            return
        self._withdraw()
        if not place.is_dir():
            self._write(place, found)
        sys.path[:0] = [str(place), str(place / "src")]
        _forget(names)
        self._given = (place, tuple(names))

    def _named(self, tree_ish: str) -> list[str]:
        """The modules that fixloop.yaml names; kept by its content: to ask git takes longer."""
        snapshot = self._tree(tree_ish)
        key = f"{_ENGINE.pattern!r} {snapshot.blob(_CONFIG)}"
        known = self._cache.load("engines", key)
        if known is not None:
            return known.decode().split()
        names = sorted({name.decode() for name in _ENGINE.findall(snapshot.read(_CONFIG) or b"")})
        self._cache.save("engines", key, " ".join(names).encode())
        return names

    def _files(self, tree_ish: str, names: Sequence[str]) -> dict[str, Entry]:
        places = [place for name in names for place in (name, f"{name}.py", f"src/{name}", f"src/{name}.py")]
        listed = self._repo.list_tree(tree_ish, places)
        return {path: entry for path, entry in listed.items() if entry.mode in _PLAIN}

    def _write(self, place: Path, files: Mapping[str, Entry]) -> None:
        """The whole folder or none of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        blobs = self._repo.read_blobs(entry.oid for entry in files.values())
        with tempfile.TemporaryDirectory(dir=self._folder) as temporary:
            new = Path(temporary) / "new"
            for path, entry in files.items():
                (new / path).parent.mkdir(parents=True, exist_ok=True)
                (new / path).write_bytes(blobs[entry.oid])
            if not place.exists():
                shutil.move(new, place)

    def _withdraw(self) -> None:
        if self._given:
            place, names = self._given
            sys.path[:] = [one for one in sys.path if one not in (str(place), str(place / "src"))]
            _forget(names)


def _digest(files: Mapping[str, Entry]) -> str:
    lines = "".join(f"{path}\0{entry.oid}\n" for path, entry in sorted(files.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _forget(names: Sequence[str]) -> None:
    """Modules of another tree would be found again by their names."""
    for loaded in [one for one in sys.modules if one.split(".")[0] in names]:
        del sys.modules[loaded]
