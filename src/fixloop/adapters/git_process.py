"""Running the git binary: a clean environment, bytes in and out, failures told in one sentence."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fixloop.errors import BadInput, EnvironmentLacks

OLDEST_GIT = (2, 38)
"""The first git whose `merge-tree --write-tree` merges without a checkout."""

_KEPT = {
    "GIT_ALLOW_PROTOCOL",
    "GIT_ASKPASS",
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
}
# While a push is being received its objects live in a quarantine folder that only these name.
_QUARANTINE = {"GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"}
_ALWAYS = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    # `status` would otherwise rewrite the index it looks at.
    "GIT_OPTIONAL_LOCKS": "0",
    # A path is a path, never a pattern.
    "GIT_LITERAL_PATHSPECS": "1",
    # The tree that is judged is the tree with that id, whatever refs/replace/ says here.
    "GIT_NO_REPLACE_OBJECTS": "1",
}
_CONFIG = ("-c", "core.quotepath=off", "-c", "gc.auto=0", "-c", "maintenance.auto=false")


class GitRefused(BadInput):
    """git ended with a failure nobody expected; `stderr` is all it said."""

    def __init__(self, message: str, stderr: str) -> None:
        super().__init__(message)
        self.stderr = stderr


class GitCannotWrite(GitRefused):
    """git was not let write: a folder that is read-only or another user's, or a disk that is full."""

    exit_code = EnvironmentLacks.exit_code


_CANNOT_WRITE = ("Permission denied", "insufficient permission", "Read-only file system", "No space left")


def refusal(message: str, stderr: str) -> GitRefused:
    """A failure of git as what it is: the environment's where git could not write, else the input's."""
    kind = GitCannotWrite if any(words in stderr for words in _CANNOT_WRITE) else GitRefused
    return kind(message, stderr)


class Answer(NamedTuple):
    """How one git call ended."""

    code: int
    out: bytes
    err: str


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what a calling git or hook set to redirect git elsewhere.

    A hook runs with GIT_DIR and GIT_INDEX_FILE of the operation it interrupts; inheriting them would read and
    write the wrong index.
    """
    kept = _KEPT | _QUARANTINE if "GIT_QUARANTINE_PATH" in environ else _KEPT
    passed = {
        name: value
        for name, value in environ.items()
        if not name.startswith("GIT_")
        or name in kept
        or name.startswith("GIT_CONFIG_COUNT")
        # Settings given on the command line (`git -c`) or by a CI job.
        or name.startswith(("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_CONFIG_PARAMETERS"))
    }
    return passed | _ALWAYS


def decode(raw: bytes) -> str:
    """Bytes of git as text; names that are not UTF-8 survive the way back."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The way back of `decode`."""
    return text.encode("utf-8", "surrogateescape")


