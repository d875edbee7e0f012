"""Tables, triggers and trees of the peer beside the city's own; prints a token. Run by build/peers."""

import django
from django.core.management import call_command
from django.db import connection

SPECIES = """
INSERT INTO drf_history_species (botanical_name) SELECT botanical_name FROM layers_species"""
TREES = """
INSERT INTO drf_history_tree (id, number, species_id, cultivar, access, number_of_plants, height_m, crown_m,
    trunk_girth_cm, planted_year, note, status, licence, created, changed, location)
SELECT p.id, p.fid, s.id, p.cultivar, p.access, p.number_of_plants, p.height_m, p.crown_m, p.trunk_girth_cm,
    p.planted_year, p.note, p.status, p.licence, now(), now(), p.location
FROM layers_plant p JOIN layers_species l ON l.id = p.species_id
JOIN drf_history_species s ON s.botanical_name = l.botanical_name"""


def main() -> None:
    django.setup()
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("pgtrigger", "install", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(SPECIES)
        cursor.execute(TREES)
        cursor.execute("ANALYZE drf_history_tree")
    print(Token.objects.create(user=User.objects.create_user("peer")).key)


main()
