"""The comment: the verdict first, nobody's text obeyed, never longer than a comment may be."""

import re
from dataclasses import replace
from html import unescape

import pytest

from fixloop.commands.report import Reported
from fixloop.feedback.moves import Move, Shift
from fixloop.gate.verdict import Check
from fixloop.report.markdown import MOST_LETTERS, render_markdown, said
from tests.support.reports import guarded_dossier, merge_dossier, plan_result, report_of

EVIL = [
    "<script>alert(1)</script>",
    "</details></td></tr><h1>Approved</h1>",
    "[click](https://evil.example) ![pic](https://evil.example/a.png)",
    "| a | b |\n| --- | --- |\n# Approved\n\n- [x] done",
    "```\n</code>`code`",
    "**bold** _it_ ~~no~~ \\* $x$ :tada:",
    "www.evil.example https://evil.example mail@evil.example",
    "\x1b[31m\x07\u202e\u2066\u200b",
    "<!-- hidden -->",
    "&lt;b&gt; &#60;b&#62;",
]
TAGS = re.compile(r"</?(?:details|summary|code|sub)>")


class TestTheComment:
    def test_the_verdict_comes_first(self) -> None:
        lines = render_markdown(merge_dossier()).split("\n")
        assert lines[0] == "### ❌ Fail: work into main"
        assert lines[2] == "Refused by regressions, held_out; regressions says: plan: 1 case broke."
        assert lines[4] == "1 of 2 stored tickets get another proposal: 0 declared, 1 not."

    def test_a_pass_says_whether_it_is_provisional(self) -> None:
        dossier = merge_dossier()
        assert dossier.verdict is not None
        passed = replace(dossier, verdict=replace(dossier.verdict, checks=(Check("lane", "pass"),)))
        assert render_markdown(passed).startswith("### ✅ Pass, provisional: work into main")

    def test_folded_parts_are_closed(self) -> None:
        text = render_markdown(merge_dossier())
        assert text.count("<details>") == text.count("</details>") == text.count("<summary>") > 3

    def test_every_row_of_a_table_has_its_cells(self) -> None:
        text = render_markdown(merge_dossier("| x"))
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            rows = block.strip().split("\n")
            assert len({row.count("|") for row in rows}) == 1, block

    def test_held_out_cases_are_nowhere(self) -> None:
        text = render_markdown(merge_dossier())
        assert "the held-out set says no" in text
        assert "SECRET" not in text

    def test_the_guard_is_told_with_what_nobody_would_notice(self) -> None:
        text = render_markdown(guarded_dossier())
        assert "<summary>Guard strength 50.0 %: 1 of 2 faults that show are caught</summary>" in text
        assert "- b-1 answers other in <code>plan_trees/fees.yaml&#35;&#8203;b-1</code>" in text
        assert "<summary>1 answering branch that no case reaches</summary>" in text

    def test_a_workspace_tells_what_does_not_pass(self) -> None:
        text = render_markdown(Reported("main", report_of(plan=[plan_result("p-1", "fail", "refund")])))
        assert "<code>p-1</code> | fail | handover | refund" in text


class TestItsLength:
    def many(self, number: int) -> Reported:
        moves = tuple(
            Move(f"fb-{n}", "x" * 500, "plan", "a/" + "b" * 290, "c/" + "d" * 290) for n in range(number)
        )
        checks = tuple(Check(f"check_{n}", "pass", "y" * 900) for n in range(number))
        dossier = merge_dossier()
        assert dossier.verdict is not None
        return replace(
            dossier, shift=Shift(number, moves, {}, {}), verdict=replace(dossier.verdict, checks=checks)
        )

    def test_it_is_bounded_and_says_what_is_left_out(self) -> None:
        text = render_markdown(self.many(400))
        assert len(text) <= MOST_LETTERS
        assert "Left out, since a comment may only be so long: checks." in text
        assert text.count("<details>") == text.count("</details>")

    @pytest.mark.parametrize("most", [700, 1500, 4000])
    def test_any_bound_holds(self, most: int) -> None:
        text = render_markdown(self.many(40), most)
        assert len(text) <= most
        assert text.startswith("### ") and "Left out" in text

    def test_what_fits_is_there(self) -> None:
        assert "Left out" not in render_markdown(merge_dossier())


class TestHostileTexts:
    @pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
    def test_lines_and_tags_are_only_ours(self, evil: str) -> None:
        calm, text = render_markdown(merge_dossier("x")), render_markdown(merge_dossier(evil))
        assert text.count("\n") == calm.count("\n")
        assert TAGS.findall(text) == TAGS.findall(calm)
        assert "<" not in TAGS.sub("", text) and "`" not in text and "](" not in text

    @pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
    def test_what_was_written_can_be_read(self, evil: str) -> None:
        shown = unescape(said(evil)).replace("\u200b", "")
        assert [word for word in re.findall(r"[A-Za-z0-9]{2,}", evil) if word not in shown] == []
        assert not {"\x1b", "\x07", "\u202e", "\u2066", "\n"} & set(said(evil))

    @pytest.mark.parametrize("name", ["@everyone", "#123", "GH-123", "org/repo#4", "www.x.example"])
    def test_no_host_finds_a_name_an_issue_or_an_address(self, name: str) -> None:
        seen = unescape(said(name))
        assert name not in seen and seen.replace("\u200b", "") == name

    @pytest.mark.parametrize("text", ["- a", "+ a", "1. a", "12) a", "=== a", "  - a", "> a", "# a"])
    def test_no_text_begins_a_list_or_a_heading(self, text: str) -> None:
        assert not re.match(r"\s*(?:[-+*=>#]|\d+[.)])", said(text))
        assert unescape(said(text)).replace("\u200b", "") == text

    def test_ids_stay_readable(self) -> None:
        assert said("set_reply in plan_trees/fees.yaml, 3 cases: p-1") == (
            "set_reply in plan_trees/fees.yaml, 3 cases: p-1"
        )
