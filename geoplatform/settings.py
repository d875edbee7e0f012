"""Composition only: which rooms there are, which database, which language. Everything else lives in its room.

Read from the environment: DATABASE_URL, DATABASE_OWNER_URL (none: a private cluster), DATABASE_REPLICA_URLS,
REPLICA_LAG_SECONDS, SECRET_KEY, DEBUG, ALLOWED_HOSTS,
PUBLIC_URL, KEY_PEPPER, CONTRIBUTIONS, BASEMAP_URL, BASEMAP_ATTRIBUTION, CSRF_TRUSTED_ORIGINS, PROXIES,
CONTACT_ORGANISATION, CONTACT_EMAIL, CONTACT_PHONE, DCAT_CONTRIBUTOR, DOWNLOAD_FOLDER, SNAPSHOT_* and the bounds of
downloads and analyses, FLAT_STREETS, HARVEST_SOURCES, HARVEST_NETWORKS, HARVEST_FOLDER, BACKUP_FOLDER,
BACKUP_KEEP; for accounts ACCOUNT_SIGNUP, OIDC_SERVER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME and EMAIL_*
(docs/how-to/accounts.md).
"""

import os
import secrets
from pathlib import Path

import dj_database_url
from django.utils.translation import gettext_lazy as _

from geoplatform.database.connections import databases

BASE_DIR = Path(__file__).resolve().parent.parent


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def _pair(text: str) -> tuple[str, int | str]:
    name, _equals, value = text.partition("=")
    # What is no number is told by a check.
    return name.strip(), int(value) if value.strip().isdecimal() else value.strip()


DEBUG = os.environ.get("DEBUG", "") == "1"
# Without a key of its own every start has a new one: sessions end with it, nothing else depends on it.
SECRET_KEY = os.environ.get("SECRET_KEY") or os.environ.get("RUN_KEY") or secrets.token_urlsafe(50)
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS")
PUBLIC_HTTPS = os.environ.get("PUBLIC_URL", "").startswith("https://")
# A reverse proxy ends TLS and says so; where there is none, anybody could say it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_HTTPS else None

INSTALLED_APPS = [
    "geoplatform.database",
    "geoplatform.catalog",
    "layers",
    "geoplatform.history",
    "geoplatform.pyramid",
    "geoplatform.contributions",
    "geoplatform.pages",
    "geoplatform.services",
    "geoplatform.exchange",
    "geoplatform.analysis",
    "geoplatform.planning",
    "geoplatform.webmap",
    "geoplatform.accounts",
    "geoplatform.review",
    "geoplatform.backoffice",
    "django.contrib.gis",
    # rest_framework_gis is used without being an app: as one it would load all of the framework at every start.
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",  # times in the words of the pages of django-allauth
    "django.contrib.staticfiles",
    # After our own rooms, whose templates come first. Its `usersessions` is left out: it would store addresses.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

# Sources (by their title) of streets that know no levels: their lines meet wherever they cross. Those of OpenStreetMap
# meet where they share a point, and pass over one another elsewhere.
FLAT_STREETS = tuple(filter(None, os.environ.get("FLAT_STREETS", "").split(";")))

# Readers get no cookie: sessions and CSRF tokens are made only by pages that log in or write.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "geoplatform.database.reading.middleware",
    "geoplatform.services.direct.direct",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# Answered before the middlewares that only pages need.
DIRECT_PATHS = ("/tiles/", "/styles/", "/wms/", "/changes/")
# Answered so where they write: what comes back is never a page.
DIRECT_WRITES = ("/api/",)

ROOT_URLCONF = "geoplatform.urls"
WSGI_APPLICATION = "geoplatform.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "geoplatform.accounts.context.around",
                "geoplatform.review.context.reviewing",
            ]
        },
    }
]

# "default" serves as the web role, which owns nothing; "owner" migrates; "replica1" and on are read from.
DATABASES = databases(
    os.environ.get("DATABASE_URL"),
    os.environ.get("DATABASE_OWNER_URL"),
    dj_database_url.parse,
    os.environ.get("DATABASE_REPLICA_URLS", ""),
)
# A replica that is further behind serves nobody. At most five minutes: an author's position is known for ten.
REPLICA_LAG_SECONDS = min(float(os.environ.get("REPLICA_LAG_SECONDS", "10")), 300)
DATABASE_ROUTERS = [
    "geoplatform.database.router.OwnerMigrates",
    "geoplatform.database.router.ReplicasRead",
]
# Older GDAL may read files named in a spatial reference; ours are EPSG numbers, never text of a request.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Services whose addresses the description of the interface (/api/openapi) names besides its own.
API_PARTS = ["geoplatform.services.analyses.openapi.part"]

# The subjects that other rooms look up by role; catalog.Feature points to them.
MUNICIPALITY_MODEL = "layers.Municipality"
QUARTER_MODEL = "layers.Quarter"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_overview"

# Accounts: for those who review, look after data or edit with programs; nobody else needs one.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_SIGNUP_OPEN = os.environ.get("ACCOUNT_SIGNUP", "") == "open"
# A city's own login (OpenID Connect, for instance Keycloak): address of the realm, and what it knows us by.
OIDC_SERVER = os.environ.get("OIDC_SERVER", "")
OIDC_NAME = os.environ.get("OIDC_NAME", "") or _("Log in at the city")
# No mail server: no address is asked for, and whoever lost a password asks the staff.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = EMAIL_PORT == 587
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "") or EMAIL_HOST_USER

