"""The page as a browser reads it: whole, closed in itself, and never led astray by a text."""

import base64
import hashlib
import re
from itertools import pairwise

import pytest

from fixloop.commands.report import Reported
from fixloop.gate.verdict import Check
from fixloop.report.html.render import render_html
from tests.support.reports import (
    PageReader,
    guarded_dossier,
    intent_result,
    merge_dossier,
    report_of,
    workspace_of,
)

EVIL = [
    "<script>alert(1)</script>",
    '" onload="alert(1)',
    "</title></style><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; ]]> -->",
    "\x1b[31mred\x1b[0m \x07",
    "\u202eesrever\u202c \u2066\u200b\u00ad",
    "javascript:alert(1)",
    "@import url(https://evil.example/x.css);",
    "\ud800",
    "\x00\x0b\u2028",
]


def read(dossier: Reported) -> PageReader:
    return PageReader(render_html(dossier))


class TestOnePage:
    def test_every_tag_is_closed(self) -> None:
        assert read(guarded_dossier()).faults == []

    def test_nothing_is_asked_of_any_other_place(self) -> None:
        page = render_html(guarded_dossier())
        found = PageReader(page)
        for one in found.elements:
            for name in ("src", "href", "xlink:href", "action", "srcset", "data", "poster", "style"):
                assert one.attributes.get(name, "#").startswith("#"), (one.tag, one.attributes)
        assert (
            found.of("script", "link", "iframe", "object", "embed", "img", "form", "base", "image", "use")
            == []
        )
        assert "@import" not in page and "//" not in re.sub(r"sha256-\S+", "", page)
        assert re.findall(r"url\([^#]", page) == []

    def test_the_policy_lets_this_style_in_and_nothing_else(self) -> None:
        found = read(guarded_dossier())
        [policy] = [one.attributes["content"] for one in found.of("meta") if "http-equiv" in one.attributes]
        [style] = found.of("style")
        assert style.text.isascii()  # else a stdout of few letters would spoil it
        digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
        assert (
            policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )

    def test_equal_dossiers_give_equal_pages(self) -> None:
        assert render_html(guarded_dossier()) == render_html(guarded_dossier())


