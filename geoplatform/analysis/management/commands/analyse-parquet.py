"""`manage.py analyse-parquet DIR FILE`: indicators of all municipalities of an exported folder, on a Dask cluster."""

import json
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.catalog.terminal import TerminalCommand
from geoplatform.query.errors import QueryError

PATIENCE = 20  # seconds for a scheduler, and for its first worker


class Command(TerminalCommand):
    help = "Computes indicators for all quarters that export-parquet has written, into one table. Asks no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("directory", metavar="DIR", help="as all workers see it too")
        add("output", type=Path, metavar="FILE", help=".parquet (GeoParquet) or .csv")
        add("--indicator", action="append", metavar="ID", help="again for several; without it, all")
        add("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
        add("--scheduler", metavar="tcp://HOST:8786", help="without it, on this machine")

    def handle(self, *, directory: str, output: Path, **options: Any) -> None:
        from geoplatform.analysis import registry
        from geoplatform.analysis.about import declared
        from geoplatform.analysis.terminal import bar, given

        try:
            import fsspec
            from pyarrow import ArrowException

            from geoplatform.analysis.cluster import Unlike, ask
        except ImportError as error:
            message = _("This needs the packages of the group `cluster` of pyproject.toml.")
            raise CommandError(message) from error
        if output.suffix not in (".parquet", ".csv"):
            raise CommandError(_("The table is a file that ends in .parquet or .csv."))
        usual = [each.id for each in registry.indicators() if each.compute is not None]
        try:
            chosen = [registry.get(id) for id in options["indicator"] or usual]
            asked = given(chosen, options["set"])
            with fsspec.open(f"{directory}/about.json", "rt", encoding="utf-8") as file:
                about = json.load(file)
            with ExitStack() as stack:
                address = options["scheduler"]
                client = stack.enter_context(_client(address)) if address else None
                rows = ask(directory, asked, client, stack.enter_context(bar()))
        except FileNotFoundError as error:
            message = _("%s is no folder that export-parquet has written.")
            raise CommandError(message % directory) from error
        except Unlike as error:
            message = _("Workers must have the same code and libraries as this machine: %s")
            raise CommandError(message % error) from error
        except (QueryError, OSError, ArrowException) as error:
            raise CommandError(str(error)) from error
        _write(output, rows)
        told = {**about, "parameters": asked, "indicators": [declared(each) for each in chosen]}
        note = output.with_name(f"{output.name}.about.json")
        note.write_text(json.dumps(told, ensure_ascii=False, indent=1))
        self.stdout.write(_("%(rows)d quarters in %(file)s") % {"rows": len(rows), "file": output})


def _client(address: str) -> Any:
    from distributed import Client

    client = Client(address, timeout=PATIENCE)
    client.wait_for_workers(1, timeout=PATIENCE)
    return client


def _write(output: Path, rows: Any) -> None:
    """The whole table or nothing."""
    draft = output.with_name(f"{output.name}.draft")
    if output.suffix == ".parquet":
        rows.to_parquet(draft, compression="zstd")
    else:
        rows.drop(columns="geometry").to_csv(draft)
    draft.rename(output)
