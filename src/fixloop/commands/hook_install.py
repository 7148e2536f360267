"""`hook install`, `hook uninstall`: our hooks, in front of those that are there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as package_files
from shlex import quote
from typing import Any

from fixloop.errors import BadInput, Place
from fixloop.gate.lanes import WATCHED
from fixloop.ports.git import Repository
from fixloop.ports.hooks import HookFolder
from fixloop.queue.ground import target_branch

HOOKS: Mapping[str, tuple[str, ...]] = {
    "reference-transaction": ("head", "reference-transaction.first", "common", "reference-transaction"),
    "pre-merge-commit": ("head", "pre-merge-commit.first", "common", "index"),
    "pre-commit": ("head", "pre-commit.first", "common", "index"),
    "pre-push": ("head", "common", "pre-push"),
}
"""Each hook of a repository that people work in, and the pieces its script is put together from."""

SERVER_HOOKS: Mapping[str, tuple[str, ...]] = {
    "pre-receive": ("head", "common", "pre-receive"),
    "post-receive": ("head", "common", "post-receive"),
}
"""Those of a repository that people push to."""

_ALL = {**HOOKS, **SERVER_HOOKS}
_MARK = b"# Written by `fixloop hook install`"
_KEPT = "{}.before-fixloop"
_BEHIND = "{}.legacy"  # where the pre-commit framework keeps the hook it found


@dataclass(frozen=True, slots=True)
class Installed:
    """What stands in the hook folder now."""

    folder: str
    written: tuple[str, ...]
    kept: tuple[str, ...]
    protected: tuple[str, ...]
    notes: tuple[str, ...] = ()
    server: bool = False

    def to_json(self) -> dict[str, Any]:
        """`hook install --json`."""
        return {
            "folder": self.folder,
            "written": list(self.written),
            "kept": list(self.kept),
            "protected": list(self.protected),
            "notes": list(self.notes),
        }


def install_hooks(
    repo: Repository, hooks: HookFolder, python: str, protect: Sequence[str] = (), *, server: bool = False
) -> Installed:
    """Put the hooks in, in front of those that are there; doing it twice is doing it once.

    Protected are the branches named, else those that are protected already, else the one fixes go to. On a
    `server` a push is judged before it lands; hooks for people's own work, if ours are there, make way.

    Raises:
        BadInput: a branch is unknown, or a hook and an older one kept for it both stand in the way.
    """
    wanted = SERVER_HOOKS if server else HOOKS
    refs = _to_protect(repo, hooks, protect)
    behind = [name for name in wanted if not _is_ours(hooks, name) and _is_ours(hooks, _BEHIND.format(name))]
    strangers = [name for name in wanted if name not in behind and _is_a_strangers(hooks, name)]
    _must_have_room(hooks, strangers)
    for name in strangers:
        hooks.rename(name, _KEPT.format(name))
    known = refs if hooks.is_own else ()
    scripts = {
        _BEHIND.format(name) if name in behind else name: render_hook(name, python, known) for name in wanted
    }
    written = tuple(at for at, script in scripts.items() if hooks.read(at) != script)
    for at in written:
        hooks.write(at, scripts[at])
    gone = _take_out(hooks, [name for name in _ALL if name not in wanted]) if server else ()
    hooks.protect(refs)
    if server:
        hooks.hear_options()
        hooks.check_objects()
    kept = tuple(_KEPT.format(name) for name in wanted if _has_kept(hooks, name))
    notes = tuple(_notes(repo, hooks, behind, gone))
    return Installed(str(hooks.path), written, kept, tuple(refs), notes, server)


def uninstall_hooks(hooks: HookFolder) -> Installed:
    """Take our hooks out, put back what was there before, and protect nothing any more."""
    ours = _take_out(hooks, _ALL)
    hooks.protect(())
    left = (
        f"{_KEPT.format(name)} stays: {name} is no longer ours" for name in _ALL if _has_kept(hooks, name)
    )
    return Installed(str(hooks.path), ours, (), (), tuple(left))


def _take_out(hooks: HookFolder, names: Iterable[str]) -> tuple[str, ...]:
    """Remove those of the hooks that are ours, and put back what was there before."""
    ours = tuple(at for name in names for at in (name, _BEHIND.format(name)) if _is_ours(hooks, at))
    for at in ours:
        if at in _ALL and _has_kept(hooks, at):
            hooks.rename(_KEPT.format(at), at)
        else:
            hooks.remove(at)
    return ours


def render_hook(name: str, python: str, known: Sequence[str] = ()) -> bytes:
    """The script of one hook; branches that are not `known` it passes over without asking git, if any are."""
    folder = package_files("fixloop.commands") / "hooks"
    text = "".join((folder / f"{piece}.sh").read_text(encoding="utf-8") for piece in _ALL[name])
    paths = " ".join(quote(_in_any_case(path.rstrip("/"))) for path in WATCHED)
    values = {"NAME": name, "PATHS": paths, "PYTHON": quote(python), "KNOWN": quote("\n".join(known))}
    for placeholder, value in values.items():
        text = text.replace(f"@{placeholder}@", value)
    return text.encode("utf-8", "surrogateescape")


def _in_any_case(path: str) -> str:
    """The pathspec of a path, however it is spelled: a checkout may fold the case of letters."""
    magic, _, name = path[2:].partition(")") if path.startswith(":(") else ("", "", path)
    return f":({magic},icase){name}" if magic else f":(icase){name}"


def _to_protect(repo: Repository, hooks: HookFolder, wanted: Sequence[str]) -> list[str]:
    if wanted:
        return list(dict.fromkeys(target_branch(repo, one) for one in wanted))
    unborn = repo.head_branch() if repo.resolve("HEAD") is None else None
    return list(hooks.protected()) or [unborn or target_branch(repo, None)]


def _must_have_room(hooks: HookFolder, strangers: Sequence[str]) -> None:
    for name in strangers:
        if _has_kept(hooks, name):
            mend = f"join it with {_KEPT.format(name)}, which is kept from before, and remove one of them"
            place = Place(str(hooks.path / name))
            raise BadInput("another hook has taken the place of ours", place=place, mend=mend)


def _is_ours(hooks: HookFolder, name: str) -> bool:
    return _MARK in (hooks.read(name) or b"")[:200]


def _is_a_strangers(hooks: HookFolder, name: str) -> bool:
    return hooks.read(name) is not None and not _is_ours(hooks, name)


def _has_kept(hooks: HookFolder, name: str) -> bool:
    return hooks.read(_KEPT.format(name)) is not None


def _notes(repo: Repository, hooks: HookFolder, behind: Sequence[str], gone: Sequence[str]) -> Iterator[str]:
    if gone:
        yield f"{', '.join(gone)} removed: on a server a push is judged once, before it lands"
    if not hooks.is_own:
        yield (
            "core.hooksPath: other repositories may use this folder, or commit it. In a repository without "
            "`git config fixloop.protected` the hooks do nothing; they name a Python of this machine"
        )
    if repo.top and hooks.path.resolve().is_relative_to(repo.top.resolve()) and not hooks.is_own:
        yield (
            "core.hooksPath lies in the work tree: any branch can change the hooks by being checked out or "
            "merged, before they are asked. Keep them outside of it, or judge pushes on a server"
        )
    for name in behind:
        yield f"{name} is called by the hook that the pre-commit framework put before it"
