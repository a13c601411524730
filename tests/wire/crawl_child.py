"""A crawl in a process of its own, for tests that send it signals: prints one JSON line at its end.

python -m tests.wire.crawl_child RESOLVER URL...
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from crawler.spider.run import crawl
from tests.wire.crawling import MemoryFrontier, probes, settings


def main(resolver: str, urls: list[str]) -> None:
    frontier = MemoryFrontier(probes(urls))
    stats = crawl(
        frontier,
        settings(
            resolver=resolver,
            timeout=timedelta(seconds=30),
            host_interval=timedelta(milliseconds=20),
            robots_from=10_000,
            stop_grace=timedelta(seconds=1),
        ),
    )
    seen = [probe.id for probe, _ in frontier.seen]
    print(json.dumps({"stopped": stats.stopped, "asked": stats.asked, "seen": seen}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
