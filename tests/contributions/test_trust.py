"""Trust grows with accepted work and time, is halved by open reports, and its rules are said in plain words."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db import connection

from geoplatform.contributions.models import Action, State
from geoplatform.contributions.services import accept, reject
from geoplatform.contributions.trust import (
    Case,
    Level,
    Thresholds,
    in_words,
    judge,
    standing,
    thresholds,
    why,
)
from tests import make
from tests.contributions import people


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("accepted", "days", "level"),
    [
        (0, 400, Level.NEW),
        (4, 400, Level.NEW),
        (5, 6, Level.NEW),
        (5, 8, Level.KNOWN),
        (25, 29, Level.KNOWN),
        (24, 400, Level.KNOWN),
        (25, 31, Level.TRUSTED),
    ],
)
def test_both_work_and_time_are_needed(accepted, days, level):
    assert standing(people.key(accepted, days)).level == level


@pytest.mark.django_db
def test_rejections_take_away():
    someone = people.key(6, 30)
    someone.rejected = 2
    assert standing(someone).level == Level.NEW


def test_nobody():
    assert standing(None).level == Level.NOBODY


@pytest.mark.django_db
def test_each_open_report_about_what_somebody_added_halves():
    make.town()
    author = people.Author(contributor=people.key(50, 60))
    tree = people.add(author, make.species()).feature_id
    assert standing(author.contributor).level == Level.TRUSTED
    reports = [
        people.send("report", people.new(), feature=tree, kind="other").proposal for _each in "ab"
    ]
    found = standing(author.contributor)
    assert (found.open_reports, found.level) == (2, Level.KNOWN)
    for report in reports:
        reject(proposal=report.id, reviewer=people.reviewer(), reason="all is well")
    assert standing(author.contributor).level == Level.TRUSTED


@pytest.mark.django_db
def test_it_grows_by_work_that_others_accept_alone():
    make.town()
    apple, author = make.species(), people.new()
    people.add(author, apple)
    author.contributor.refresh_from_db()
    assert author.contributor.accepted == 0, "what is applied at once nobody has accepted"
    tree = make.plant(species=apple)
    waiting = people.send("change", author, feature=tree.id, values={"note": "x"}).proposal
    accept(proposal=waiting.id, reviewer=people.reviewer())
    author.contributor.refresh_from_db()
    assert author.contributor.accepted == 1


def test_every_reason_to_wait_has_words():
    for action in Action:
        for level in Level:
            for case in (
                Case(action=action),
                Case(action=action, open_to_all=True, too_fast=True),
                Case(action=action, zone_of_new=True, zone_of_changes=True),
                Case(action=action, reviewed=True),
                Case(action=action, own=True),
            ):
                state, reason = judge(case, level, reviewer=False)
                assert (state == State.APPLIED) == (reason == "")
                assert bool(why(reason)) == bool(reason)


def test_more_trust_never_waits_where_less_does_not():
    for action in Action:
        for flags in range(16):
            case = Case(
                action=action,
                open_to_all=bool(flags & 1),
                reviewed=bool(flags & 2),
                zone_of_new=bool(flags & 4),
                own=bool(flags & 8),
            )
            at_once = [
                judge(case, level, reviewer=False)[0] == State.APPLIED for level in sorted(Level)
            ]
            assert at_once == sorted(at_once)


def test_the_rules_are_said_with_their_thresholds(settings):
    settings.CONTRIBUTIONS = {"known_accepted": 4711, "trusted_days": 815, "nobody_hourly": 333}
    words = " ".join(in_words())
    for number in ("4711", "815", "333"):
        assert number in words
    assert thresholds() == Thresholds(known_accepted=4711, trusted_days=815, nobody_hourly=333)


@pytest.mark.parametrize("wrong", [{"no_such": 1}, {"known_days": -1}, {"known_days": "x"}])
def test_wrong_thresholds_fail_at_check(settings, wrong):
    settings.CONTRIBUTIONS = wrong
    assert [each.id for each in run_checks() if each.id.startswith("contributions")] == [
        "contributions.E001"
    ]


# What the database keeps


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contributions_decision SET reason = 'other'",
        "DELETE FROM contributions_decision",
        "TRUNCATE contributions_decision",
        "DELETE FROM contributions_proposal",
        "TRUNCATE contributions_proposal CASCADE",
        "UPDATE contributions_proposal SET fields = '{}'",
        "UPDATE contributions_proposal SET reason = 'other'",
        "UPDATE contributions_proposal SET feature = gen_random_uuid()",
        "UPDATE contributions_proposal SET author_id = (SELECT max(id) FROM contributions_contributor)",
        "UPDATE contributions_proposal SET state = 'unheard'",
        "ALTER TABLE contributions_decision DISABLE TRIGGER ALL",
        "UPDATE contributions_pepper SET value = 'x'",
        "DELETE FROM contributions_block",
    ],
)
def test_what_was_said_stays_said(statement):
    from django.db import DatabaseError

    make.town()
    tree = make.plant(species=make.species())
    waiting = people.send("change", people.new(), feature=tree.id, values={"note": "x"}).proposal
    reject(proposal=waiting.id, reviewer=people.reviewer(), reason="no")
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "geometry",
    [
        "GEOMETRYCOLLECTION(POINT(11 53))",
        "POINT(11 95)",
        "POINT(nan 53)",
        "POINT EMPTY",
        "POINT Z(11 53 1)",
        "POLYGON((0 0,1 1,1 0,0 1,0 0))",
        "LINESTRING(" + ",".join(f"{i / 1000} 53" for i in range(5001)) + ")",
        "TRIANGLE((0 0,1 1,1 0,0 0))",
    ],
)
def test_the_database_refuses_a_geometry_by_itself(geometry):
    from django.db import DatabaseError

    with (
        pytest.raises(DatabaseError, match=r"proposal_geometry|dimension"),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO contributions_proposal (id, layer, action, kind, feature, fields, geometry, reason, channel,"
            " licence, consent, fingerprint, state, waits_for) VALUES (gen_random_uuid(), 'x', 'create', '',"
            " gen_random_uuid(), '{}', ST_GeomFromText(%s, 4326), '', 'x', 'cc-zero', '', '', 'held', '')",
            [geometry],
        )


@pytest.mark.django_db
def test_the_link_to_an_author_may_be_cut():
    make.town()
    author = people.new()
    people.add(author, make.species())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contributions_proposal SET author_id = NULL")
        assert cursor.rowcount == 1
