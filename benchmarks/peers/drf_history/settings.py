"""Settings of the peer: tokens, a pool of connections, the history's middleware."""

import os
import secrets

import dj_database_url

SECRET_KEY = secrets.token_urlsafe()
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.gis",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_gis",
    "pgtrigger",
    "pghistory",
    "benchmarks.peers.drf_history",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]
DATABASES = {"default": dj_database_url.parse(os.environ["PEER_DATABASE_URL"])}
DATABASES["default"]["ENGINE"] = "django.contrib.gis.db.backends.postgis"
DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 4, "max_size": 4}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "benchmarks.peers.drf_history.urls"
WSGI_APPLICATION = "benchmarks.peers.drf_history.wsgi.application"
USE_TZ = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
