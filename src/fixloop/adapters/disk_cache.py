"""Derived bytes kept in the common git directory, where no branch can bring one."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

_GIGABYTE = 1024**3
_DIGEST_BYTES = 32


class DiskCache:
    """Answers `ports.cache.Cache` with a file an entry; above `max_bytes` the oldest entries go.

    An entry begins with a digest of its kind, key and content, so one that was cut short, damaged, renamed or
    written for another key counts as absent. Nothing is ever executed on reading: it holds bytes, no pickle.
    """

    def __init__(self, folder: Path, max_bytes: int = _GIGABYTE) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._unweighed: int | None = None

    def load(self, kind: str, key: str) -> bytes | None:
        """The bytes saved under (kind, key), or None; a damaged entry counts as absent."""
        try:
            # Unbuffered: a model has many megabytes, and none of them needs to be copied.
            with self._path(kind, key).open("rb", buffering=0) as file:
                written, data = file.read(_DIGEST_BYTES), file.readall()
        except OSError:
            return None
        return data if written == _digest(kind, key, data) else None

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Keep bytes under (kind, key); written whole or not at all, never raises for a full disk."""
        with contextlib.suppress(OSError):
            path = self._path(kind, key)
            self._write(path, (_digest(kind, key, data), data))
            if self._unweighed is None:
                # A sixteenth of all processes, told by the hash that names the first entry, look at the size
                # at once: it takes as long as reading all the answers of a gate. Then what it wrote counts.
                self._unweighed = self._max_bytes if path.parent.name < "10" else 0
            self._unweighed += len(data)
            if self._unweighed > self._max_bytes // 8:
                self._unweighed = 0
                self._make_room()

    def _path(self, kind: str, key: str) -> Path:
        # Hashed, so no kind or key can name a place outside.
        name = hashlib.sha256(f"{kind}\0{key}".encode()).hexdigest()
        return self._folder / f"{name[:2]}/{name[2:]}"

    def _write(self, path: Path, parts: Iterable[bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{secrets.token_hex(8)}")
        try:
            # Not synced: after a power cut the digest finds what was lost.
            with beside.open("wb") as file:
                file.writelines(parts)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def _make_room(self) -> None:
        entries = sorted(self._weigh())
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self._max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _weigh(self) -> Iterator[tuple[float, int, Path]]:
        for parent, _, names in os.walk(self._folder):
            for name in names:
                path = Path(parent) / name
                with contextlib.suppress(FileNotFoundError):
                    about = path.stat()
                    yield about.st_mtime, about.st_size, path


def _digest(kind: str, key: str, data: bytes) -> bytes:
    named = f"{len(kind)} {kind} {len(key)} {key}\0".encode()
    digest = hashlib.sha256(named)
    digest.update(data)
    return digest.digest()
