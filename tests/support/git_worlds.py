"""Real git repositories for tests: built once a shape, copied per test, cut off from the developer's git."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

FILES: Mapping[str, str | bytes] = {
    "README.md": "a shop\n",
    "fixloop.yaml": "fixloop: 1\n",
    "workspace/intents.yaml": "root: [payments]\n",
    "plan_trees/payments.yaml": "leaf: payments\n",
    "evals/plan/payments.yaml": "[]\n",
}


def cut_off_git(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """No setting, identity or hook of the developer's machine reaches git in this test."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def run_git(folder: Path, *args: str, data: bytes = b"", check: bool = True) -> str:
    """One git command as a user would type it; what it printed, without the last line end."""
    done = subprocess.run(["git", *args], cwd=folder, input=data, capture_output=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"git {' '.join(args)}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Files as path to contents; folders come by themselves."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())


def make_repo(tmp_path: Path, files: Mapping[str, str | bytes] = FILES, name: str = "repo") -> Path:
    """A repository on `main` with one commit of these files and an identity of its own."""
    folder = tmp_path / name
    shutil.copytree(_built(tuple(sorted(files.items()))), folder, symlinks=True)
    # The copied index remembers the file times of the original.
    run_git(folder, "update-index", "-q", "--refresh")
    return folder


def commit_all(folder: Path, files: Mapping[str, str | bytes], message: str = "edit") -> str:
    """Write files and commit everything in the checkout; the commit id."""
    write_files(folder, files)
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return run_git(folder, "rev-parse", "HEAD")


@cache
def _built(files: tuple[tuple[str, str | bytes], ...]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fixloop-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    run_git(folder, "init", "-q", "-b", "main", "--template=")
    for key, value in {"user.name": "Ada", "user.email": "ada@example.org", "gc.auto": "0"}.items():
        run_git(folder, "config", key, value)
    commit_all(folder, dict(files), "first")
    return folder


def picture(folder: Path) -> dict[str, bytes | str]:
    """HEAD, index and every file of a checkout: equal pictures mean that nothing was touched."""
    git_dir = Path(run_git(folder, "rev-parse", "--path-format=absolute", "--git-dir"))
    found: dict[str, bytes | str] = {
        "HEAD": (git_dir / "HEAD").read_bytes(),
        "HEAD commit": run_git(folder, "rev-parse", "HEAD"),
        "index": (git_dir / "index").read_bytes(),
    }
    for path in sorted(folder.rglob("*")):
        if ".git" not in path.relative_to(folder).parts and not path.is_dir():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found
