"""Counts are integers: how they are looked up changes none of them."""

import numpy as np

from fixloop.pipeline.evidence import Profiles, count_profiles
from fixloop.pipeline.features import COLUMNS, TABLE_FROM, UNKNOWN, extract, places_among

TAUGHT = [f"the card of customer {number} was declined abroad" for number in range(40)]
ASKED = [f"card {number} declined in a shop abroad" for number in range(60)] + ["zzz qqq xxx"]


def _profiles(texts: list[str]) -> Profiles:
    return count_profiles(extract(texts), np.arange(len(texts)) % 3, 3)


def test_a_large_batch_weighs_as_each_text_alone() -> None:
    """A large one asks the table of all columns, one text is searched for."""
    profiles = _profiles(TAUGHT)
    batch, labels = extract(ASKED), np.arange(len(ASKED)) % 3
    weighed, known = profiles.weigh(batch, np.arange(len(ASKED)), labels), profiles.knows(batch)
    assert len(batch.ids) > TABLE_FROM
    for place, text in enumerate(ASKED):
        alone = extract([text])
        assert len(alone.ids) <= TABLE_FROM
        assert profiles.knows(alone)[0] == known[place]
        first = np.zeros(1, np.int64)
        assert (profiles.weigh(alone, first, labels[place : place + 1])[0] == weighed[place]).all()
    assert known.tolist() == [True] * 60 + [False]


def test_the_table_forgets_who_asked_before() -> None:
    """Nothing that one model knows is known to the next."""
    batch = extract(ASKED)
    assert _profiles(TAUGHT).knows(batch).sum() == 60
    assert not _profiles(["ööö"]).knows(batch).any()


def test_a_row_against_several_labels_weighs_as_against_each() -> None:
    """What a row's rivals share is worked out once, and is the same for each."""
    profiles, batch = _profiles(TAUGHT), extract(ASKED[:7])
    rows, labels = np.repeat(np.arange(7), 3), np.tile(np.arange(3), 7)
    together = profiles.weigh(batch, rows, labels)
    for line, (row, label) in enumerate(zip(rows, labels, strict=True)):
        alone = profiles.weigh(batch, np.array([row]), np.array([label]))
        assert (alone[0] == together[line]).all()


def test_counts_are_the_same_however_they_are_looked_up() -> None:
    """Many are read off a table, few are searched for; a column that nobody knows counts nothing."""
    profiles = _profiles([*TAUGHT, *TAUGHT[:7]])
    features = extract([*TAUGHT, "öäü ß", ASKED[0]])
    wanted = np.tile(features.ids, 4)
    lines, places = np.arange(len(wanted)), places_among(profiles.columns, wanted)
    labels = lines * 7 % 3
    assert len(places) > len(profiles.keys) > 500 and (places == UNKNOWN).any()
    known = dict(zip(profiles.keys.tolist(), profiles.counts.tolist(), strict=True))
    plain = [known.get(key, 0) for key in (labels * COLUMNS + wanted).tolist()]
    assert max(plain) > 1
    assert profiles._counted(labels, lines, places).tolist() == plain
    few = slice(300, 800)
    assert profiles._counted(labels[few], np.arange(500), places[few]).tolist() == plain[few]


def test_places_are_the_same_however_they_are_found() -> None:
    """A search and the table of all columns agree, and of no columns nothing is known."""
    columns = np.array([3, 8, 9, COLUMNS - 1], np.int32)
    asked = [0, 3, 4, 8, 9, 10, COLUMNS - 2, COLUMNS - 1]
    found = [UNKNOWN, 0, UNKNOWN, 1, 2, UNKNOWN, UNKNOWN, 3]
    assert places_among(columns, np.array(asked)).tolist() == found
    assert places_among(columns, np.array(asked * TABLE_FROM)).tolist() == found * TABLE_FROM
    assert places_among(columns[:0], np.array(asked)).tolist() == [UNKNOWN] * 8
