"""`migrate` as the owner of the database, then the rights of the web role."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from geoplatform.database.grants import grant


class Command(Migrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        owner = connections[options["database"]]
        web = connections["default"].settings_dict["USER"]
        with owner.cursor() as cursor:
            cursor.execute("SELECT to_regnamespace('history') IS NOT NULL")
            if cursor.fetchone()[0]:
                grant(cursor, web)
