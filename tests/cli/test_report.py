"""`report` at the terminal, and the files that `gate` and `eval` write beside what they say."""

import errno
import json
import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fixloop.cli.filing import write_report
from fixloop.errors import EnvironmentLacks
from tests.cli.conftest import Fixloop
from tests.support.git_worlds import commit_all, picture, run_git
from tests.support.reports import PageReader

LOCKED = "plan_trees/account_locked.yaml"


@pytest.fixture
def work(told: Path) -> Path:
    """The bank with a branch that answers an unknown account with the help for transfers, against a case."""
    text = (told / LOCKED).read_text()
    run_git(told, "checkout", "-q", "-b", "work")
    commit_all(told, {LOCKED: text.replace("reply: request_account_information", "reply: transfer_help")})
    run_git(told, "checkout", "-q", "main")
    return told


class TestReport:
    def test_a_page_lands_beside_the_repository_and_nothing_moves(self, fixloop: Fixloop, work: Path) -> None:
        before = picture(work)
        said = fixloop("report", "main", "work")
        assert said.code == 0
        assert said.out.startswith("Refused by regressions: plan: 1 protected case")
        assert picture(work) == before
        page = PageReader((work / ".git/fixloop/report.html").read_text("utf-8"))
        assert page.faults == []
        assert page.of("h1")[0].text.startswith("fail: Refused by regressions")
        heads = [one.text for one in page.of("h2")]
        assert heads[:5] == ["What changed", "Why: the checks", "Suites", "Drift", "Guard strength"]

    def test_the_same_commits_give_the_same_page(self, fixloop: Fixloop, work: Path) -> None:
        first = fixloop("report", "main", "work", "--out", "-").out
        assert fixloop("report", "main", "work", "--out", "-").out == first

    def test_the_document_is_gates_with_more(self, fixloop: Fixloop, work: Path) -> None:
        report = json.loads(fixloop("report", "main", "work", "--json").out)
        gate = json.loads(fixloop("gate", "main", "work", "--json").out)
        assert {key: report[key] for key in gate} == gate
        assert {*report} - {*gate} == {"metrics", "drift", "coverage", "guard"}
        assert report["drift"]["divergence"]["base"] == 2

    def test_a_workspace(self, fixloop: Fixloop, work: Path) -> None:
        report = json.loads(fixloop("report", "--ref", "work", "--format", "json", "--guard", "none").out)
        assert (report["ref"], report["suites"]["plan"]["failed"], report["guard"]) == ("work", 1, None)
        assert fixloop("report", "--format", "markdown").out.startswith("### ✅ Pass: the work tree\n")

    def test_the_format_follows_the_name(self, fixloop: Fixloop, work: Path) -> None:
        out = work.parent
        for name in ("a.html", "b.md", "c.xml", "d.json"):
            assert fixloop("report", "main", "work", "--guard", "none", "--out", str(out / name)).code == 0
        assert (out / "a.html").read_text("utf-8").startswith("<!DOCTYPE html>")
        assert (out / "b.md").read_text("utf-8").startswith("### ❌ Fail: work into main")
        assert ET.fromstring((out / "c.xml").read_text("utf-8")).tag == "testsuites"
        assert json.loads((out / "d.json").read_text("utf-8"))["verdict"] == "fail"

    def test_a_branch_that_is_no_workspace_has_a_page_too(self, fixloop: Fixloop, work: Path) -> None:
        run_git(work, "checkout", "-q", "work")
        commit_all(work, {LOCKED: "leaf: nowhere\n<b>: [\n"})
        run_git(work, "checkout", "-q", "main")
        page = PageReader(fixloop("report", "main", "work", "--out", "-").out)
        assert page.faults == []
        assert page.of("h1")[0].text.startswith("fail: Refused by structure")
        assert [one.text for one in page.of("h2")] == ["What changed", "Why: the checks", "Trends"]

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("main",), "BASE without HEAD"),
            (("main", "work", "--ref", "work"), "a merge or a workspace, not both"),
            (("--format", "pdf"), "there is no format 'pdf'"),
            (("--json", "--format", "html"), "--json or --format html, not both"),
            (("--guard", "some"), "--guard takes quick, all, none"),
            (("main", "nowhere"), "'nowhere' names no commit here"),
            (("--out", "no/such/folder/a.html"), "cannot be written"),
        ],
    )
    def test_what_cannot_be(self, fixloop: Fixloop, work: Path, words: tuple[str, ...], says: str) -> None:
        said = fixloop("report", *words)
        assert said.code == 2
        assert says in said.err and "Traceback" not in said.err

    def test_a_folder_of_ours_that_cannot_be_written(self, fixloop: Fixloop, work: Path) -> None:
        ours = work / ".git/fixloop"
        shutil.rmtree(ours, ignore_errors=True)
        ours.write_text("not a folder")
        said = fixloop("report", "--guard", "none")
        assert said.code == 2
        assert "report.html cannot be written" in said.err and "Traceback" not in said.err
        assert fixloop("report", "--guard", "none", "--format", "markdown").code == 0

    @pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
    def test_what_the_machine_forbids_is_the_environment(self, tmp_path: Path, number: int) -> None:
        def write(path: Path, data: bytes, mode: int | None) -> None:
            raise OSError(number, os.strerror(number))

        with pytest.raises(EnvironmentLacks) as raised:
            write_report(write, tmp_path / "a.html", "")
        assert raised.value.exit_code == 3


class TestBesideACommand:
    def test_gate_writes_all_three_and_keeps_its_word(self, fixloop: Fixloop, work: Path) -> None:
        folder = work.parent
        files = {form: folder / f"gate.{form}" for form in ("html", "markdown", "junit")}
        plain = fixloop("gate", "main", "work")
        words = [word for form, path in files.items() for word in (f"--{form}", str(path))]
        said = fixloop("gate", "main", "work", *words)
        assert (said.code, re.sub(r"asked.*", "", said.out)) == (1, re.sub(r"asked.*", "", plain.out))
        assert PageReader(files["html"].read_text("utf-8")).faults == []
        assert files["markdown"].read_text("utf-8").startswith("### ❌ Fail: work into main")
        root = ET.fromstring(files["junit"].read_text("utf-8"))
        failed = [one.get("name") for one in root.iter("testcase") if one.find("failure") is not None]
        assert failed == ["regressions", "plan-1"]

    def test_eval_with_and_without_a_base(self, fixloop: Fixloop, work: Path) -> None:
        alone, beside = work.parent / "alone.xml", work.parent / "beside.md"
        assert fixloop("eval", "--ref", "work", "--junit", str(alone)).code == 1
        root = ET.fromstring(alone.read_text("utf-8"))
        assert [one.get("name") for one in root] == ["intent", "plan"]
        said = fixloop("eval", "--ref", "work", "--against", "main", "--markdown", str(beside))
        assert said.code == 1
        assert beside.read_text("utf-8").split("\n")[2].startswith("1 case broke: plan-1; 0 better, 1 worse")
