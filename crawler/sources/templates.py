"""Placeholders of template languages in links: what a generator fills in cannot be checked in its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from crawler.domain.links import FoundLink

_MARKS = ("{{", "{%", "<%", "${", "<?", "%7B%7B", "%7b%7b")
"""Jinja, Liquid, Go templates, Handlebars; ERB, EJS; JavaScript, shell; PHP."""


def mark_templates(links: Iterable[FoundLink]) -> list[FoundLink]:
    """Return the links with those that hold a placeholder as kind `template`.

    A local one (`{{ url }}`) is optional: there is nothing that it could be compared with.
    """
    return [
        replace(link, kind="template", optional=not link.href.lower().startswith(("http:", "https:")))
        if not link.optional and any(mark in link.raw for mark in _MARKS)
        else link
        for link in links
    ]
