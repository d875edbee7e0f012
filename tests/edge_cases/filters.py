"""What all hostile geometries in filters have in common: a sentence, 400, and nothing that reached the database."""

import json

from django.test import Client

PATH = "/api/collections/green-spaces/items"


def filter_refused(geometry: str, sentence: str, crs: str | None = None) -> None:
    """S_INTERSECTS with this geometry (JSON) is refused with `sentence`."""
    text = '{"op":"s_intersects","args":[{"property":"area"},' + geometry + "]}"
    parameters = {"filter": text, "filter-lang": "cql2-json"}
    if crs:
        parameters["filter-crs"] = crs
    response = Client().get(PATH, parameters, headers={"accept-language": "en"})
    body = json.loads(response.getvalue())
    assert response.status_code == 400, body
    assert sentence in body["detail"]
    assert body["errors"][0]["field"] == "filter"
