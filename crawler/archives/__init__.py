"""Web archives: find a copy, ask for one. The only room that knows waybackpy."""

from crawler.archives.client import Archive, ArchiveSettings, submittable

__all__ = ["Archive", "ArchiveSettings", "submittable"]
