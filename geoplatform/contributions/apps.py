from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContributionsConfig(AppConfig):
    name = "geoplatform.contributions"
    verbose_name = _("Contributions")

    def ready(self) -> None:
        from geoplatform.contributions import checks  # noqa: F401  registers them
