"""Roles open the administration where they hold, and nowhere else."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from geoplatform.contributions.roles import Role
from layers.plants import Plant
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def towns():
    """The usual one, and another one north of it; an edible and another tree in the first, one tree in the second."""
    town = make.town()[0]
    other = make.municipality("05911000")
    make.quarter(other, "x", (11.0, 54.0, 11.1, 54.1))
    make.plant(11.05, 53.05, species=make.species())
    make.plant(11.06, 53.05, species=make.species("Tilia cordata", edible=False))
    make.plant(11.05, 54.05, species=make.species("Acer rubrum", edible=False))
    return town, other


def staff(**role) -> Client:
    user = User.objects.create_user("ada", is_staff=True)
    if role:
        Role.objects.create(user=user, kind="staff", **role)
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client) -> int:
    answer = client.get("/admin/layers/plant/")
    return answer.context["cl"].result_count if answer.status_code == 200 else answer.status_code


def test_without_a_role_nothing_is_open(towns):
    assert shown(staff()) == 403


def test_a_role_for_all_opens_all(towns):
    client = staff()
    Role.objects.create(user=User.objects.get(username="ada"), kind="staff")
    assert shown(client) == 3


def test_a_municipalitys_staff_see_their_own(towns):
    client = staff(municipality=towns[0])
    assert shown(client) == 2
    elsewhere = Plant.objects.get(municipality=towns[1])
    assert client.get(f"/admin/layers/plant/{elsewhere.pk}/change/").status_code == 302
    assert (
        client.post(f"/admin/layers/plant/{elsewhere.pk}/delete/", {"post": "yes"}).status_code
        == 302
    )
    assert Plant.objects.count() == 3


def test_a_layers_staff_see_its_part_of_the_table(towns):
    client = staff(layer="fruit-trees")
    assert shown(client) == 1
    assert client.get("/admin/layers/garden/").status_code == 403
    assert client.get("/admin/auth/user/").status_code == 403


def test_reviewers_decide_but_edit_nothing_here(towns):
    client = staff()
    Role.objects.create(user=User.objects.get(username="ada"), kind="reviewer")
    assert shown(client) == 403


def test_roles_are_given_in_the_administration(towns):
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    ada = User.objects.create_user("ada")
    fields = {"user": ada.pk, "kind": "staff", "municipality": towns[0].pk, "layer": "trees"}
    assert client.post("/admin/contributions/role/add/", fields).status_code == 302
    ada.refresh_from_db()
    assert ada.is_staff
    assert Role.objects.get().layer == "trees"
    wrong = client.post("/admin/contributions/role/add/", {**fields, "layer": "nothing"})
    assert wrong.status_code == 200
    assert Role.objects.count() == 1
