"""Readings in words, for people."""

from collections.abc import Sequence

from fixloop.propose.readings.interventions import Intervention


def describe(intervention: Intervention) -> str:
    """A reading in words."""
    wanted, value = intervention.wanted, intervention.value
    if intervention.kind == "set_threshold" and intervention.step == "intent":
        return f"the threshold {intervention.target.rpartition('.')[2]} holds back or lets through too much"
    if intervention.kind in ("add_example", "add_edge"):
        return f"the ticket means {wanted.leaf}"
    if intervention.kind == "add_leaf":
        return "the ticket means something no leaf answers yet"
    if value is not None:
        verb = "should not be read" if value.dropped else "should be read"
        return f"“{value.text}” {verb} as {value.path}"
    if intervention.step == "fetch":
        return _records(wanted.records or ())
    if intervention.step == "plan":
        tools = f" with {', '.join(wanted.tools)}" if wanted.tools else ""
        return f"{wanted.leaf} should answer {wanted.reply}{tools} here"
    if intervention.step == "template":
        return f"the text of {intervention.target.split('#')[-1]} should change"
    return "nothing is wrong with the proposal"


def _records(records: Sequence[str]) -> str:
    if not records:
        return "no record should be selected"
    if len(records) > 1:
        return f"several records should be selected: {', '.join(records)}"
    return f"record {records[0]} should be selected"
