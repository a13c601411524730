"""How far the crawl is: a bar on a terminal, plain lines otherwise, nothing where none is wanted."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from crawler.spider.settings import CrawlStats
from crawler.spider.settings import Progress as Report

log = logging.getLogger(__name__)

_SHOW_AFTER_S = 1.0
_LINE_EVERY_S = 60.0


@contextmanager
def crawl_progress(*, wanted: bool) -> Iterator[Report | None]:
    """Yield what the crawl calls with (done, known, figures); standard error is used."""
    if not wanted:
        yield None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[facts]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("checking", total=None, visible=False, facts="")
        started = time.monotonic()

        def show(done: int, known: int, stats: CrawlStats) -> None:
            visible = time.monotonic() - started >= _SHOW_AFTER_S
            facts = f"{stats.hosts} hosts, {stats.failed} without an answer"
            bar.update(task, completed=done, total=known, visible=visible, facts=facts)

        yield show


def _lines() -> Report:
    last = time.monotonic()

    def show(done: int, known: int, stats: CrawlStats) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_EVERY_S:
            last = time.monotonic()
            log.info("crawl: %d of %d looked at, %d hosts", done, known, stats.hosts)

    return show
