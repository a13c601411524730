"""How a try ends without a response: an exception that carries a word of the closed set.

It is a Scrapy download error, so that third-party middlewares treat it as one; it never leaves this room.
"""

from __future__ import annotations

from scrapy.exceptions import DownloadFailedError

from crawler.domain.observation import Failure


class FetchError(DownloadFailedError):  # type: ignore[misc, unused-ignore]
    """One request got no usable response. `detail` is short text for people, without secrets."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)
        self.failure = failure
        self.detail = detail


class Stopped(DownloadFailedError):  # type: ignore[misc, unused-ignore]
    """The crawl was told to stop while the request was under way: nothing is learned from it."""
