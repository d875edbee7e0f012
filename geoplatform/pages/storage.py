"""Static files with their content's hash in the name, so that they may be cached for ever, and compressed once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.compress import Compressor  # type: ignore[import-untyped]


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Also rewrites the imports of ES modules to the hashed names, and lays .gz and .br beside each file."""

    support_js_module_import_aggregation = True
    # Django follows the imports of *.js alone; libraries that import each other would be loaded under two names.
    patterns = (
        *ManifestStaticFilesStorage.patterns,
        (
            "*.mjs",
            ((r"""(?P<matched>from\s*["'](?P<url>\./[\w.-]+\.mjs)["'])""", 'from"%(url)s"'),),
        ),
    )
    manifest_strict = False

    def post_process(self, *args: Any, **options: Any) -> Iterator[Any]:
        compressor = Compressor(quiet=True)
        for name, hashed, processed in super().post_process(*args, **options):
            yield name, hashed, processed
            # What has this hash was compressed before.
            if hashed and compressor.should_compress(hashed):
                file = Path(self.path(hashed))
                if file.is_file() and not file.with_name(f"{file.name}.gz").exists():
                    list(compressor.compress(str(file)))
