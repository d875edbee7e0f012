"""Every route of the resolver: a sample address of each that is a page, or why it is none.

A route that nobody has named here fails the test (test_every_route.py): who adds a page adds its address.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

# What stands in addresses: ids that `test_every_route.py` makes.
TREE = "00000000-0000-4000-8000-000000000001"
GARDEN = "00000000-0000-4000-8000-000000000002"
PROPOSAL = "00000000-0000-4000-8000-000000000003"
DUPLICATE = "00000000-0000-4000-8000-000000000004"
SCENARIO = "00000000-0000-4000-8000-000000000005"

# Pages for everybody, in both languages.
READERS = {
    "": ("/",),
    "search": ("/search", "/search?q=Apfel"),
    "offline": ("/offline",),
    "pending": ("/pending", "/pending?bbox=11,53,11.2,53.1", "/pending?bbox=x"),
    "nearby": ("/nearby?near=11.05,53.05", "/nearby?near=here"),
    "walk": (
        "/walk",
        f"/walk?stop=fruit-trees/{TREE}&stop=gardens/{GARDEN}",
        "/walk?stop=lost",
    ),
    "sheet": ("/sheet", "/sheet?bbox=11.04,53.04,11.06,53.06&layers=trees,gardens"),
    "<layer:name>/": ("/fruit-trees/", "/quarters/", "/fruit-trees/?bbox=1"),
    "<layer:name>/find": ("/fruit-trees/find", "/gardens/find"),
    "<layer:name>/new": ("/fruit-trees/new",),
    "<layer:name>/<uuid:id>/correct": (
        f"/fruit-trees/{TREE}/correct",
        f"/gardens/{GARDEN}/correct",
    ),
    "<layer:name>/<uuid:id>/move": (f"/fruit-trees/{TREE}/move", f"/gardens/{GARDEN}/move"),
    "<layer:name>/<uuid:id>/report": (f"/fruit-trees/{TREE}/report",),
    "<layer:name>/<uuid:id>/confirm": (f"/fruit-trees/{TREE}/confirm",),
    "<layer:name>/<uuid:id>": (
        f"/fruit-trees/{TREE}",
        f"/gardens/{GARDEN}",
        f"/fruit-trees/{PROPOSAL}",
    ),
    "<layer:name>/<uuid:id>/history": (f"/fruit-trees/{TREE}/history",),
    "<layer:name>/<uuid:id>/nearby": (f"/fruit-trees/{TREE}/nearby", f"/gardens/{GARDEN}/nearby"),
    "proposals/<uuid:id>": (f"/proposals/{PROPOSAL}",),
    "planning/": (
        "/planning/",
        "/planning/?indicator=green-within-a-walk",
        "/planning/?indicator=tree-diversity&column=species&classes=target&against=crown-cover",
        "/planning/?indicator=green-within-a-walk&limit=9999",
        "/planning/?indicator=three-trees-in-view",
        "/planning/?indicator=nothing",
    ),
    "planning/candidates": (
        "/planning/candidates",
        "/planning/candidates?layer=gardens&by=area&most=5",
        "/planning/candidates?layer=gardens&limit=9999",
    ),
    "planning/questions": (
        "/planning/questions",
        "/planning/questions?layer=fruit-trees&relation=distance&metres=100&other=gardens",
        "/planning/questions?layer=fruit-trees&figure=mean&number=height_m",
        "/planning/questions?layer=fruit-trees&filter=taste%3D1",
    ),
    "planning/report": ("/planning/report?indicator=green-within-a-walk",),
    "planning/scenarios/": ("/planning/scenarios/",),
    "planning/scenarios/draw": ("/planning/scenarios/draw",),
    "planning/scenarios/compare": (
        "/planning/scenarios/compare",
        f"/planning/scenarios/compare?s={SCENARIO}&s={SCENARIO}",
        "/planning/scenarios/compare?s=lost",
    ),
    "planning/scenarios/<uuid:key>/report": (f"/planning/scenarios/{SCENARIO}/report",),
    "planning/scenarios/<uuid:key>": (f"/planning/scenarios/{SCENARIO}",),
    "my/": ("/my/",),
    "imprint/": ("/imprint/",),
    "privacy/": ("/privacy/",),
    "accessibility/": ("/accessibility/",),
    "terms/": ("/terms/",),
    "accounts/login/": ("/accounts/login/",),
    "accounts/signup/": ("/accounts/signup/",),
    "accounts/password/reset/": ("/accounts/password/reset/",),
    "accounts/password/reset/done/": ("/accounts/password/reset/done/",),
    "accounts/password/reset/key/done/": ("/accounts/password/reset/key/done/",),
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (
        "/accounts/password/reset/key/1-x/",
    ),
    "accounts/inactive/": ("/accounts/inactive/",),
    "accounts/confirm-email/": ("/accounts/confirm-email/",),
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": ("/accounts/confirm-email/x/",),
    "accounts/login/code/confirm/": ("/accounts/login/code/confirm/",),
    "accounts/2fa/authenticate/": ("/accounts/2fa/authenticate/",),
    "accounts/3rdparty/login/cancelled/": ("/accounts/3rdparty/login/cancelled/",),
    "accounts/3rdparty/login/error/": ("/accounts/3rdparty/login/error/",),
    "accounts/3rdparty/signup/": ("/accounts/3rdparty/signup/",),
    "accounts/social/login/cancelled/": ("/accounts/social/login/cancelled/",),
    "accounts/social/login/error/": ("/accounts/social/login/error/",),
    "accounts/social/signup/": ("/accounts/social/signup/",),
}
# Pages for whoever is logged in, in both languages.
STAFF = {
    "accounts/": ("/accounts/",),
    "accounts/tokens/": ("/accounts/tokens/",),
    "accounts/email/": ("/accounts/email/",),
    "accounts/logout/": ("/accounts/logout/",),
    "accounts/reauthenticate/": ("/accounts/reauthenticate/",),
    "accounts/password/change/": ("/accounts/password/change/",),
    "accounts/password/set/": ("/accounts/password/set/",),
    "accounts/2fa/": ("/accounts/2fa/",),
    "accounts/2fa/reauthenticate/": ("/accounts/2fa/reauthenticate/",),
    "accounts/2fa/totp/activate/": ("/accounts/2fa/totp/activate/",),
    "accounts/2fa/totp/deactivate/": ("/accounts/2fa/totp/deactivate/",),
    "accounts/2fa/recovery-codes/": ("/accounts/2fa/recovery-codes/",),
    "accounts/2fa/recovery-codes/generate/": ("/accounts/2fa/recovery-codes/generate/",),
    "accounts/2fa/webauthn/": ("/accounts/2fa/webauthn/",),
    "accounts/2fa/webauthn/add/": ("/accounts/2fa/webauthn/add/",),
    "accounts/2fa/webauthn/reauthenticate/": ("/accounts/2fa/webauthn/reauthenticate/",),
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": ("/accounts/2fa/webauthn/keys/1/edit/",),
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": ("/accounts/2fa/webauthn/keys/1/remove/",),
    "accounts/3rdparty/": ("/accounts/3rdparty/",),
    "accounts/social/connections/": ("/accounts/social/connections/",),
    "review/": ("/review/",),
    "review/<uuid:id>": (f"/review/{PROPOSAL}", f"/review/{DUPLICATE}"),
    "review/duplicates": (f"/review/duplicates?report={DUPLICATE}",),
    "review/undo": ("/review/undo",),
}
# Pages of the interface: their language stands in `lang=`.
API = {
    "api/^$": ("/api/",),
    "api/conformance": ("/api/conformance",),
    "api/openapi": ("/api/openapi",),
    "api/collections": ("/api/collections",),
    "downloads/": ("/downloads/",),
    "api/collections/<slug:name>": ("/api/collections/fruit-trees", "/api/collections/species"),
    "api/collections/<slug:name>/items": (
        "/api/collections/fruit-trees/items",
        "/api/collections/species/items",
        "/api/collections/nothing/items",
    ),
}
# What answers with anything but a page of ours.
NO_PAGE = {
    "api": "leads to api/",
    "api/collections/<slug:name>/queryables": "JSON Schema",
    "api/collections/<slug:name>/schema": "JSON Schema",
    "api/collections/<slug:name>/items/<str:id>": "GeoJSON; a browser is led to the feature's page",
    "api/collections/<slug:name>/items/<str:id>/history": "JSON",
    "api/^analyses/?$": "JSON; a browser is led to the planner's page",
    "api/analyses/question": "JSON; a browser is led to the planner's page",
    "api/analyses/question/execution": "JSON, and only by POST",
    "api/analyses/question/results": "figures as a file; a browser is led to the planner's page",
    "api/analyses/<str:id>": "JSON; a browser is led to the planner's page",
    "api/analyses/<str:id>/execution": "JSON, and only by POST",
    "api/analyses/<str:id>/results": "figures as a file; a browser is led to the planner's page",
    "api/proposals": "JSON",
    "api/proposals/<uuid:id>": "JSON",
    "api/proposals/<uuid:id>/<slug:decision>": "JSON, and only by POST",
    "planning/scenarios/<uuid:key>.gpkg": "a file",
    "tiles/<slug:name>.json": "TileJSON",
    "tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt": "a vector tile",
    "styles/geoplatform.json": "a style",
    "styles/<slug:name>.json": "a style",
    "downloads/geoplatform.qgz": "a QGIS project",
    "downloads/snapshots/<str:file>": "a file",
    "downloads/<str:file>": "a file",
    "catalogue.ttl": "RDF",
    "catalogue.jsonld": "RDF",
    "wms": "pictures and XML",
    "healthz": "a word for machines",
    "changes": "JSON",
    "sw.js": "a script",
    "quarter": "JSON of what a quarter holds, for taking along",
    "<layer:name>/along": "JSON of what is taken along",
    "<layer:name>/undo": "only by POST; leads to a page that says what became of it",
    "<layer:name>/<uuid:id>/settle": "only by POST; leads to the feature's page",
    "walk.gpx": "a file",
    "<layer:name>/<int:number>": "leads to the feature's page",
    "accounts/tokens/<int:number>/end": "only by POST; leads back to the tokens",
    "accounts/2fa/recovery-codes/download/": "a file",
    "accounts/2fa/webauthn/login/": "JSON",
    "accounts/oidc/<slug:provider_id>/login/": "leads to the city's own login",
    "accounts/oidc/<slug:provider_id>/login/callback/": "leads back from there",
    "accounts/oidc/^(?P<provider_id>[^/]+)/login/": "leads to the city's own login",
    "accounts/oidc/^(?P<provider_id>[^/]+)/login/callback/": "leads back from there",
}
# Django's own pages for the operators.
ADMIN = "admin/"
SAMPLED = (READERS, STAFF, API)


def routes() -> Iterator[str]:
    """The whole pattern of every route there is, without the language."""

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
        for each in patterns:
            whole = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, whole)
            else:
                yield whole

    return walk(get_resolver().url_patterns, "")
