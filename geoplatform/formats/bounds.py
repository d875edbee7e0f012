"""How large a file may become that is written before it is sent."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _


class TooLarge(Exception):
    """The file would be larger than the platform keeps for anybody. The message is for people."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "A file of this format would be larger than the %(cap)d MB that are kept for one. Ask for less, or take"
                " GeoJSON, CSV or FlatGeobuf, which know no such bound."
            )
            % {"cap": settings.DOWNLOAD_FILE_BYTES // 10**6}
        )


def check_size(size: int) -> None:
    """Raises TooLarge."""
    if size > settings.DOWNLOAD_FILE_BYTES:
        raise TooLarge
