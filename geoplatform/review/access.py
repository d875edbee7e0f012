"""Who may be here: whoever decides about some layer in some municipality, and there alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions.access import author_of_user
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.services import Author
from geoplatform.review.page import render_page

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Reviewer:
    """A person who is logged in, as the services know them, and where they decide."""

    author: Author

    @cached_property
    def towns(self) -> dict[uuid.UUID, str]:
        """Names of all municipalities."""
        model: Any = registry.by_role("municipality").model
        return dict(model._default_manager.order_by("name").values_list("pk", "name"))

    @cached_property
    def places(self) -> dict[Layer, list[uuid.UUID | None]]:
        """Layers, and the municipalities (None: in none) where this person decides about them."""
        every = [None, *self.towns]
        found = {
            layer: [place for place in every if self.author.reviews(layer, place)]
            for layer in registry.layers()
        }
        return {layer: places for layer, places in found.items() if places}

    @cached_property
    def everywhere(self) -> bool:
        """Whether no layer and no place is left out: what touches many features at once is theirs alone."""
        return len(self.places) == len(registry.layers()) and all(
            len(places) == len(self.towns) + 1 for places in self.places.values()
        )

    def condition(self) -> Q:
        """The proposals that this person may see here."""
        if self.everywhere:
            return Q()
        found = Q(pk__in=[])
        for layer, places in self.places.items():
            part = Q(municipality__in=[place for place in places if place])
            if None in places:
                part |= Q(municipality=None)
            found |= Q(layer=layer.name) & part
        return found

    def decides(self, proposal: Proposal) -> bool:
        layer = registry.get(proposal.layer)
        return layer is not None and self.author.reviews(layer, proposal.municipality_id)


def reviewers_only(view: View) -> View:
    """Gives the view a Reviewer behind the request. To the login, or a page that says no, with everybody else."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        # Reading leaves no trace: the row of a contributor is made with the first decision.
        reviewer = Reviewer(author_of_user(request.user, make=request.method == "POST"))
        if not reviewer.places:
            return forbidden(request)
        return view(request, reviewer, *args, **kwargs)

    return never_cache(answer)


def forbidden(request: HttpRequest) -> HttpResponse:
    return render_page(request, "403.html", {}, status=403)
