"""The reading half of the fake: CDX, availability, replay, TimeGate and TimeMap."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qs, urljoin

from tests.fakes.archive.faults import BLOCKED, EXCLUDED_PAGE, NOT_ARCHIVED_PAGE
from tests.fakes.archive.holdings import FIELDS, Held, Index, surt
from tests.fakes.archive.reply import Reply, html, of_json, text

_REPLAY = re.compile(r"^/web/(\d{1,14})(id_|if_|mp_|im_)?/(.+)$", re.DOTALL)


class Reading:
    """Answers from the index and the holdings; `excluded` are keys (SURT prefixes) not to be shown."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.excluded: list[str] = []
        self.availability_misses_https = False

    def cdx(self, query: str, now: datetime) -> Reply:
        params = parse_qs(query, keep_blank_values=True)
        if not params.get("url"):
            return text("Url parameter is required\n", 400)
        if self._is_excluded(surt(params["url"][-1].strip("*"))):
            return Reply(
                status=403, body=BLOCKED.body, headers={"Content-Type": "text/plain;charset=UTF-8", **BLOCKED.headers}
            )
        if params.get("showNumPages", [""])[-1] == "true":
            return text("showNumPages is not supported for this query\n", 400)
        rows, resume = self.index.query(params, now)
        names = params["fl"][-1].split(",") if params.get("fl") else list(FIELDS)
        table = [[row.get(name, "-") for name in names] for row in rows]
        if params.get("output", [""])[-1] == "json":
            listing: list[list[str]] = [names, *table] if table else []
            return of_json([*listing, [], [resume]] if resume else listing)
        body = "".join(" ".join(values) + "\n" for values in table)
        return text(body + (f"\n{resume}\n" if resume else ""))

    def available(self, query: str, now: datetime) -> Reply:
        params = parse_qs(query, keep_blank_values=True)
        url, stamp = params.get("url", [""])[-1], params.get("timestamp", [""])[-1]
        held = [item for item in self.index.visible(surt(url), now) if item.status == 200 and not item.is_revisit]
        value: dict = {"url": url, "archived_snapshots": {}}
        if stamp:
            value["timestamp"] = stamp
        false_miss = self.availability_misses_https and url.startswith("https:")
        if held and not false_miss and not self._is_excluded(surt(url)):
            best = _nearest(held, stamp or now.strftime("%Y%m%d%H%M%S"))
            value["archived_snapshots"]["closest"] = {
                "status": str(best.status),
                "available": True,
                "url": f"http://web.archive.org/web/{best.timestamp}/{best.original}",
                "timestamp": best.timestamp,
            }
        return of_json(value)

    def replay(self, target: str, base: str, now: datetime, accept_datetime: str | None) -> Reply:
        """`/web/<timestamp>[id_]/<url>`, `/web/<url>` (TimeGate)."""
        found = _REPLAY.match(target)
        stamp, mode, url = (found[1], found[2] or "", found[3]) if found else ("", "", target.removeprefix("/web/"))
        url = re.sub(r"^(https?:)/+", r"\1//", url)
        if self._is_excluded(surt(url)):
            return html(EXCLUDED_PAGE)
        held = self.index.visible(surt(url), now)
        if not held:
            return html(NOT_ARCHIVED_PAGE, 404)
        if not found:
            return self._time_gate(held, url, base, accept_datetime, now)
        exact = [item for item in held if item.timestamp == stamp]
        if not exact:
            best = _nearest(held, stamp)
            return html(
                "",
                302,
                Location=f"{base}/web/{best.timestamp}{mode}/{best.original}",
                X_Archive_Redirect_Reason=f"found capture at {best.timestamp}",
            )
        return _shown(exact[-1], held, mode, base)

    def time_map(self, target: str, base: str, now: datetime) -> Reply:
        """`/web/timemap/link|json/<url>`."""
        form, _, url = target.removeprefix("/web/timemap/").partition("/")
        held = self.index.visible(surt(url), now)
        if form == "json":
            return of_json([list(FIELDS), *(list(item.row(resolved=False).values()) for item in held)] if held else [])
        if not held:
            return html("", 404)
        lines = [f'<{held[0].original}>; rel="original"', f'<{base}/web/{url}>; rel="timegate"']
        lines += [f"<{base}/web/{item.timestamp}/{item.original}>; {_relation(item, held)}" for item in held]
        body = ",\n".join(lines) + "\n"
        return Reply(body=body.encode(), headers={"Content-Type": "application/link-format"})

    def _time_gate(self, held: list[Held], url: str, base: str, wish: str | None, now: datetime) -> Reply:
        try:
            moment = parsedate_to_datetime(wish) if wish else now
        except ValueError:
            return html("", 400)
        best = _nearest(held, moment.astimezone(UTC).strftime("%Y%m%d%H%M%S"))
        return html(
            "",
            302,
            Location=f"{base}/web/{best.timestamp}/{best.original}",
            Vary="accept-datetime",
            Link=_links(best, held, base),
        )

    def _is_excluded(self, key: str) -> bool:
        return any(key.startswith(prefix) for prefix in self.excluded)