class TestForEverybody:
    def test_language_title_and_landmarks(self) -> None:
        found = read(guarded_dossier())
        assert found.of("html")[0].attributes["lang"] == "en"
        assert found.of("title")[0].text.startswith("fail: work into main")
        assert [len(found.of(tag)) for tag in ("main", "h1", "header", "footer", "nav")] == [1] * 5

    def test_the_verdict_comes_first(self) -> None:
        headings = [one for one in read(guarded_dossier()).of("h1", "h2", "h3")]
        assert (
            headings[0].text
            == "fail: Refused by regressions, held_out; regressions says: plan: 1 case broke."
        )

    def test_headings_go_down_one_level_at_a_time(self) -> None:
        levels = [int(one.tag[1]) for one in read(guarded_dossier()).of("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))

    def test_ids_are_unique_and_links_lead_to_them(self) -> None:
        found = read(guarded_dossier())
        ids = [one.attributes["id"] for one in found.elements if "id" in one.attributes]
        assert len(ids) == len(set(ids))
        targets = [one.attributes["href"][1:] for one in found.of("a")]
        named = [word for one in found.elements for word in one.attributes.get("aria-labelledby", "").split()]
        assert len(targets) > 6
        assert {*targets, *named} <= {*ids}

    def test_every_picture_has_words(self) -> None:
        pictures = read(guarded_dossier()).of("svg")
        spoken = [one for one in pictures if one.attributes.get("aria-hidden") != "true"]
        assert len(spoken) > 8 and len(pictures) - len(spoken) == 1
        for one in spoken:
            assert one.attributes.get("role") == "img" and one.attributes.get("aria-label", "").strip()

    def test_every_table_has_a_caption_and_headed_columns(self) -> None:
        tables = read(guarded_dossier()).of("table")
        assert len(tables) > 10
        for table in tables:
            below = [one.tag for one in table.inside]
            assert below.count("caption") == 1 and "thead" in below
            assert all("scope" in one.attributes for one in table.inside if one.tag == "th")

    def test_what_scrolls_can_be_reached_and_says_what_it_is(self) -> None:
        parts = read(guarded_dossier()).of("div")
        regions = [one for one in parts if one.attributes.get("class") in ("scroll", "diff")]
        assert regions
        for one in regions:
            assert one.attributes["tabindex"] == "0" and one.attributes["role"] == "region"
            assert one.attributes["aria-label"]

    def test_no_focus_order_of_its_own(self) -> None:
        assert {one.attributes.get("tabindex", "0") for one in read(guarded_dossier()).elements} == {"0"}

    def test_dark_print_and_small_are_thought_of(self) -> None:
        style = read(guarded_dossier()).of("style")[0].text
        for query in (
            "prefers-color-scheme: dark",
            "@media print",
            "max-width: 40rem",
            "prefers-reduced-motion",
        ):
            assert query in style

    def test_a_state_is_told_by_shape_and_word_too(self) -> None:
        page = render_html(guarded_dossier())
        assert '<path d="M30 34l6 11h-12z" class="mark weak"/>' in page  # a triangle
        assert 'class="mark bare"/>' in page and "no case" in page
        found = PageReader(page)
        titles = [one.text for one in found.of("title") if "svg" in one.above]
        assert any(
            "fees: weak, 3 cases, 1 of 1 branch reached, guard strength 50.0 %" in one for one in titles
        )


class TestHostileTexts:
    @pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
    def test_no_text_becomes_anything_but_text(self, evil: str) -> None:
        calm, found = read(merge_dossier("x")), read(merge_dossier(evil))
        assert found.faults == []
        assert [one.tag for one in found.elements] == [one.tag for one in calm.elements]
        assert [sorted(one.attributes) for one in found.elements] == [
            sorted(one.attributes) for one in calm.elements
        ]

    @pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
    def test_what_hides_is_shown(self, evil: str) -> None:
        page = render_html(merge_dossier(evil))
        page.encode()  # half a surrogate could not be written
        hidden = [char for char in page if char != "\n" and not char.isprintable()]
        assert hidden == []

    def test_a_line_that_looks_like_a_file_name_is_not_lost(self) -> None:
        [pre] = read(merge_dossier()).of("pre")
        assert pre.text.split("\n")[:3] == ["@@ -1 +1 @@", "---- was", "+++++ is"]

    def test_held_out_cases_are_nowhere(self) -> None:
        page = render_html(merge_dossier(check=Check("held_out", "fail", "no", ("ALSO-SECRET",))))
        assert "the held-out set says no" in page
        assert "SECRET" not in page


class TestAWorkspace:
    def test_a_page_without_a_merge(self) -> None:
        report = report_of(
            intent=[intent_result("i-1", "a", "fees", "fees"), intent_result("i-2", "b", "fees", "other")]
        )
        found = read(Reported("main", report, workspace=workspace_of({"root": ("fees",)})))
        assert found.faults == []
        assert found.of("h1")[0].text == "fail: 1 of 2 cases in 1 suite pass (50.0 %); others fail in intent."
        assert [one.text for one in found.of("h2")] == ["Suites", "Confusion", "Metrics, step by step"]

    def test_a_page_of_nothing(self) -> None:
        found = read(Reported("main", report_of()))
        assert found.faults == []
        assert "no case to judge this workspace by" in found.of("h1")[0].text

    def test_150_leaves_stay_usable(self) -> None:
        children = {f"p{n:02d}": tuple(f"p{n:02d}_leaf{m:02d}" for m in range(15)) for n in range(10)}
        dag = {"root": tuple(children), **children}
        leaves = [leaf for below in children.values() for leaf in below]
        results = [intent_result(f"i-{n}", "t", leaf, leaves[(n * 7) % 150]) for n, leaf in enumerate(leaves)]
        page = render_html(Reported("main", report_of(intent=results), workspace=workspace_of(dag)))
        found = PageReader(page)
        assert found.faults == []
        assert len(page) < 400_000
        heats = [one for one in found.of("table") if one.attributes.get("class") == "heat"]
        assert len(heats) == 11
        for heat in heats:
            assert (
                len([one for one in heat.inside if one.tag == "th" and one.attributes["scope"] == "col"])
                <= 25
            )
        assert "more pairs" in page
