"""A report as JUnit XML: a testsuite a suite, a testcase a case, the gate's checks as one suite more."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from fixloop.evals.result import FAIL, PASS, UNSCORED, CaseResult, SuiteReport
from fixloop.gate.verdict import FAIL as CHECK_FAILS
from fixloop.gate.verdict import SKIP, Check
from fixloop.report.cases import came_out, expected
from fixloop.report.dossier import HELD_OUT, Dossier, told_evidence
from fixloop.workspace.text import escaped

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 4000


def render_junit(dossier: Dossier) -> str:
    """The document.

    Where there is a base, only what the change broke is a failure: a case that does not pass on the base
    either is skipped and says so, else all would be red though the gate is content.
    """
    suites = list(_suites(dossier))
    root = ET.Element("testsuites", name=_clean(f"fixloop: {dossier.title}"))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(one.get(key, "0")) for one in suites)))
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suites(dossier: Dossier) -> Iterator[ET.Element]:
    if dossier.verdict is not None:
        yield _suite("gate", [_check(one) for one in dossier.verdict.checks])
    before = {result.id: result.outcome for result in dossier.before or ()}
    for name, suite in dossier.report.suites.items():
        if name != HELD_OUT:
            yield _suite(name, _cases(suite, before))


def _suite(name: str, cases: list[ET.Element]) -> ET.Element:
    element = ET.Element("testsuite", name=_clean(name), tests=str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(key, str(sum(case.find(tag) is not None for case in cases)))
    element.extend(cases)
    return element


def _check(check: Check) -> ET.Element:
    element = ET.Element("testcase", classname="gate", name=_clean(check.id))
    if check.status == CHECK_FAILS:
        _tell(element, "failure", check.detail, "\n".join(told_evidence(check)))
    elif check.status == SKIP:
        ET.SubElement(element, "skipped", message=_clean(check.detail))
    else:
        ET.SubElement(element, "system-out").text = _clean(f"{check.status}: {check.detail}")
    return element


def _cases(suite: SuiteReport, before: dict[str, str]) -> list[ET.Element]:
    return [_case(result, before.get(result.id, "")) for result in suite.results]


def _case(result: CaseResult, before: str) -> ET.Element:
    place = result.case.place
    element = ET.Element("testcase", classname=_clean(result.case.suite), name=_clean(result.id))
    if place.path:
        element.set("file", _clean(place.path))
        element.set("line", str(place.line))
    if result.outcome == PASS:
        return element
    message = _message(result)
    if before and _RANK[result.outcome] >= _RANK[before]:
        ET.SubElement(element, "skipped", message=_clean(f"{before} on the base too: {message}"))
    else:
        tag = "error" if result.outcome == UNSCORED else "failure"
        _tell(
            element, tag, f"{message}{f' (on the base: {before})' if before else ''}", f"{place}\n{message}"
        )
    return element


_RANK = {UNSCORED: 0, FAIL: 1, PASS: 2}


def _message(result: CaseResult) -> str:
    if result.outcome == UNSCORED:
        return f"unscored: {result.error}"
    at = f" at {result.step}" if result.step else ""
    return f"expected {expected(result.expected)}, got {came_out(result.got, result.step)}{at}"


def _tell(element: ET.Element, tag: str, message: str, body: str) -> None:
    inner = ET.SubElement(element, tag, message=_clean(message), type=tag)
    inner.text = _clean(body)


def _clean(text: str) -> str:
    """The text without what XML 1.0 has no way to write, and with direction marks shown as escapes."""
    lines = [escaped(line) for line in _NOT_XML.sub("", text).split("\n")]
    return "\n".join(lines)[:_MOST]
