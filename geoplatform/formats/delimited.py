"""CSV and TSV as tables of text: what a value means is the mapping's to say."""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from django.utils.translation import gettext as _

from geoplatform.formats.readers import Batch, Reader, UnreadableFile

SEPARATORS = ";,\t|"
BLOCK = 4 << 20


def open_delimited(path: Path, *, encoding: str | None, separator: str | None) -> Reader:
    """A CSV file with a header row. Rows with too many or too few values go to `faults`. Raises UnreadableFile."""
    encoding = encoding or "utf-8"
    columns, separator = _header(path, encoding, separator)
    faults: list[tuple[int, str]] = []

    def ragged(row: pacsv.InvalidRow) -> str:
        # Arrow counts the header as the first row.
        text = _("%(found)d values where the header names %(expected)d columns") % {
            "found": row.actual_columns,
            "expected": row.expected_columns,
        }
        faults.append((row.number - 1, text))
        return "skip"

    def tables() -> Iterator[pa.Table]:
        stream = pacsv.open_csv(
            pa.input_stream(
                str(path), compression="gzip" if path.suffix.lower() == ".gz" else None
            ),
            # Only one thread knows which row it reads.
            read_options=pacsv.ReadOptions(use_threads=False, block_size=BLOCK, encoding=encoding),
            parse_options=pacsv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=ragged
            ),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string())),
        )
        for batch in stream:
            table = pa.Table.from_batches([batch])
            yield table.rename_columns(columns)

    return Reader(columns, None, False, None, _numbered(path, encoding, tables(), faults), faults)


def _header(path: Path, encoding: str, separator: str | None) -> tuple[list[str], str]:
    """Column names, and the separator that splits the header into most of them."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with (
            opened(path, "rb") as raw,
            io.TextIOWrapper(raw, encoding=_with_bom(encoding), newline="") as text,
        ):
            line = text.readline()
    except LookupError:
        raise UnreadableFile(
            _("%(path)s: there is no encoding %(encoding)s.") % {"path": path, "encoding": encoding}
        ) from None
    except UnicodeDecodeError:
        raise _wrong_encoding(path, encoding) from None
    separator = separator or max(SEPARATORS, key=line.count)
    columns = next(csv.reader([line], delimiter=separator), [])
    if not any(columns):
        raise UnreadableFile(_("%(path)s: the first line names no columns.") % {"path": path})
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise UnreadableFile(
            _("%(path)s: column %(name)s stands twice in the header.")
            % {"path": path, "name": twice[0]}
        )
    return columns, separator


def _with_bom(encoding: str) -> str:
    return "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding


def _wrong_encoding(path: Path, encoding: str) -> UnreadableFile:
    return UnreadableFile(
        _(
            "%(path)s: the text is not %(encoding)s; say its encoding in the mapping, such as latin-1."
        )
        % {"path": path, "encoding": encoding}
    )


def _numbered(
    path: Path, encoding: str, tables: Iterator[pa.Table], faults: list[tuple[int, str]]
) -> Iterator[Batch]:
    """Number the rows as they stand in the file: those that were skipped keep their numbers."""
    start = 1
    try:
        for table in tables:
            numbers = np.arange(start, start + table.num_rows + len(faults))
            numbers = numbers[~np.isin(numbers, [number for number, _reason in faults])][
                : table.num_rows
            ]
            yield Batch(table, numbers)
            start = int(numbers[-1]) + 1 if len(numbers) else start
    except (UnicodeDecodeError, pa.ArrowException, OSError) as error:
        if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error) or "decode" in str(error):
            raise _wrong_encoding(path, encoding) from None
        reason = str(error).splitlines()[0][:200]
        raise UnreadableFile(
            _("%(path)s: the file cannot be read (%(reason)s).") % {"path": path, "reason": reason}
        ) from None