def split_nul(raw: bytes) -> list[str]:
    """The fields of a `-z` output."""
    return [decode(part) for part in raw.split(b"\0") if part]


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in one folder with one environment; `options` stand before the verb."""

    folder: Path
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()

    def start(self, *args: str) -> "subprocess.Popen[bytes]":
        """Start one call with all its pipes open."""
        try:
            return subprocess.Popen(
                ["git", *_CONFIG, *self.options, *args],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except FileNotFoundError as error:
            if not self.folder.is_dir():
                raise BadInput(f"there is no folder {self.folder}") from error
            raise EnvironmentLacks(
                "git is not installed, or not on PATH",
                mend=f"install git {'.'.join(map(str, OLDEST_GIT))} or newer",
            ) from error
        except NotADirectoryError as error:
            raise BadInput(f"{self.folder} is not a folder") from error

    def ask(self, *args: str, data: bytes = b"") -> Answer:
        """One call to its end, however it ends."""
        with self.start(*args) as process:
            try:
                out, err = process.communicate(data)
            except BaseException:
                # Ctrl-C included: leaving the block waits for the process.
                process.kill()
                raise
        return Answer(process.returncode, out, decode(err).strip())

    def run(self, *args: str, data: bytes = b"", allowed: Sequence[int] = (0,)) -> Answer:
        """One call that has to succeed.

        Raises:
            GitRefused: it ended with another code than the allowed ones.
        """
        answer = self.ask(*args, data=data)
        if answer.code not in allowed:
            raise refusal(f"git {args[0]} failed: {_gist(answer)}", answer.err)
        return answer


class Discovered(NamedTuple):
    """Where a repository keeps its things, as seen from one folder; `top` is None without a work tree."""

    common_dir: Path
    git_dir: Path
    top: Path | None


def discover(git: Git) -> Discovered:
    """Find the repository a folder belongs to, checking git's version in the same moment.

    Raises:
        EnvironmentLacks: git is missing or too old.
        BadInput: the folder belongs to no repository that can be used.
    """
    # Both start before either is waited for, so the version check costs no time of its own.
    version = git.start("version")
    found = git.ask(
        "rev-parse", "--path-format=absolute", "--is-bare-repository", "--show-object-format",
        "--git-common-dir", "--absolute-git-dir", "--show-toplevel",
    )  # fmt: skip
    require_version(decode(version.communicate()[0]))
    lines = decode(found.out).splitlines()
    # Without a work tree the last question is answered by a failure, after the others were answered.
    if len(lines) < 4:
        raise _no_repository(git.folder, found)
    if lines[1] != "sha1":
        raise BadInput(f"this repository names its objects by {lines[1]}; fixloop reads sha1 repositories")
    top = _folder(lines[4]) if found.code == 0 and len(lines) > 4 else None
    return Discovered(_folder(lines[2]), _folder(lines[3]), top)


def _folder(told: str) -> Path:
    """A folder that git names, as this machine's file system is asked for it: not everywhere in UTF-8."""
    return Path(os.fsdecode(encode(told)))


def require_version(answer: str) -> None:
    """Check what `git version` said.

    Raises:
        EnvironmentLacks: it is older than fixloop needs.
    """
    found = re.search(r"(\d+)\.(\d+)[\w.]*", answer)
    if found and (int(found[1]), int(found[2])) >= OLDEST_GIT:
        return
    wanted = ".".join(map(str, OLDEST_GIT))
    have = found[0] if found else answer.strip() or "unknown"
    raise EnvironmentLacks(f"git {wanted} or newer is needed, found {have}", mend="update git")


def identity(git: Git) -> tuple[str, str]:
    """Name and mail address that commits carry: the user's, or fixloop's where none is set."""
    raw = git.run("config", "-z", "--get-regexp", r"^user\.(name|email)$", allowed=(0, 1)).out
    values = dict(field.split("\n", 1) for field in split_nul(raw) if "\n" in field)
    # What git itself would strip from a name.
    name, email = (
        re.sub(r"[<>\s]+", " ", values.get(f"user.{key}", "")).strip() for key in ("name", "email")
    )
    return name or "fixloop", email or "fixloop@localhost"


def identity_environment(name: str, email: str) -> dict[str, str]:
    """An identity as the variables that git takes it from."""
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }


def _no_repository(folder: Path, found: Answer) -> BadInput:
    if "dubious ownership" in found.err:
        mend = f"if you trust it: git config --global --add safe.directory {folder}"
        return BadInput(f"{folder} belongs to another user, so git does not read it", mend=mend)
    if "not a git repository" in found.err:
        return BadInput(f"{folder} is not in a git repository", mend="git init")
    return BadInput(f"git cannot read the repository at {folder}: {_gist(found)}")


def _gist(answer: Answer) -> str:
    told = [line for line in answer.err.splitlines() if line.startswith(("fatal:", "error:"))]
    first = told or answer.err.splitlines() or [f"exit {answer.code}"]
    return first[0].removeprefix("fatal: ").removeprefix("error: ")
