from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "geoplatform.accounts"
    # Not "accounts": that of django-allauth is called "account", and messages of both would be mixed up.
    label = "platform_accounts"
    verbose_name = _("Accounts")