ACCOUNT_ADAPTER = "geoplatform.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"} if EMAIL_HOST else {"username"}
ACCOUNT_SIGNUP_FIELDS = [
    "username*",
    *(["email*"] if EMAIL_HOST else []),
    "password1*",
    "password2*",
]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL_HOST else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False  # they would tell the address and the browser of who logged in
ACCOUNT_USERNAME_MIN_LENGTH = 3

# Rates by "ip" count by a hash of today (accounts/adapters.py).
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "signup": "5/h/ip"}
SOCIALACCOUNT_ADAPTER = "geoplatform.accounts.adapters.CityAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # accounts/views.py says why, and what guards it
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "city",
                "name": OIDC_NAME,
                "client_id": os.environ.get("OIDC_CLIENT_ID", ""),
                "secret": os.environ.get("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": OIDC_SERVER, "oauth_pkce_enabled": True},
            }
        ]
        if OIDC_SERVER
        else []
    }
}
MFA_ADAPTER = "geoplatform.accounts.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # there may be no address at all

LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "geoplatform" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_collected"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "geoplatform.pages.storage.ModuleManifestStorage"
    },
}

# What a page may load: this host and nothing else. `data:` images are MapLibre's own icons in its style sheet.
SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_HTTPS

# A request may carry this much; geometry is guarded more tightly (contributions/geometry.py).
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

# Contributors' keys are known by a hash with the first of these; the others recognise older ones. A key that is made
# anew at each start is none of them: where both are missing, the database keeps one (contributions/keys.py).
KEY_PEPPERS = [*_list("KEY_PEPPER"), os.environ.get("SECRET_KEY", "")]
# How many of the platform's own proxies stand between a client and this process: each adds one address to
# X-Forwarded-For, and the address before them is the client's, for the rate limit alone.
PROXIES = int(os.environ.get("PROXIES", "1" if PUBLIC_HTTPS else "0"))
# Thresholds of trust that differ from the defaults (contributions/trust.py), as known_accepted=3,nobody_at_once=50
CONTRIBUTIONS = dict(_pair(each) for each in _list("CONTRIBUTIONS"))

# Downloads, for each process: how many at once (of the server's four threads, so that the map keeps some), how long one
# may take, how large a file that is written before it is sent may be, and where it lies (none: the system's folder).
DOWNLOADS_AT_ONCE = int(os.environ.get("DOWNLOADS_AT_ONCE", "2"))
DOWNLOAD_SECONDS = int(os.environ.get("DOWNLOAD_SECONDS", "1800"))
DOWNLOAD_FILE_BYTES = int(os.environ.get("DOWNLOAD_FILE_BYTES", "2000000000"))
DOWNLOAD_FOLDER = os.environ.get("DOWNLOAD_FOLDER", "")
# Dated snapshots (manage.py snapshot): where they are kept (none: there are none), of which layers (or `all`), in which
# format, how many of each municipality's layer, for how many days (0: as many as there are), how much in all.
SNAPSHOT_FOLDER = os.environ.get("SNAPSHOT_FOLDER", "")
SNAPSHOT_LAYERS = _list("SNAPSHOT_LAYERS", "all")
SNAPSHOT_FORMAT = os.environ.get("SNAPSHOT_FORMAT", "gpkg")
SNAPSHOT_KEEP = int(os.environ.get("SNAPSHOT_KEEP", "12"))
SNAPSHOT_DAYS = int(os.environ.get("SNAPSHOT_DAYS", "0"))
SNAPSHOT_BYTES = int(os.environ.get("SNAPSHOT_BYTES", "20000000000"))
# Questions of planners, for each process: how many at once (of the server's four threads, so that the map keeps some),
# and how long a statement may take that reads a city.
ANALYSES_AT_ONCE = int(os.environ.get("ANALYSES_AT_ONCE", "2"))
ANALYSIS_SECONDS = int(os.environ.get("ANALYSIS_SECONDS", "30"))

# Backups of the private cluster (manage.py backup): the folder (none: it has to be named), how many whole copies stay.
BACKUP_FOLDER = os.environ.get("BACKUP_FOLDER", "")
BACKUP_KEEP = int(os.environ.get("BACKUP_KEEP", "7"))

# What the map is called (none: by its first municipality), and the layer whose features it lists first.
PLATFORM_NAME = os.environ.get("PLATFORM_NAME", "")
MAP_LAYER = os.environ.get("MAP_LAYER", "fruit-trees")

# Whom capabilities of services name (none: the municipalities themselves), and how to reach them.
CONTACT_ORGANISATION = os.environ.get("CONTACT_ORGANISATION", "")
CONTACT_EMAIL = os.environ.get("CONTACT_EMAIL", "")
CONTACT_PHONE = os.environ.get("CONTACT_PHONE", "")

# Who contributes the catalogue to GovData: an address of http://dcat-ap.de/def/contributors/, which GovData gives out.
DCAT_CONTRIBUTOR = os.environ.get("DCAT_CONTRIBUTOR", "")

# Harvests: the folder of this installation's own descriptions, networks that are not of the public internet and may be
# asked all the same (as 10.20.0.0/16), and where fetched pages are kept.
HARVEST_SOURCES = os.environ.get("HARVEST_SOURCES", "")
HARVEST_NETWORKS = _list("HARVEST_NETWORKS")
HARVEST_FOLDER = os.environ.get("HARVEST_FOLDER", "") or BASE_DIR / "build" / "harvest"

# The map's ground: none unless a city configures one, so that no page asks another host.
BASEMAP_URL = os.environ.get("BASEMAP_URL", "")
BASEMAP_ATTRIBUTION = os.environ.get("BASEMAP_ATTRIBUTION", "")
