"""Tests of analysis read its texts in English, whatever the platform's first language is."""

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield
