"""The validated configuration: TOML, then `LINKVIGIL_*`, then flags."""

from crawler.config.load import load
from crawler.config.settings import (
    ArchiveConfig,
    CrawlConfig,
    HostConfig,
    IgnoreConfig,
    ProjectConfig,
    ReportConfig,
    ScheduleConfig,
    Settings,
    SiteConfig,
    TrackerConfig,
)

__all__ = [
    "ArchiveConfig",
    "CrawlConfig",
    "HostConfig",
    "IgnoreConfig",
    "ProjectConfig",
    "ReportConfig",
    "ScheduleConfig",
    "Settings",
    "SiteConfig",
    "TrackerConfig",
    "load",
]
