"""The one door: three endings and no traceback, one document with --json, nothing lost in a pipe."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixloop.cli.app import VERBS
from fixloop.commands.run import BATCH
from tests.cli.conftest import Fixloop
from tests.support.git_worlds import run_git


def process(*words: str, cwd: Path, stdin: int | None = None) -> "subprocess.Popen[bytes]":
    """The command line in a process of its own.

    It hears Ctrl-C even where the tests run in the background of a script: a shell without job control starts
    those with the signal ignored, and whatever they start inherits that.
    """
    hearing = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler)"
    door = "runpy.run_module('fixloop', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", f"{hearing}; {door}", *words]
    return subprocess.Popen(command, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class TestUsage:
    def test_no_words_show_the_help(self, fixloop: Fixloop) -> None:
        assert fixloop().out == fixloop("--help").out
        assert fixloop().code == 0

    def test_every_verb_that_is_there_is_in_the_help_and_has_help(self, fixloop: Fixloop) -> None:
        listed = fixloop("--help").out
        folder = Path(__file__).parents[2] / "src/fixloop/cli"
        there = [name for name in VERBS if (folder / f"{name}.py").exists()]
        assert {"check", "run", "eval", "propose", "hints", "show", "approve", "apply", "gate", "merge"} <= {
            *there
        }
        for name in there:
            assert f"\n  {name} " in listed
            said = fixloop(name, "--help")
            assert said.code == 0
            assert said.out.startswith(f"Usage: fixloop {name}"), said.out

    def test_every_command_takes_json_and_repo(self, fixloop: Fixloop) -> None:
        for name in (
            "check",
            "run",
            "eval",
            "propose",
            "hints",
            "show",
            "answer",
            "approve",
            "reject",
            "defer",
        ):
            assert {"--json", "--repo"} <= {*fixloop(name, "--help").out.split()}

    @pytest.mark.parametrize("words", [["frob"], ["check", "--frob"], ["show"], ["answer", "h-1", "two"]])
    def test_wrong_usage_is_two_with_the_way_to_help(self, fixloop: Fixloop, words: list[str]) -> None:
        said = fixloop(*words)
        assert said.code == 2
        assert said.out == ""
        assert "--help" in said.err
        assert "Traceback" not in said.err

    def test_version(self, fixloop: Fixloop) -> None:
        assert fixloop("--version").out.startswith("fixloop 0.")


class TestErrors:
    def test_not_a_repository(self, fixloop: Fixloop, tmp_path: Path) -> None:
        for words in (["check"], ["eval"], ["hints"], ["run", "--text", "x"]):
            said = fixloop(*words, "--repo", str(tmp_path))
            assert said.code == 2
            assert said.err == f"fixloop: {tmp_path} is not in a git repository\n  → git init\n"

    def test_with_json_an_error_is_one_document(self, fixloop: Fixloop, tmp_path: Path) -> None:
        said = fixloop("hints", "--json", "--repo", str(tmp_path))
        assert json.loads(said.out) == {
            "error": {"message": f"{tmp_path} is not in a git repository", "place": None, "mend": "git init"}
        }

    def test_with_json_wrong_usage_is_one_document_too(self, fixloop: Fixloop) -> None:
        said = fixloop("check", "--frob", "--json")
        assert said.code == 2
        assert "--frob" in json.loads(said.out)["error"]["message"]

    def test_a_workspace_with_errors_names_them_and_the_next_command(
        self, fixloop: Fixloop, bank: Path
    ) -> None:
        (bank / "workspace/intents.yaml").write_text("root: [nowhere]\n")
        said = fixloop("eval")
        assert said.code == 2
        assert "workspace/intents.yaml:1" in said.err
        assert "fixloop check" in said.err

    def test_what_a_file_says_reaches_no_terminal_raw(self, fixloop: Fixloop, bank: Path) -> None:
        (bank / "workspace/intents.yaml").write_text('root: ["\\e[31mred"]\n')
        for words in (["check"], ["eval"]):
            said = fixloop(*words)
            assert "\x1b" not in said.out + said.err

    def test_our_bug_is_a_log_and_never_a_traceback(
        self, fixloop: Fixloop, bank: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("fixloop.commands.check.check", lambda *_: 1 / 0)
        said = fixloop("check", "--json")
        assert said.code == 70
        assert "Traceback" not in said.err
        log = Path(said.err.rpartition("→ the log to send: ")[2].strip())
        assert log.parent == bank / ".git/fixloop/logs"
        written = log.read_text()
        assert "ZeroDivisionError" in written
        assert "fixloop 0." in written
        assert "['check', '--json']" in written
        assert json.loads(said.out)["error"]["message"].startswith("this is a bug")

    def test_a_bug_outside_a_repository_is_logged_in_the_temporary_folder(
        self, fixloop: Fixloop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        monkeypatch.setattr("fixloop.wiring.build_shelf", lambda *_: 1 / 0)
        assert fixloop("check", "--repo", str(tmp_path / "nowhere")).code == 70
        assert len(list(tmp_path.glob("fixloop-*.log"))) == 1


class TestEndings:
    def test_interrupted_is_130_and_says_that_nothing_is_half_written(self, bank: Path) -> None:
        with process("run", "-", "--json", cwd=bank, stdin=subprocess.PIPE) as running:
            assert running.stdin is not None
            assert running.stdout is not None
            for number in range(BATCH):
                running.stdin.write(b'{"id": "T-%d", "text": "hello"}\n' % number)
            running.stdin.flush()
            # The first batch is out, the next one is waited for: a long run in its middle.
            running.stdout.readline()
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=60)
        assert running.returncode == 130
        assert err.decode() == "fixloop: interrupted; nothing is half-written\n"

    def test_a_reader_that_leaves_ends_the_run_quietly(self, bank: Path) -> None:
        tickets = bank / "many.jsonl"
        lines = [
            json.dumps({"id": f"T-{n}", "text": f"KTR05821 my account is locked {n}"}) for n in range(4500)
        ]
        tickets.write_text("\n".join(lines))
        with process("run", "many.jsonl", "--json", cwd=bank) as running:
            assert running.stdout is not None
            assert json.loads(running.stdout.readline())["ticket_id"] == "T-0"
            running.stdout.close()
            assert running.stderr is not None
            err = running.stderr.read()
        assert err == b""
        assert running.returncode == 141

    def test_a_pipe_gets_no_colour_and_no_progress(self, bank: Path) -> None:
        with process("check", cwd=bank) as running:
            out, err = running.communicate()
        assert b"\x1b" not in out
        assert err == b""

    def test_a_terminal_of_few_letters_gets_escapes(
        self, bank: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONIOENCODING", "ascii")
        with process("run", "--text", "Bürgschaft", cwd=bank) as running:
            out, err = running.communicate()
        assert (running.returncode, err) == (0, b"")
        assert b"B\\xfcrgschaft" in out
        with process("run", "--text", "Bürgschaft", "--json", cwd=bank) as running:
            assert json.loads(running.communicate()[0])["ticket_id"] == "text"

    def test_closed_streams_are_no_bug(self, bank: Path) -> None:
        for closed in (">&-", "2>&-", "<&-"):
            done = subprocess.run(["sh", "-c", f'"$0" -m fixloop check {closed}', sys.executable], cwd=bank)
            assert done.returncode == 0, closed

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
    @pytest.mark.parametrize("words", [["check"], ["check", "--json"], ["run", "--text", "my card"]])
    def test_a_full_disk_is_no_bug_of_ours(self, bank: Path, words: list[str]) -> None:
        command = [sys.executable, "-m", "fixloop", *words]
        with Path("/dev/full").open("wb") as full:
            said = subprocess.run(command, cwd=bank, stdout=full, stderr=subprocess.PIPE, check=False)
        assert said.returncode == 3, said.stderr
        assert said.stderr.decode().endswith("fixloop: cannot write: No space left on device\n")
        assert not (bank / ".git/fixloop/logs").exists()

    def test_a_folder_whose_name_is_no_letter_here(self, bank: Path) -> None:
        folder = bank.rename(bank.with_name("böse"))
        for words in (["check"], ["hints"], ["log"]):
            said = subprocess.run(
                [sys.executable, "-m", "fixloop", *words],
                cwd=folder,
                env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
                capture_output=True,
                check=False,
            )
            assert said.returncode == 0, said.stderr

    def test_nothing_but_the_caches_is_touched(self, fixloop: Fixloop, bank: Path) -> None:
        for words in (["check"], ["eval"], ["run", "--text", "hello"], ["hints"]):
            assert fixloop(*words).code == 0
        assert run_git(bank, "status", "--porcelain") == ""
        assert run_git(bank, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
