"""Licences that data may stand under, as DCAT-AP.de names them (http://dcat-ap.de/def/licenses/)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Licence(models.TextChoices):
    """The stored value is the last part of the DCAT-AP.de licence address."""

    CC0 = "cc-zero", "CC0 1.0"
    CC_BY_4 = "cc-by/4.0", "CC BY 4.0"
    CC_BY_3_AT = "cc-by-at/3.0", "CC BY 3.0 AT"
    CC_BY_SA_4 = "cc-by-sa/4.0", "CC BY-SA 4.0"
    DL_ZERO = "dl-zero-de/2.0", "Datenlizenz Deutschland – Zero – 2.0"
    DL_BY = "dl-by-de/2.0", "Datenlizenz Deutschland – Namensnennung – 2.0"
    ODBL = "odbl", "ODbL 1.0"
    NONE_STATED = "other-closed", _("not stated")
