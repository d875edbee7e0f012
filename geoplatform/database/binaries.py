"""Where this machine keeps PostgreSQL's programs: initdb and pg_ctl are not on anybody's PATH."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")


class ClusterError(RuntimeError):
    """The private cluster cannot be had; says the problem, and what mends it."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(f"{problem}\nTo mend it: {mend}")
        self.problem = problem
        self.mend = mend


@dataclass(frozen=True)
class Postgres:
    """One installed PostgreSQL."""

    major: int
    bin: Path
    share: Path

    @property
    def has_postgis(self) -> bool:
        """Whether CREATE EXTENSION postgis would find its files."""
        return (self.share / "extension" / "postgis.control").exists()


def find_postgres(major: int | None = None) -> Postgres:
    """Return the newest PostgreSQL that has PostGIS, or the one that a data folder needs."""
    found = _installed()
    for postgres in found:
        if postgres.has_postgis and major in (None, postgres.major):
            return postgres
    here = ", ".join(str(postgres.major) for postgres in found) or "none"
    if major is None:
        raise ClusterError(
            f"There is no PostgreSQL with PostGIS (PostgreSQL here: {here}).", "make install"
        )
    raise ClusterError(
        f"The data were written by PostgreSQL {major}, which is not here with PostGIS (here: "
        f"{here}).",
        f"sudo apt-get install postgresql-{major}-postgis-3\n"
        "(or start afresh and lose all data: make purge)",
    )


def _installed() -> list[Postgres]:
    """Return every PostgreSQL server on this machine, the newest first."""
    found = [
        Postgres(int(folder.name), folder / "bin", Path("/usr/share/postgresql") / folder.name)
        for folder in DEBIAN.glob("*")
        if folder.name.isdigit()
    ]
    if not found and (pg_config := shutil.which("pg_config")):
        found = [_by_pg_config(pg_config)]
    found = [postgres for postgres in found if (postgres.bin / "initdb").exists()]
    return sorted(found, key=lambda postgres: postgres.major, reverse=True)


def _by_pg_config(program: str) -> Postgres:
    def ask(question: str) -> str:
        return subprocess.run(
            [program, question], check=True, capture_output=True, text=True
        ).stdout.strip()

    major = int("".join(re.findall(r"\d+", ask("--version"))[:1]) or 0)
    return Postgres(major, Path(ask("--bindir")), Path(ask("--sharedir")))
