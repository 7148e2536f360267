"""The one place that names real adapters; each is imported when needed: no command pays for another."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fixloop.adapters.find_checkout import Checkout
    from fixloop.adapters.git_repository import GitRepository
    from fixloop.commands.desk import Desk
    from fixloop.commands.init import Site
    from fixloop.commands.shelf import Shelf
    from fixloop.ports.cache import Cache
    from fixloop.ports.clock import Clock
    from fixloop.ports.held_out import HeldOut
    from fixloop.ports.hooks import HookFolder
    from fixloop.ports.state import StateStore
    from fixloop.workspace.snapshot import MemorySnapshot, Snapshot

Progress = Callable[[str], None]


def build_shelf(folder: str, progress: Progress) -> "Shelf":
    """What reading a workspace takes; git is started only for a ref.

    Raises:
        BadInput: the folder belongs to no repository.
    """
    from fixloop.adapters.disk_cache import DiskCache
    from fixloop.adapters.find_checkout import find_checkout
    from fixloop.commands.shelf import Shelf

    found = find_checkout(Path(folder))
    repository = cache(lambda: _open(folder))
    top = found.top if found else repository().top
    common_dir = found.common_dir if found else repository().common_dir
    _let_engines_be_imported(top)

    store = DiskCache(common_dir / "fixloop" / "cache")
    return Shelf(
        work_tree=lambda: _work_tree(top),
        tree=lambda ref: _tree(repository(), ref),
        name=lambda ref, snapshot: _name(repository, found, store, ref, snapshot),
        cache=store,
        progress=progress,
    )


class Instead(NamedTuple):
    """Which workspace is read in place of the folder that was named, and what to do about it."""

    message: str
    mend: str


def read_instead(folder: str) -> Instead | None:
    """What to tell of a folder inside a repository: the workspace stands at the repository's top.

    Told of a folder that was named, and of one with a workspace of its own, which nothing reads.
    """
    from fixloop.adapters.find_checkout import find_checkout

    here, found = Path(folder).resolve(), find_checkout(Path(folder))
    if found is None or here == found.top:
        return None
    between = [one for one in (here, *here.parents) if found.top in one.parents]
    own = next((one for one in between if (one / "fixloop.yaml").is_file()), None)
    if own is not None:
        return Instead(
            f"this is about {found.top}, the top of the repository, and not the workspace in {own}",
            f"only a workspace at the top is read: make {own} a repository with `git init` and a commit",
        )
    if folder in ("", "."):
        return None
    return Instead(f"this is about {found.top}, the top of the repository that {here} lies in", "")


def build_desk(folder: str, progress: Progress) -> "Desk":
    """The whole outside of one repository.

    Raises:
        BadInput: the folder belongs to no repository.
        EnvironmentLacks: git is missing or too old.
    """
    from fixloop.adapters.disk_cache import DiskCache
    from fixloop.adapters.engine_files import EngineFiles
    from fixloop.adapters.files import write_atomically
    from fixloop.adapters.git_snapshot import TreeReader
    from fixloop.adapters.lock import run_lock
    from fixloop.adapters.secret_key import load_secret_key
    from fixloop.adapters.state_branch import StateBranch
    from fixloop.adapters.system_clock import SystemClock
    from fixloop.commands.desk import Desk

    repo = _open(folder)
    common_dir, top = repo.common_dir, repo.top
    clock, tree = SystemClock(), TreeReader(repo)
    store = DiskCache(common_dir / "fixloop" / "cache")
    return Desk(
        folder=top or common_dir,
        repo=repo,
        state=StateBranch(repo),
        cache=store,
        clock=clock,
        tree=tree,
        engines=EngineFiles(repo, common_dir / "fixloop" / "engines", tree, store),
        work_tree=lambda: _work_tree(top),
        lock=lambda: run_lock(common_dir),
        key=lambda: load_secret_key(common_dir),
        write=write_atomically,
        progress=progress,
        held_out=lambda named: _held_out(repo, named, clock),
    )


def _held_out(repo: "GitRepository", named: str | None, clock: "Clock") -> "HeldOut | None":
    from fixloop.adapters.held_out_folder import SETTING, find_held_out

    def inside() -> Iterator[Path]:
        yield repo.common_dir
        yield from (tree.path for tree in repo.work_trees())

    return find_held_out(named, repo.config(SETTING), repo.top, inside(), clock)


def build_gatehouse(folder: str, progress: Progress) -> "tuple[Desk, Callable[[str], StateStore]]":
    """A desk that writes nothing to its repository, for a push that waits; and the record as a commit has it.

    Raises:
        BadInput: the folder belongs to no repository.
        EnvironmentLacks: git is missing or too old.
    """
    import atexit
    import shutil
    import tempfile
    from dataclasses import replace

    from fixloop.adapters.engine_files import EngineFiles
    from fixloop.adapters.state_branch import StateBranch
    from fixloop.ports.cache import ReadOnly

    desk = build_desk(folder, progress)
    engines = tempfile.mkdtemp(prefix="fixloop-engines-")
    atexit.register(shutil.rmtree, engines, ignore_errors=True)
    store = ReadOnly(desk.cache)
    closed = replace(
        desk,
        cache=store,
        engines=EngineFiles(desk.repo, Path(engines) / "engines", desk.tree, store),
    )
    return closed, lambda commit: StateBranch(desk.repo, commit)


def build_site(folder: str, progress: Progress) -> "Site":
    """The folder a workspace is to be made in; neither it nor a repository need be there.

    Raises:
        BadInput: it lies inside a git directory.
    """
    from fixloop.adapters.new_files import add_files, repository_around
    from fixloop.adapters.work_tree import read_work_tree
    from fixloop.commands.init import Site

    place = Path(folder).resolve()
    return Site(
        folder=place,
        repository=repository_around(place),
        standing=lambda: read_work_tree(place),
        write=lambda files: add_files(place, files),
        progress=progress,
    )


def build_example(folder: Path, progress: Progress) -> "Desk":
    """A desk on a new repository that holds the shipped example.

    Raises:
        EnvironmentLacks: git is missing or too old, or this fixloop was installed without its example.
    """
    import shutil

    from fixloop.adapters.first_commit import create_repository

    source = _example_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name in EXAMPLE:
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / name)
        else:
            shutil.copyfile(source / name, folder / name)
    create_repository(
        folder, "Tidewater Bank: the workspace as it is", person=("Ann", "ann@tidewater.example")
    )
    _use_known_key(folder / ".git")
    return build_desk(str(folder), progress)


def _use_known_key(git_dir: Path) -> None:
    """The example's people are made up: with one key for all, every demo shows the same."""
    from hashlib import sha256

    from fixloop.adapters.files import write_atomically

    key = sha256(b"the key of the shipped example").hexdigest()
    (git_dir / "fixloop").mkdir(exist_ok=True)
    write_atomically(git_dir / "fixloop" / "key", f"{key}\n".encode(), 0o600)


