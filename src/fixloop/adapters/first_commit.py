"""A new repository with its first commit, for `init` and `demo`: the one place where GitPython is used.

Here its 100 ms of import are spent once in a repository's life.
"""

import os
from pathlib import Path

from fixloop.adapters.git_process import (
    Git,
    clean_environment,
    identity,
    identity_environment,
    require_version,
)


def create_repository(
    folder: Path, message: str, branch: str = "main", person: tuple[str, str] | None = None
) -> str:
    """Make a folder a repository whose first commit holds everything in it; the commit id.

    `person` (name, e-mail) works in it; without, whoever git's configuration names.

    Raises:
        EnvironmentLacks: git is missing or too old.
    """
    folder.mkdir(parents=True, exist_ok=True)
    git = Git(folder.resolve(), clean_environment(os.environ))
    # GitPython looks for git while it is imported, and fails without a clear word where there is none.
    require_version(git.run("version").out.decode())
    git.run("init", "--quiet", f"--initial-branch={branch}")
    for key, value in zip(("user.name", "user.email"), person or (), strict=False):
        git.run("config", key, value)
    from git import Repo

    with Repo(git.folder, expand_vars=False) as repo:
        repo.git.update_environment(**_places(git.folder), **identity_environment(*identity(git)))
        repo.git.add("--all")
        repo.git.commit("--quiet", "--allow-empty", "--no-verify", "--no-gpg-sign", f"--message={message}")
        return str(repo.head.commit.hexsha)


def _places(folder: Path) -> dict[str, str]:
    """Set outright: GitPython passes on what a calling git or hook left in the environment."""
    git_dir = folder / ".git"
    return {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": str(git_dir / "index")}
