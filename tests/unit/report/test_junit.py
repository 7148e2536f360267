"""Test results for CI: valid XML, counts that add up, red only for what the change broke."""

from xml.etree import ElementTree as ET

import pytest

from fixloop.commands.report import Reported
from fixloop.report.junit import render_junit
from tests.support.reports import merge_dossier, plan_result, report_of


def read(dossier: Reported) -> ET.Element:
    return ET.fromstring(render_junit(dossier))


def case(root: ET.Element, suite: str, name: str) -> ET.Element:
    [found] = root.findall(f"testsuite[@name='{suite}']/testcase[@name='{name}']")
    return found


def test_checks_and_suites_are_testsuites() -> None:
    root = read(merge_dossier())
    assert [one.get("name") for one in root] == ["gate", "plan", "intent"]
    assert {one.get("tests") for one in root} == {"3", "1"}


def test_counts_add_up() -> None:
    root = read(merge_dossier())
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        for one in (*root, root):
            assert int(one.get(key, "-1")) == len(one.findall(f".//{tag}")), (one.get("name"), key)


def test_a_regression_is_a_failure_with_what_was_expected_and_came() -> None:
    [failure] = case(read(merge_dossier()), "plan", "p-1")
    assert failure.tag == "failure"
    assert failure.get("message") == "expected handover, got refund at plan (on the base: pass)"
    assert (failure.text or "").startswith("evals/plan/fees.yaml:1:3\n")


def test_what_fails_on_the_base_too_is_skipped_and_says_so() -> None:
    [skipped] = case(read(merge_dossier()), "plan", "p-3")
    assert (skipped.tag, skipped.get("message")) == (
        "skipped",
        "fail on the base too: expected handover, got other at plan",
    )


def test_without_a_base_what_fails_is_a_failure_and_a_crash_an_error() -> None:
    results = [plan_result("p-1", "fail", "refund"), plan_result("p-2", "unscored", error="engine died")]
    root = read(Reported("main", report_of(plan=results)))
    assert case(root, "plan", "p-1")[0].tag == "failure"
    assert (case(root, "plan", "p-2")[0].tag, case(root, "plan", "p-2")[0].get("message")) == (
        "error",
        "unscored: engine died",
    )


def test_held_out_cases_are_nowhere() -> None:
    text = render_junit(merge_dossier())
    assert "the held-out set says no" in text
    assert "SECRET" not in text


@pytest.mark.parametrize(
    "evil",
    [
        "\x00\x08\x1b[2J\ufffe",
        "]]><x>&amp;&lt;",
        '" onclick="',
        "\ud800",
        "\u202e\u2066",
        "<!DOCTYPE x>",
        "\x85\u2028",
    ],
)
def test_any_text_gives_valid_xml_of_the_same_shape(evil: str) -> None:
    calm, root = read(merge_dossier("x")), read(merge_dossier(evil))
    assert [one.tag for one in root.iter()] == [one.tag for one in calm.iter()]
    said = "".join([value for one in root.iter() for value in (*one.attrib.values(), one.text or "")])
    assert not {"\x1b", "\x00", "\u202e", "\u2066"} & set(said)
