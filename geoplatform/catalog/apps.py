from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "geoplatform.catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from geoplatform.catalog import checks  # noqa: F401  registers the system checks
