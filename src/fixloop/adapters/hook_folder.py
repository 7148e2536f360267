"""The folder git looks for hooks in: `hooks` of the shared git directory, or where core.hooksPath says."""

import os
from collections.abc import Sequence
from pathlib import Path

from fixloop.adapters.files import write_atomically
from fixloop.adapters.git_process import Git, clean_environment, decode, discover, split_nul
from fixloop.errors import BadInput, EnvironmentLacks

KEY = "fixloop.protected"
_NOT_SET = 5


def open_hook_folder(folder: Path | str) -> "GitHookFolder":
    """The hooks of the repository a folder lies in.

    Raises:
        BadInput: there is no repository, or its configuration turns hooks off.
    """
    environment = clean_environment(os.environ)
    found = discover(Git(Path(folder), environment))
    # A relative core.hooksPath counts from where hooks run: the top of the work tree.
    git = Git(found.top or found.git_dir, environment)
    raw = git.run("rev-parse", "--path-format=absolute", "--git-path", "hooks").out
    path = Path(decode(raw).rstrip("\n"))
    if path.exists() and not path.is_dir():
        raise BadInput(
            f"core.hooksPath is {path}, which is no folder", mend="git config --unset core.hooksPath"
        )
    return GitHookFolder(git, path, path.resolve().is_relative_to(found.common_dir.resolve()))


class GitHookFolder:
    """Answers `ports.hooks.HookFolder`."""

    def __init__(self, git: Git, path: Path, is_own: bool) -> None:
        self._git = git
        self.path = path
        self.is_own = is_own

    def read(self, name: str) -> bytes | None:
        """The bytes of a file in the folder, or None; a link that leads nowhere is empty."""
        path = self.path / name
        if not os.path.lexists(path):
            return None
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise EnvironmentLacks(f"cannot read {path}: {error.strerror}") from error

    def write(self, name: str, script: bytes) -> None:
        """Put an executable file there, whole or not at all."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path / name, script, 0o755)
        except OSError as error:
            raise EnvironmentLacks(f"cannot write {self.path / name}: {error.strerror}") from error

    def rename(self, name: str, to: str) -> None:
        """Give a file another name, in the place of what has that name."""
        try:
            (self.path / name).replace(self.path / to)
        except OSError as error:
            raise EnvironmentLacks(f"cannot rename {self.path / name}: {error.strerror}") from error

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise EnvironmentLacks(f"cannot remove {self.path / name}: {error.strerror}") from error

    def protected(self) -> Sequence[str]:
        """Full names of the branches that may not move unjudged."""
        names = split_nul(self._git.run("config", "-z", "--get-all", KEY, allowed=(0, 1)).out)
        return [name if name.startswith("refs/") else f"refs/heads/{name}" for name in names]

    def protect(self, refs: Sequence[str]) -> None:
        """Make these, and no others, the protected branches of this repository."""
        if list(refs) == list(self.protected()):
            return
        self._git.run("config", "--local", "--unset-all", KEY, allowed=(0, _NOT_SET))
        for ref in refs:
            self._git.run("config", "--local", "--add", KEY, ref)

    def hear_options(self) -> None:
        """Let this repository take push options, by which a person says why."""
        self._git.run("config", "--local", "receive.advertisePushOptions", "true")

    def check_objects(self) -> None:
        """Let git refuse trees and commits that no git would write, unless somebody has decided already."""
        decided = self._git.run(
            "config", "--get-regexp", r"^(receive|transfer)\.fsckobjects$", allowed=(0, 1)
        )
        if decided.code:
            self._git.run("config", "--local", "receive.fsckObjects", "true")


def folder_of_hook(git_dir: Path, here: Path) -> Path:
    """The folder to open in a hook: where it runs, unless git was told to work on another repository."""
    try:
        found = discover(Git(here, clean_environment(os.environ)))
    except BadInput:
        return git_dir
    return here if found.git_dir.resolve() == git_dir.resolve() else git_dir
