"""Database defaults that every feature table shares."""

from django.db import models
from django.db.models import Func, Value
from django.utils.deconstruct import deconstructible


@deconstructible
class NextFid(Func):
    """The next number of the one sequence that all layers count from.

    One sequence, so that a new table needs no SQL of its own; Django allows an identity column only as the primary key.
    """

    function = "nextval"

    def __init__(self) -> None:
        super().__init__(Value("geoplatform_fid"), output_field=models.BigIntegerField())
