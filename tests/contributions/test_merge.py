"""The three-way merge: nobody is overwritten without a word, whatever comes in whatever order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.contributions.merge import merge, parts

NAMES = ("species", "cultivar", "height", "note", "place")
COUPLED = (("species", "cultivar"),)
# Few values, so that people often agree.
value = st.integers(0, 2)
rows = st.fixed_dictionaries(dict.fromkeys(NAMES, value))
wishes = st.dictionaries(st.sampled_from(NAMES), value)


def check(law, arguments):
    """300 cases in every run, 3,000 in the proofs."""

    def of(cases):
        settings(max_examples=cases, deadline=None, database=None)(given(**arguments)(law))()

    @pytest.mark.parametrize(
        "cases", [pytest.param(300), pytest.param(3000, marks=pytest.mark.prove)]
    )
    def test(cases):
        of(cases)

    return test


def together(name):
    return parts([name], COUPLED)[0]


def no_silent_overwrite(base, current, wanted):
    """What somebody else changed stays as it is, and is told wherever the author wanted it otherwise."""
    found = merge(base=base, current=current, wanted=wanted, coupled=COUPLED)
    told = {name for conflict in found.conflicts for name in conflict.fields}
    for name in NAMES:
        part = together(name)
        changed_by_others = any(current[each] != base[each] for each in part)
        if changed_by_others:
            assert name not in found.apply
        touched = any(wanted.get(each, base[each]) != base[each] for each in part)
        agreed = all(wanted.get(each, base[each]) == current[each] for each in part)
        assert (name in told) == (changed_by_others and touched and not agreed)
    assert set(found.apply) <= set(wanted)


def nothing_wanted_is_lost(base, current, wanted):
    """Each wish is carried out, was never one, holds already, or is told to be in conflict."""
    found = merge(base=base, current=current, wanted=wanted, coupled=COUPLED)
    after = {**current, **found.apply}
    told = {name for conflict in found.conflicts for name in conflict.fields}
    for name, wish in wanted.items():
        assert after[name] == wish or wish == base[name] or name in told


def idempotent(base, current, wanted):
    once = merge(base=base, current=current, wanted=wanted, coupled=COUPLED)
    after = {**current, **once.apply}
    twice = merge(base=base, current=after, wanted=wanted, coupled=COUPLED)
    assert twice.apply == {}
    assert twice.conflicts == once.conflicts


def order_free_where_disjoint(base, one, other):
    """Two who saw the same and touch different parts end alike, whoever comes first, and both get their way."""
    other = {
        name: wish for name, wish in other.items() if together(name) not in parts(one, COUPLED)
    }

    def both(first, second):
        row = base
        for wanted in (first, second):
            found = merge(base=base, current=row, wanted=wanted, coupled=COUPLED)
            assert found.clean
            row = {**row, **found.apply}
        return row

    assert both(one, other) == both(other, one) == {**base, **one, **other}


def the_same_field_is_flagged(base, name, mine, yours):
    """Of two who change one part in two ways, the first wins and the second is told."""
    first = {**base, **merge(base=base, current=base, wanted={name: mine}, coupled=COUPLED).apply}
    second = merge(base=base, current=first, wanted={name: yours}, coupled=COUPLED)
    assert bool(second.conflicts) == (base[name] not in (mine, yours) and mine != yours)
    for conflict in second.conflicts:
        assert conflict.theirs == {each: first[each] for each in together(name)}
        assert conflict.base == {each: base[each] for each in together(name)}
        assert conflict.ours[name] == yours


three = {"base": rows, "current": rows, "wanted": wishes}
test_no_silent_overwrite = check(no_silent_overwrite, three)
test_nothing_wanted_is_lost = check(nothing_wanted_is_lost, three)
test_idempotent = check(idempotent, three)
test_order_free = check(order_free_where_disjoint, {"base": rows, "one": wishes, "other": wishes})
test_the_same_field = check(
    the_same_field_is_flagged,
    {"base": rows, "name": st.sampled_from(NAMES), "mine": value, "yours": value},
)


def test_a_deleted_target_is_a_conflict():
    found = merge(base={"note": 1}, current=None, wanted={"note": 2})
    assert not found.clean
    assert found.gone
    assert found.apply == {}
    assert found.conflicts[0].theirs is None


def test_species_and_cultivar_are_one():
    base = {"species": "apple", "cultivar": ""}
    found = merge(
        base=base,
        current={"species": "pear", "cultivar": ""},
        wanted={"cultivar": "Boskoop"},
        coupled=COUPLED,
    )
    assert found.conflicts[0].ours == {"species": "apple", "cultivar": "Boskoop"}
