from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PyramidConfig(AppConfig):
    name = "geoplatform.pyramid"
    verbose_name = _("Pyramid")
