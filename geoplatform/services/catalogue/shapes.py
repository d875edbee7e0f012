"""The catalogue held against shapes (SHACL) that come from whoever runs it: none of them are part of this project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyshacl
from django.utils.translation import gettext as _
from rdflib import Graph
from rdflib.namespace import RDF, SH
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.term import Node


class ShapesError(Exception):
    """A file of shapes cannot be read. The message is for people."""


@dataclass(frozen=True, order=True)
class Finding:
    """What a shape says of a node: `severity` is Violation, Warning or Info."""

    severity: str
    node: str
    path: str
    message: str


def findings(graph: Graph, files: Iterable[Path]) -> list[Finding]:
    """All that the shapes find, violations last; a vocabulary that they ask for may be one of the files. Raises
    ShapesError."""
    shapes = Graph()
    for path in files:
        try:
            shapes.parse(path)
        except (OSError, BadSyntax, ValueError) as error:
            reason = str(error).strip().splitlines()[0][:200]
            raise ShapesError(
                _("%(file)s: %(reason)s") % {"file": path, "reason": reason}
            ) from error
    try:
        _conforms, report, _text = pyshacl.validate(
            graph + shapes, shacl_graph=shapes, advanced=True
        )
    except pyshacl.errors.ReportableRuntimeError as error:
        raise ShapesError(str(error)) from error
    ours = graph.all_nodes()  # what vocabularies say of themselves is theirs to mend
    found = [
        _finding(report, each)
        for each in report.subjects(RDF.type, SH.ValidationResult)
        if (None, SH.detail, each) not in report and report.value(each, SH.focusNode) in ours
    ]
    return sorted(found, key=lambda each: (each.severity == "Violation", each))


def _finding(report: Graph, result: Node) -> Finding:
    def said(name: Node) -> str:
        return str(report.value(result, name) or "")

    return Finding(
        severity=said(SH.resultSeverity).rpartition("#")[2],
        node=said(SH.focusNode),
        path=said(SH.resultPath),
        message=said(SH.resultMessage),
    )
