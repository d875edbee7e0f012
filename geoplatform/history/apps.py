from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HistoryConfig(AppConfig):
    name = "geoplatform.history"
    verbose_name = _("History")

    def ready(self) -> None:
        from geoplatform.history.upkeep import attach_to_all_models

        attach_to_all_models()
