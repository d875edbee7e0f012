"""What a layer is about, in the words of Europe's vocabularies, so that portals can sort it."""

from enum import Enum


class Theme(Enum):
    """Data themes (http://publications.europa.eu/resource/authority/data-theme)."""

    ENVIRONMENT = "ENVI"
    REGIONS = "REGI"
    TRANSPORT = "TRAN"
    AGRICULTURE = "AGRI"
    GOVERNMENT = "GOVE"
    HEALTH = "HEAL"


class HighValue(Enum):
    """Categories of high-value datasets (Implementing Regulation (EU) 2023/138, annex; http://data.europa.eu/bna/)."""

    GEOSPATIAL = "c_ac64a52d"
    ENVIRONMENT = "c_dd313021"
    MOBILITY = "c_b79e35eb"
    STATISTICS = "c_e1da4e07"
