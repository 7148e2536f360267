"""The stream that lets one `git fast-import` build many commits from objects, leaving no ref behind.

fast-import moves the refs it commits to, without compare-and-swap. So every commit goes to a ref that is
`reset` before the end of the stream: fast-import writes refs only when it ends, and a reset one not at all.
A crash at any moment leaves objects nobody points at, which git clears away by itself.
"""

from collections.abc import Iterator, Mapping

from fixloop.adapters.git_process import encode
from fixloop.errors import BadInput
from fixloop.ports.git import NO_OBJECT

COMMAND = ("fast-import", "--quiet", "--done", "--date-format=raw")
END = b"done\n"
_REF = b"refs/fixloop/being-built"
_FILE = "100644"
_MODES = {_FILE, "100755"}

Modes = Mapping[str, str]
"""Path to the file mode it has in the parent, for those paths of a commit that exist there."""


def commit_stream(
    ident: bytes, parent: str, message: str, edits: Mapping[str, bytes | None], modes: Modes
) -> Iterator[bytes]:
    """Build a commit over a parent (NO_OBJECT: a root commit); its id is answered on a line of its own."""
    yield _head(ident, message)
    if parent != NO_OBJECT:
        yield b"from %s\n" % parent.encode("ascii")
    yield from _edits(edits, modes)
    yield b"\nget-mark :1\n" + _forget()


def tree_stream(base_tree: str, edits: Mapping[str, bytes | None], modes: Modes) -> Iterator[bytes]:
    """Build a tree over another one; answered as `040000 tree <id>` on a line of its own.

    The commit around it is nobody's: equal edits give an equal one, so it is not stored twice.
    """
    yield _head(b"fixloop <fixloop@localhost> 0 +0000", "a tree")
    if base_tree != NO_OBJECT:
        yield b'M 040000 %s ""\n' % base_tree.encode("ascii")
    yield from _edits(edits, modes)
    yield b'ls ""\n\n' + _forget()


def _head(ident: bytes, message: str) -> bytes:
    return b"commit %s\nmark :1\ncommitter %s\n%s" % (_REF, ident, _data(encode(message.rstrip("\n") + "\n")))


def _forget() -> bytes:
    return b"reset %s\n\n" % _REF


def _edits(edits: Mapping[str, bytes | None], modes: Modes) -> Iterator[bytes]:
    # Deletions first: a path may become a folder in the same commit.
    for path, data in sorted(edits.items(), key=lambda edit: (edit[1] is not None, edit[0])):
        if data is None:
            yield b"D %s\n" % _quoted(path)
            continue
        mode = modes.get(path, _FILE)
        if mode not in _MODES:
            raise BadInput(f"{path} is a link or a submodule in this commit; fixloop writes plain files only")
        yield b"M %s inline %s\n%s\n" % (mode.encode("ascii"), _quoted(path), _data(data))


def checked_path(path: str) -> str:
    """The path itself, unless git or a checkout would resolve it to somewhere else.

    Raises:
        BadInput: it is empty, absolute, has `..`, or leads into a `.git`.
    """
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise BadInput(f"{path!r} is not a path inside the repository")
    return path


def _quoted(path: str) -> bytes:
    escaped = encode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"' % escaped


def _data(raw: bytes) -> bytes:
    return b"data %d\n%s" % (len(raw), raw)