EXAMPLE = ("fixloop.yaml", "workspace", "plan_trees", "evals", "demo")
"""What makes the example; in a wheel it stands in `_example/`, in a checkout at the top."""


def _example_folder() -> Path:
    from fixloop.errors import EnvironmentLacks

    here = Path(__file__).resolve().parent
    for folder in (here / "_example", here.parent.parent):
        if all((folder / name).exists() for name in EXAMPLE):
            return folder
    raise EnvironmentLacks("the shipped example is missing", mend="install fixloop again")


def build_hook_folder(folder: str) -> "HookFolder":
    """Where git looks for the hooks of a repository.

    Raises:
        BadInput: the folder belongs to no repository, or hooks are turned off in it.
    """
    from fixloop.adapters.hook_folder import open_hook_folder

    return open_hook_folder(folder)


def folder_for_hook(git_dir: str, here: str) -> str:
    """The folder to open for a hook that runs for a git directory."""
    from fixloop.adapters.hook_folder import folder_of_hook

    return str(folder_of_hook(Path(git_dir), Path(here)))


def log_folder(folder: str) -> Path:
    """Where the log of a bug belongs: beside the caches, or in the system's temporary folder."""
    import tempfile

    from fixloop.adapters.find_checkout import find_checkout
    from fixloop.errors import FixloopError

    try:
        found = find_checkout(Path(folder))
        return (found.common_dir if found else _open(folder).common_dir) / "fixloop" / "logs"
    except (FixloopError, OSError):
        return Path(tempfile.gettempdir())


def _open(folder: str) -> "GitRepository":
    from fixloop.adapters.git_repository import open_repository

    return open_repository(Path(folder))


def _let_engines_be_imported(top: Path | None) -> None:
    """`python:` engines may live in the repository; last in the path, so no file of it hides a library's."""
    if top is not None and str(top) not in sys.path:
        sys.path.append(str(top))


def _work_tree(top: Path | None) -> "MemorySnapshot":
    from fixloop.adapters.work_tree import read_work_tree
    from fixloop.errors import BadInput

    if top is None:
        raise BadInput("this is a bare repository, without a work tree to read", mend="--ref BRANCH")
    return read_work_tree(top)


def _tree(repo: "GitRepository", ref: str) -> "Snapshot":
    from fixloop.adapters.git_snapshot import GitSnapshot
    from fixloop.errors import BadInput

    commit = repo.resolve(ref)
    if commit is None:
        raise BadInput(f"{ref!r} names no commit here", mend="git log --oneline --all")
    return GitSnapshot(repo, commit)


def _name(
    repository: "Callable[[], GitRepository]",
    found: "Checkout | None",
    store: "Cache",
    ref: str | None,
    snapshot: "Snapshot",
) -> str:
    """The commit that was named or is out, with `+changes` where the files are not exactly its own."""
    from fixloop.adapters.plain_head import governed_digest, read_head
    from fixloop.workspace.snapshot import digest_of

    head = read_head(found) if found and ref is None else None
    head = head or repository().resolve(ref or "HEAD")
    if head is None:
        return f"uncommitted {digest_of(snapshot)[:16]}"
    if ref is not None:
        return head
    known = governed_digest(head, lambda: _tree(repository(), head), store)
    return head if known == digest_of(snapshot) else f"{head}+changes"


def write_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Put a file of the user's in its place, whole or not at all."""
    from fixloop.adapters.files import write_atomically

    write_atomically(path, data, mode)


def open_lines(file: str | None) -> "AbstractContextManager[Iterable[bytes]]":
    """The lines of a file, or of stdin.

    Raises:
        BadInput: on entering, when there is nothing to read.
    """
    from fixloop.adapters import lines

    return lines.open_lines(file)
