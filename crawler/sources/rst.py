"""reStructuredText: what docutils and Sphinx make links of, with exact places in the source.

docutils parses (https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html); the recording
parser beside this module notes where each URL stands. Nothing is included, no raw output is made and
no file is read. Sphinx's and unknown directives are read as containers of reStructuredText, so that
the links inside them are kept; unknown roles are text.
"""

from __future__ import annotations

from crawler.domain.links import FoundLink
from crawler.sources import bare
from crawler.sources.rst_parser import parse


def extract(document: str) -> list[FoundLink]:
    """Return the links of a reStructuredText document in document order; it never raises."""
    record = parse(document)
    if record is None:
        return bare.bare_links(document)
    return record.links()


def anchors(document: str) -> frozenset[str]:
    """Return the ids that docutils gives to sections and targets."""
    record = parse(document)
    return frozenset() if record is None else record.anchors()
