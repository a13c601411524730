"""What a parse of reStructuredText found: spans of the document, each with its address."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from docutils import nodes, utils

from crawler.domain.links import FoundLink
from crawler.sources import html
from crawler.sources.bare import bare_links
from crawler.sources.rst_places import Block, Places
from crawler.sources.verbatim import verbatim_links


class Record:
    """What one parse found: link spans, and the document tree for anchors."""

    def __init__(self, document: str) -> None:
        self.places = Places(document)
        self.tree: nodes.document | None = None
        self._found: dict[int, FoundLink] = {}

    def links(self) -> list[FoundLink]:
        """Return the links in document order; a verbatim find inside a real link's span is dropped."""
        ordered = sorted(self._found.values(), key=lambda link: (link.start, link.optional))
        kept: list[FoundLink] = []
        real = [(link.start, link.start + len(link.raw)) for link in ordered if not link.optional]
        position = 0
        for link in ordered:
            while position < len(real) and real[position][1] <= link.start:
                position += 1
            inside = position < len(real) and real[position][0] < link.start + len(link.raw)
            if not (link.optional and inside):
                kept.append(link)
        return kept

    def anchors(self) -> frozenset[str]:
        """Return all ids of the document tree."""
        if self.tree is None:
            return frozenset()
        return frozenset(name for node in self.tree.findall(nodes.Element) for name in node["ids"])

    def add(self, start: int, end: int, href: str, text: str, kind: str) -> None:
        """Record a link at a document span."""
        raw = self.places.document[start:end]
        if raw.strip() and href:
            self._keep(FoundLink(raw=raw, href=href, start=start, text=text, kind=kind))

    def add_bare(self, start: int, end: int, kind: str, *, optional: bool) -> None:
        """Record the bare URLs of a region of the document."""
        document = self.places.document
        found = (
            verbatim_links(document, start, end, kind)
            if optional
            else bare_links(document[start:end], offset=start, kind=kind)
        )
        for link in found:
            self._keep(link)

    def add_html(self, start: int, end: int) -> None:
        """Record the links of a region of HTML."""
        for link in html.extract(self.places.document[start:end]):
            self._keep(replace(link, start=link.start + start))

    def _keep(self, link: FoundLink) -> None:
        held = self._found.get(link.start)
        if held is None or held.optional:
            self._found[link.start] = link

    def taken(self, start: int) -> bool:
        """Whether a link that is not optional stands there already."""
        held = self._found.get(start)
        return held is not None and not held.optional

    def inline(self, text: str, lineno: int, found: list[nodes.Node]) -> None:
        """Record the references and literals of one block of inline text."""
        if not any(_may_link(node) for node in found):
            return
        block = self.places.block(text, lineno)
        if block is None:
            return
        cursor = 0
        for node in found:
            raw = node.rawsource if isinstance(node, nodes.Element) else ""
            if not raw or isinstance(node, nodes.target):
                continue
            position = text.find(raw, cursor)
            if position < 0:
                continue
            cursor = position + len(raw)
            if isinstance(node, nodes.reference) and node.get("refuri"):
                self._reference(node, raw, position, block)
            elif isinstance(node, nodes.literal):
                start, end = block.span(position, cursor)
                self.add_bare(start, end, "code", optional=True)
            elif isinstance(node, nodes.inline) and "role" in node["classes"]:
                start, end = block.span(position, cursor)
                self.add_bare(start, end, "role", optional=not raw.endswith(">`"))  # `:code:` shows, `text <url>` links

    def _reference(self, node: nodes.reference, raw: str, position: int, block: Block) -> None:
        if raw.endswith("_") and raw.startswith("`"):
            inner, end, kind = raw.rfind("<") + 1, raw.rfind(">"), "link"
        elif raw.startswith((":", "`")):
            return  # made by a role (PEP, RFC): no URL stands there
        else:
            inner, end, kind = 0, len(raw), "bare"
        if inner >= end:
            return
        start, stop = block.span(position + inner, position + end)
        start, stop = self._free(start, stop)
        self.add(start, stop, node["refuri"], node.astext(), kind)

    def _free(self, start: int, stop: int) -> tuple[int, int]:
        """Move on to the next equal text of the line where the first is taken (table cells)."""
        document, raw = self.places.document, self.places.document[start:stop]
        line_end = document.find("\n", stop)
        limit = len(document) if line_end < 0 else line_end
        at = start
        while self.taken(at):
            at = document.find(raw, at + 1, limit)
            if at < 0:
                return start, stop
        return at, at + len(raw)

    def uri(self, uri: str, first: int, last: int, text: str, kind: str) -> None:
        """Record a URI that stands, perhaps broken over lines, between two 0-based lines."""
        document = self.places.document
        for low, high in ((first, last), (first - 3, last + 3)):
            start, end = self.places.start(low), self.places.start(high)
            for match in _spaced(uri).finditer(document, start, end):
                if not self.taken(match.start()):
                    self.add(match.start(), match.end(), uri, text, kind)
                    return

    def target(self, block: list[str], lineno: int, node: nodes.target) -> None:
        """Record the URI of an explicit hyperlink target."""
        lines = [utils.unescape(line, restore_backslashes=True).strip() for line in block]
        lines = [line for line in lines if line]
        text = "\n".join(lines)
        place = self.places.block(text, lineno) if text else None
        if place is not None:
            start, end = place.span(0, len(text))
            name = node["names"][0] if node["names"] else ""
            self.add(start, end, node["refuri"], name, "definition")


def _may_link(node: nodes.Node) -> bool:
    if isinstance(node, nodes.reference):
        return bool(node.get("refuri"))
    return isinstance(node, nodes.literal | nodes.inline) and ":" in node.rawsource


@lru_cache(maxsize=4096)
def _spaced(uri: str) -> re.Pattern[str]:
    return re.compile(r"\\?\s*".join(re.escape(character) for character in uri))
