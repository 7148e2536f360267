"""What fixloop keeps in the common git directory, and how it writes files."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixloop.adapters.disk_cache import DiskCache
from fixloop.adapters.files import write_atomically
from fixloop.adapters.first_commit import create_repository
from fixloop.adapters.git_repository import open_repository
from fixloop.adapters.lock import run_lock
from fixloop.adapters.secret_key import load_secret_key
from fixloop.adapters.system_clock import SystemClock
from fixloop.errors import AnotherRunHoldsTheLock, BadInput
from tests.support.crowd import at_once
from tests.support.git_worlds import run_git, write_files


class TestDiskCache:
    def test_what_was_saved_is_loaded(self, tmp_path: Path) -> None:
        cache = DiskCache(tmp_path)
        assert cache.load("features", "k") is None
        cache.save("features", "k", b"\0bytes")
        cache.save("features", "k", b"\0newer")
        assert DiskCache(tmp_path).load("features", "k") == b"\0newer"
        assert cache.load("other", "k") is None

    def test_keys_name_no_place(self, tmp_path: Path) -> None:
        DiskCache(tmp_path / "cache").save("../..", "/etc/../../x", b"1")
        (entry,) = entries(tmp_path)
        assert entry.is_relative_to(tmp_path / "cache")

    @pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
    def test_a_damaged_entry_is_absent(self, tmp_path: Path, damage: bytes) -> None:
        cache = DiskCache(tmp_path)
        cache.save("features", "k", b"data")
        (entry,) = entries(tmp_path)
        entry.write_bytes(damage)
        assert cache.load("features", "k") is None
        cache.save("features", "k", b"data")
        assert cache.load("features", "k") == b"data"

    def test_an_entry_under_another_name_is_absent(self, tmp_path: Path) -> None:
        cache = DiskCache(tmp_path)
        cache.save("features", "one", b"1")
        (one,) = entries(tmp_path)
        cache.save("features", "two", b"2")
        (two,) = set(entries(tmp_path)) - {one}
        two.write_bytes(one.read_bytes())
        assert cache.load("features", "two") is None

    def test_a_folder_that_cannot_be_written_is_no_failure(self, tmp_path: Path) -> None:
        write_files(tmp_path, {"cache": "a file"})
        cache = DiskCache(tmp_path / "cache")
        cache.save("features", "k", b"data")
        assert cache.load("features", "k") is None

    def test_the_oldest_go_first(self, tmp_path: Path) -> None:
        cache = DiskCache(tmp_path, max_bytes=1000)
        for number in range(8):
            known = set(entries(tmp_path))
            cache.save("features", str(number), b"x" * 200)
            for entry in set(entries(tmp_path)) - known:
                os.utime(entry, (number, number))
        kept = [number for number in range(8) if cache.load("features", str(number))]
        assert kept == [4, 5, 6, 7]


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


_HOLD = """
import sys, time
from pathlib import Path
from fixloop.adapters.lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


class TestRunLock:
    def test_it_is_free_again_after_use(self, tmp_path: Path) -> None:
        for _ in range(2):
            with run_lock(tmp_path):
                pass
        assert not (tmp_path / "fixloop/lock.pid").exists()

    def test_a_second_run_is_refused_and_a_killed_one_frees_it(self, tmp_path: Path) -> None:
        holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE)
        assert holder.stdout and holder.stdout.readline()
        with (
            pytest.raises(AnotherRunHoldsTheLock, match=f"process {holder.pid}") as caught,
            run_lock(tmp_path),
        ):
            pass
        assert caught.value.exit_code == 75
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
        with run_lock(tmp_path):
            assert (tmp_path / "fixloop/lock.pid").read_text() == f"{os.getpid()}\n"

    def test_it_is_freed_by_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(KeyError), run_lock(tmp_path):
            raise KeyError
        with run_lock(tmp_path):
            pass


class TestSecretKey:
    def test_it_is_made_once_and_private(self, tmp_path: Path) -> None:
        key = load_secret_key(tmp_path)
        assert len(key) == 32
        assert load_secret_key(tmp_path) == key
        path = tmp_path / "fixloop/key"
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)
        load_secret_key(tmp_path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert [file.name for file in path.parent.iterdir()] == ["key"]

    def test_a_damaged_one_is_told_and_kept(self, tmp_path: Path) -> None:
        write_files(tmp_path, {"fixloop/key": "abc"})
        with pytest.raises(BadInput, match="64 hex digits"):
            load_secret_key(tmp_path)
        assert (tmp_path / "fixloop/key").read_text() == "abc"

    @pytest.mark.slow
    def test_processes_that_make_it_together_agree(self, tmp_path: Path) -> None:
        assert len(set(at_once(4, key_seen, str(tmp_path)))) == 1


def key_seen(folder: str, _: int) -> str:
    return load_secret_key(Path(folder)).hex()


class TestWritingAFile:
    def test_new_kept_and_given_modes(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        write_atomically(path, b"1")
        plain = tmp_path / "plain"
        plain.write_bytes(b"")
        assert path.stat().st_mode == plain.stat().st_mode
        path.chmod(0o751)
        write_atomically(path, b"2")
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"2", 0o751)
        write_atomically(path, b"3", mode=0o600)
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_failure_leaves_the_old_file_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_files(tmp_path, {"f": "old"})

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_atomically(tmp_path / "f", b"new")
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["f"]
        assert (tmp_path / "f").read_text() == "old"

    def test_a_link_is_replaced_and_its_target_kept(self, tmp_path: Path) -> None:
        write_files(tmp_path, {"target": "old"})
        (tmp_path / "link").symlink_to("target")
        write_atomically(tmp_path / "link", b"new")
        assert (tmp_path / "target").read_text() == "old"
        assert (tmp_path / "link").read_text() == "new"


class TestFirstCommit:
    def test_it_holds_everything(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        new = tmp_path / "new ü"
        write_files(new, {"fixloop.yaml": "fixloop: 1\n", "a b/c": "x"})
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere.index"))
        commit = create_repository(new, "Start")
        monkeypatch.delenv("GIT_DIR")
        monkeypatch.delenv("GIT_INDEX_FILE")
        assert open_repository(new).history("main", 2) == [(commit, "Start")]
        assert run_git(new, "status", "--porcelain") == ""
        assert run_git(new, "log", "-1", "--format=%an <%ae>") == "fixloop <fixloop@localhost>"
        assert sorted(open_repository(new).list_tree("main")) == ["a b/c", "fixloop.yaml"]
        assert {path.name for path in tmp_path.iterdir()} <= {"new ü", "home"}


def test_the_clock_tells_utc_in_whole_seconds() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", SystemClock().now())


def test_opening_and_reading_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, fixloop.adapters.git_repository, fixloop.adapters.state_branch, fixloop.adapters.lock,"
        "fixloop.adapters.disk_cache, fixloop.adapters.work_tree, fixloop.adapters.first_commit;"
        "print({'git', 'filelock', 'numpy', 'pydantic', 'sklearn'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
