"""Another connection to the test's own database, as the web role, committing each statement."""

import psycopg
from django.conf import settings
from django.db import connection


def session() -> psycopg.Connection:
    config = settings.DATABASES["default"]
    return psycopg.connect(
        host=config["HOST"] or None,
        port=config["PORT"] or None,
        user=config["USER"] or None,
        password=config["PASSWORD"] or None,
        dbname=connection.settings_dict["NAME"],
        autocommit=True,
    )
