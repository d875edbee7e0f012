"""The API against its own description: whatever the document allows, and much that it does not, never breaks it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def described(server_to_write_to):
    return schemathesis.openapi.from_url(f"{server_to_write_to}/api/openapi")


def check(operation, examples):
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def no_request_breaks_it(case):
        case.call_and_validate(checks=CHECKS)

    no_request_breaks_it()


def operations(schema):
    found = [result.ok() for result in schema.get_all_operations()]
    assert len(found) > 30, "every layer is described"
    return found


def test_no_request_breaks_it(described):
    for operation in operations(described):
        check(operation, 6)


@pytest.mark.prove
def test_no_request_in_thousands_breaks_it(described):
    for operation in operations(described):
        check(operation, 150)
