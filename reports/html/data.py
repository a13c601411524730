"""The rows of the table of all links, as compact columns over string tables.

Measured in headless Chromium on two cores: 100,000 rows rendered by the server took 41 s to load;
as arrays with pages of 100 rows 1 s. Above `PACK_ABOVE` characters the JSON is deflated (zlib format,
what `DecompressionStream("deflate")` reads) and written as base64.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import Any, Final

from crawler.domain.verdict import Verdict
from reports.escape import script_json, visible
from reports.i18n import Words
from reports.model import Finding, Report, Section
from reports.wording import BROKEN_SECTIONS, answer, days_down, why

PACK_ABOVE: Final = 2_000_000
TEXT_LIMIT: Final = 80
KEY_LENGTH: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The text of the data element; `packed` says that it is base64 of deflated JSON."""

    text: str
    packed: bool


@dataclass(slots=True)
class _Table:
    """A string table: each text once, in the order of its first use."""

    texts: list[str] = field(default_factory=list)
    _index: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> int:
        if text not in self._index:
            self._index[text] = len(self.texts)
            self.texts.append(text)
        return self._index[text]


def block(report: Report, say: Words, pack_above: int = PACK_ABOVE) -> Block:
    """Return the data element's text for all links of a report."""
    document = json.dumps(columns(report, say), ensure_ascii=False, separators=(",", ":"))
    if len(document) <= pack_above:
        return Block(text=script_json(document), packed=False)
    squeezed = zlib.compress(document.encode("utf-8"), 9)
    return Block(text=base64.b64encode(squeezed).decode("ascii"), packed=True)


def columns(report: Report, say: Words) -> dict[str, Any]:
    """Return the columns: `finding.*` one entry a finding, `link.*` one entry a place (`of`: its finding).

    A finding without a place gets one row with line 0. `days` is -1 where nothing is failing; `to` is
    where a redirect ends, else empty. `key` is the start of the finding's key: enough to find it.
    """
    hosts, files, whys, answers = _Table(), _Table(), _Table(), _Table()
    sections, verdicts = list(Section), list(Verdict)
    finding: dict[str, list[Any]] = {
        name: [] for name in ("url", "host", "section", "verdict", "answer", "why", "days", "to", "key")
    }
    link: dict[str, list[Any]] = {name: [] for name in ("of", "file", "line", "text")}
    for index, found in enumerate(report.findings):
        days = days_down(found, report.run.started_at)
        finding["url"].append(visible(found.url))
        finding["host"].append(hosts.add(host(found.url)))
        finding["section"].append(sections.index(found.section))
        finding["verdict"].append(verdicts.index(found.verdict))
        finding["answer"].append(answers.add(answer(found, say)))
        finding["why"].append(whys.add(visible(why(found, say))))
        finding["days"].append(days if days is not None and _failing(found) else -1)
        finding["to"].append(visible(found.final_url or "") if found.section is Section.REDIRECT else "")
        finding["key"].append(visible(found.key[:KEY_LENGTH]))
        for source, line, text in _places(found):
            link["of"].append(index)
            link["file"].append(files.add(source))
            link["line"].append(line)
            link["text"].append(text)
    return {
        "hosts": hosts.texts,
        "files": files.texts,
        "whys": whys.texts,
        "answers": answers.texts,
        "sections": [(section.value, say(f"section.{section}")) for section in sections],
        "verdicts": [say(f"verdict.{verdict}") for verdict in verdicts],
        "finding": finding,
        "link": link,
    }


def host(url: str) -> str:
    """Return the host (with its port) that an address is grouped by; for others than http its scheme."""
    scheme, found, rest = url.partition("://")
    if not found or scheme.lower() not in ("http", "https"):
        return visible(url.partition(":")[0][:20] + ":")
    authority = rest
    for end in "/?#\\":
        authority = authority.partition(end)[0]
    return visible(authority.rpartition("@")[2])


def _places(found: Finding) -> list[tuple[str, int, str]]:
    places = [(visible(place.source), place.line, visible(place.text)[:TEXT_LIMIT].strip()) for place in found.links]
    return places or [("", 0, "")]


def _failing(found: Finding) -> bool:
    return found.section in (*BROKEN_SECTIONS, Section.SUSPECT)