def _shown(item: Held, held: list[Held], mode: str, base: str) -> Reply:
    headers = {
        "Content-Type": item.mimetype,
        "Memento-Datetime": format_datetime(item.time, usegmt=True),
        "Link": _links(item, held, base),
        "x-archive-src": f"spn2-{item.timestamp}/spn2-{item.timestamp}.warc.gz",
        "x-ts": str(item.status),
    }
    headers |= {f"x-archive-orig-{name.lower()}": value for name, value in item.headers.items()}
    target = item.headers.get("Location")
    if 300 <= item.status < 400 and target:
        resolved = urljoin(item.original, target)
        if mode != "id_":
            page = f"<html><body><p>Got an HTTP {item.status} response at crawl time</p><a href='{resolved}'>go</a></body></html>"
            return Reply(body=page.encode(), headers={**headers, "Content-Type": "text/html; charset=utf-8"})
        headers["Location"] = f"{base}/web/{item.timestamp}{mode}/{resolved}"
    body = item.body
    if mode != "id_" and "html" in item.mimetype:
        body = b"<!-- BEGIN WAYBACK TOOLBAR INSERT --><div id='wm-ipp'></div><!-- END -->\n" + body
    return Reply(status=item.status, body=body, headers=headers)


def _nearest(held: list[Held], stamp: str) -> Held:
    filled = (stamp + "00000101000000"[len(stamp) :])[:14]
    try:
        moment = datetime.strptime(filled, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return held[-1]
    return min(held, key=lambda item: abs(item.time - moment))


def _relation(item: Held, held: list[Held]) -> str:
    words = [word for word, place in (("first", 0), ("last", -1)) if held[place] is item]
    return f'rel="{" ".join([*words, "memento"])}"; datetime="{format_datetime(item.time, usegmt=True)}"'


def _links(item: Held, held: list[Held], base: str) -> str:
    """The Link header in the real order: original, timemap, timegate, first, prev, memento, next, last."""

    def link(other: Held, relation: str) -> str:
        return f'<{base}/web/{other.timestamp}/{other.original}>; rel="{relation}"; datetime="{format_datetime(other.time, usegmt=True)}"'

    place = held.index(item)
    parts = [
        f'<{item.original}>; rel="original"',
        f'<{base}/web/timemap/link/{item.original}>; rel="timemap"; type="application/link-format"',
        f'<{base}/web/{item.original}>; rel="timegate"',
        link(held[0], "first memento"),
    ]
    parts += [link(held[place - 1], "prev memento")] if place > 0 else []
    parts += [link(item, "memento")]
    parts += [link(held[place + 1], "next memento")] if place + 1 < len(held) else []
    parts += [link(held[-1], "last memento")]
    return ", ".join(parts)
