"""YAML documents as people write them, in every layout we could think of; each with the value it means."""

from typing import Any, TypeVar

from hypothesis import strategies as st

from fixloop.fixes.yaml_style import inline, scalar

T = TypeVar("T")

WORDS = [
    *(
        "no",
        "on",
        "y",
        "~",
        "null",
        "1:30",
        "2024-01-01",
        "007",
        "1_000",
        "0x1f",
        "1e3",
        ".5",
        "=",
        "<<",
        "-",
        "- a",
    ),
    *(
        "?",
        "a: b",
        "a #b",
        "#a",
        "it's",
        '"quoted"',
        "back\\slash",
        r"\b[A-Z]{3,4}\d\b",
        "{{ record.id }}",
        "a,b",
    ),
    *(
        "tab\there",
        " lead",
        "trail ",
        "[x]",
        "{y}",
        "&anchor",
        "*alias",
        "!tag",
        "%dir",
        "@at",
        "`tick`",
        "|",
        ">",
    ),
    *(
        "ünï",
        "日本",
        "😀",
        "line\nbreak",
        "two\n\nlines\n",
        "\nlead",
        "nel\x85",
        "ls\u2028",
        "bom\ufeff",
        "del\x7f",
    ),
    *(
        "\x00",
        "",
        "a",
        "b c",
        "---",
        "...",
        "a:",
        ":b",
        "http://x.y/z",
        "-1",
        "+2",
        "1.0",
        "true",
        "True",
        "x" * 120,
    ),
]

texts = st.one_of(st.sampled_from(WORDS), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
keys = st.one_of(
    st.sampled_from(["a", "b", "c", "d.e", "no", "a b", "1:30", "ü", "it's"]), texts.filter(bool)
)
scalars = st.one_of(
    texts, st.integers(-999, 999), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)
)
new_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=5,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)
COMMENTS = ["# about", "#", "# - not: an item", "# {x: [", "# it's"]


class Writer:
    """Writes a value in a layout that is drawn choice by choice."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def choice(self, *options: T) -> T:
        drawn: T = self.draw(st.sampled_from(options))
        return drawn

    def document(self, value: dict[str, Any]) -> bytes:
        head = self.choice("", "# top\n", "---\n", "# top\n\n")
        text = head + self.block(value, 0) + self.choice("", "# end\n", "\n", "...\n")
        text = text if self.choice(True, True, False) else text.rstrip("\n")
        bom = self.choice("", "", "", "\ufeff")
        return (bom + (text.replace("\n", "\r\n") if self.choice(True, False, False) else text)).encode()

    def block(self, value: Any, indent: int) -> str:
        lines = ""
        entries = value.items() if isinstance(value, dict) else [(None, item) for item in value]
        for key, below in entries:
            if self.choice(0, 0, 0, 1):
                lines += self.choice("\n", " " * indent + self.choice(*COMMENTS) + "\n")
            lead = "-" if key is None else scalar(key) + ":"
            lines += " " * indent + lead + self.value(below, indent, in_list=key is None)
        return lines

    def value(self, value: Any, indent: int, in_list: bool) -> str:
        comment = self.choice("", "", "  # why")
        if isinstance(value, (dict, list)) and value and self.choice(True, False):
            if isinstance(value, list) and not in_list and self.choice(True, False):
                return comment + "\n" + self.block(value, indent)
            deeper = indent + self.choice(2, 4, 1)
            block = self.block(value, deeper)
            compact = (
                in_list
                and deeper > indent + 1
                and self.choice(True, False)
                and block.lstrip(" ")[:1] not in ("#", "\n")
            )
            return " " * (deeper - indent - 1) + block.lstrip(" ") if compact else comment + "\n" + block
        if isinstance(value, (dict, list)):
            return " " + self.flow(value, indent) + comment + "\n"
        return self.scalar(value, indent, comment)

    def scalar(self, value: Any, indent: int, comment: str) -> str:
        if value is None and self.choice(True, False):
            return comment + "\n"
        if (
            isinstance(value, str)
            and value.isascii()
            and value.isprintable()
            and value.strip() == value
            and value
        ):
            if self.choice(True, False, False):
                style = self.choice("|-", ">-", "|", ">") if "\n" in value else self.choice("|-", ">-")
                return f" {style}\n" + " " * (indent + 2) + value + "\n" + self.choice("", "\n")
            if self.choice(True, False, False):
                return " '" + value.replace("'", "''") + "'" + comment + "\n"
        return " " + scalar(value) + comment + "\n"

    def flow(self, value: Any, indent: int) -> str:
        if not value or self.choice(True, True, False) or any(isinstance(v, (dict, list)) for v in value):
            return inline(value)
        pad = "\n" + " " * (indent + 4)
        items = (
            [inline({k: v})[1:-1] for k, v in value.items()]
            if isinstance(value, dict)
            else list(map(inline, value))
        )
        tail = self.choice("", ",") + "\n" + " " * (indent + 2)
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        return opening + pad + f",{pad}".join(items) + tail + closing


@st.composite
def documents(draw: Any) -> bytes:
    value = draw(st.dictionaries(keys, values, max_size=4))
    value["items"] = draw(st.lists(values, min_size=2, max_size=4))
    return Writer(draw).document(value)


def all_paths(value: Any, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every key path of a value, the whole document's first."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(path for key, inner in below for path in all_paths(inner, (*above, key)))]
