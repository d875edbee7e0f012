"""Every text that a person may read has its German; who adds one adds both."""

import ast
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext

PROJECT = Path(__file__).resolve().parents[2]
MARKERS = {"_", "gettext", "gettext_lazy"}
# Words that are the same in both languages; formats alone.
SAME = {"Schema", "%(file)s, %(key)s: %(what)s", "%(file)s: %(reason)s"}


def texts():
    for folder in ("geoplatform", "layers"):
        for file in sorted((PROJECT / folder).rglob("*.py")):
            if {"node_modules", "migrations"} & set(file.parts):
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                first = node.args[0] if node.args else None
                if node.func.id in MARKERS and isinstance(first, ast.Constant):
                    yield first.value, file.relative_to(PROJECT)


def test_every_text_has_its_german():
    found = list(texts())
    assert len(found) > 300
    with translation.override("de"):
        missing = {
            f"{file}: {text}" for text, file in found if text not in SAME and gettext(text) == text
        }
    # The names that are the same in German: Name, Status, Version, Park ... are one word.
    sentences = sorted(each for each in missing if " " in each.split(": ", 1)[1])
    assert not sentences
