"""Static files with their content's hash in the name, so that they may be cached for ever."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Also rewrites the imports of ES modules to the hashed names."""

    support_js_module_import_aggregation = True
    manifest_strict = False
