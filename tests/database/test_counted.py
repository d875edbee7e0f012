"""Free plots of a garden: counted by the database, whatever is done to plots, and by nobody else."""

from __future__ import annotations

import threading

import pytest

from layers.gardens import Garden, GardenPlot
from tests import make
from tests.history.test_races import session

PLOT = make.area(11.0, 53.0, 11.001, 53.001)[0]


def garden(name="Garden"):
    return Garden.objects.create(
        name=name, kind="community", source=make.source(), area=make.area(11.0, 53.0, 11.01, 53.01)
    )


def plot(of, state="vacant", **values):
    return GardenPlot.objects.create(
        garden=of, state=state, source=make.source(), area=PLOT, **values
    )


def counted(of):
    return Garden.objects.values_list("free_plots", "version").get(pk=of.pk)


@pytest.mark.django_db
def test_it_follows_every_change_of_a_plot_and_makes_no_version():
    one, other = garden(), garden("Other")
    assert counted(one) == (0, 1)
    first, second = plot(one), plot(one)
    plot(one, state="taken")
    plot(None)
    assert counted(one) == (2, 1)
    GardenPlot.objects.filter(pk=first.pk).update(state="taken")
    assert counted(one) == (1, 1)
    GardenPlot.objects.filter(pk=second.pk).update(garden=other)
    assert (counted(one), counted(other)) == ((0, 1), (1, 1))
    GardenPlot.objects.filter(pk=second.pk).update(status="gone")
    assert counted(other) == (0, 1)
    GardenPlot.objects.filter(pk=first.pk).update(state="vacant", number="7")
    assert counted(one) == (1, 1)
    first.refresh_from_db()
    first.delete()
    assert counted(one) == (0, 1)


@pytest.mark.django_db
def test_nobody_writes_it():
    made = garden()
    plot(made)
    stale = Garden.objects.get(pk=made.pk)
    plot(made)
    stale.free_plots, stale.name = 40, "New name"
    stale.save()
    assert counted(made) == (2, 2)
    Garden.objects.filter(pk=made.pk).update(free_plots=99)
    assert counted(made) == (2, 2)


@pytest.mark.django_db
def test_many_at_once_are_counted_once():
    made = [garden(f"Garden {n}") for n in range(3)]
    GardenPlot.objects.bulk_create(
        GardenPlot(garden=made[n % 3], state="vacant", source=make.source(), area=PLOT)
        for n in range(9)
    )
    assert [counted(each)[0] for each in made] == [3, 3, 3]


def test_two_who_change_two_plots_of_one_garden(fresh_database):
    made = garden()
    plots = [plot(made, state="taken") for _each in range(2)]
    with session() as one, session() as other:
        one.execute("BEGIN")
        one.execute("UPDATE layers_gardenplot SET state = 'vacant' WHERE id = %s", [plots[0].pk])
        second = threading.Thread(
            target=lambda: other.execute(
                "UPDATE layers_gardenplot SET state = 'vacant' WHERE id = %s", [plots[1].pk]
            )
        )
        second.start()
        second.join(0.5)
        assert second.is_alive(), "the second waits for the first"
        one.execute("COMMIT")
        second.join(30)
    assert counted(made)[0] == 2


def test_the_past_counts_the_plots_of_today(fresh_database):
    import datetime as dt

    from geoplatform.catalog import registry
    from geoplatform.query.feature_query import FeatureQuery
    from geoplatform.query.select import rows

    made = garden()
    plot(made)
    then = dt.datetime.now(dt.UTC)
    Garden.objects.filter(pk=made.pk).update(name="Later")
    [row] = rows(FeatureQuery(layer=registry.get("gardens"), at=then))
    assert (row["properties"]["name"], row["properties"]["free_plots"]) == ("Garden", 1)
