"""Counts are integers: how they are looked up changes none of them."""

import numpy as np

from fixloop.pipeline.evidence import Profiles, count_profiles
from fixloop.pipeline.features import TABLE_FROM, extract

TAUGHT = [f"the card of customer {number} was declined abroad" for number in range(40)]
ASKED = [f"card {number} declined in a shop abroad" for number in range(60)] + ["zzz qqq xxx"]


def _profiles(texts: list[str]) -> Profiles:
    return count_profiles(extract(texts), np.arange(len(texts)) % 3, 3)


def test_a_large_batch_weighs_as_each_text_alone() -> None:
    """A large one asks the table of all columns, one text is searched for."""
    profiles = _profiles(TAUGHT)
    batch, labels = extract(ASKED), np.arange(len(ASKED)) % 3
    weighed, known = profiles.weigh(batch, labels), profiles.knows(batch)
    assert len(batch.ids) > TABLE_FROM
    for place, text in enumerate(ASKED):
        alone = extract([text])
        assert len(alone.ids) <= TABLE_FROM
        assert profiles.knows(alone)[0] == known[place]
        assert (profiles.weigh(alone, labels[place : place + 1])[0] == weighed[place]).all()
    assert known.tolist() == [True] * 60 + [False]


def test_the_table_forgets_who_asked_before() -> None:
    """Nothing that one model knows is known to the next."""
    batch = extract(ASKED)
    assert _profiles(TAUGHT).knows(batch).sum() == 60
    assert not _profiles(["ööö"]).knows(batch).any()
