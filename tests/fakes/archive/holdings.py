"""What the fake archive holds, and its index: the CDX server's parameters over a list in memory."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
MAX_ROWS = 150_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One capture; `visible_from` is when the index and the replay begin to show it."""

    original: str
    timestamp: str
    status: int
    mimetype: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    is_revisit: bool = False
    visible_from: datetime | None = None

    @property
    def key(self) -> str:
        return surt(self.original)

    @property
    def digest(self) -> str:
        return base64.b32encode(hashlib.sha1(self.body).digest()).decode()

    @property
    def time(self) -> datetime:
        return datetime.strptime(self.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)

    def row(self, *, resolved: bool) -> dict[str, str]:
        plain = not self.is_revisit or resolved
        return {
            "urlkey": self.key,
            "timestamp": self.timestamp,
            "original": self.original,
            "mimetype": self.mimetype if plain else "warc/revisit",
            "statuscode": str(self.status) if plain else "-",
            "digest": self.digest,
            "length": "-" if self.is_revisit else str(len(self.body) + 400),
        }


def surt(url: str) -> str:
    """The index's key: scheme, www, default port, case, trailing slash and the query's order are folded."""
    if "://" not in url:
        url = "http://" + url
    parts = urlsplit(url.lower())
    host = re.sub(r"^www\d*\.", "", (parts.hostname or "").rstrip("."))
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    numeric = host.replace(".", "").isdigit()
    folded = host if numeric else ",".join(reversed(host.split(".")))
    path = unquote(parts.path).rstrip("/") or "/"
    query = "&".join(sorted(unquote(parts.query).split("&"))) if parts.query else ""
    return f"{folded}{port}){path}" + (f"?{query}" if query else "")


class Index:
    """Answers CDX queries; `odd_lines` are served as they are beside the rows of their key."""

    def __init__(self) -> None:
        self.held: list[Held] = []
        self.odd_lines: list[tuple[str, str]] = []

    def visible(self, key: str, now: datetime) -> list[Held]:
        """The captures of one key that are shown by now, oldest first."""
        return sorted(
            (held for held in self.held if held.key == key and _shown(held, now)), key=lambda held: held.timestamp
        )

    def query(self, params: dict[str, list[str]], now: datetime) -> tuple[list[dict[str, str]], str | None]:
        """The rows, and the resume key if one was asked for and more rows follow."""
        wanted = _matcher(_one(params, "url"), _one(params, "matchType"))
        held = [item for item in self.held if _shown(item, now) and wanted(item.key)]
        rows = [item.row(resolved=False) for item in held]
        rows += [dict(zip(FIELDS, line.split(" "), strict=False)) for key, line in self.odd_lines if wanted(key)]
        rows.sort(key=lambda row: (row["urlkey"], row["timestamp"]))
        rows = [row for row in rows if _in_range(row, params) and _passes(row, params)]
        rows = _collapsed(rows, params)
        rows = _sorted(rows, params)
        rows, resume = _cut(rows, params)
        if _one(params, "resolveRevisits") == "true":  # after the filters, which see `-`
            full = {(item.key, item.timestamp): item.row(resolved=True) for item in held if item.is_revisit}
            rows = [full.get((row["urlkey"], row["timestamp"]), row) for row in rows]
        return rows, resume


def _one(params: dict[str, list[str]], name: str) -> str:
    return params.get(name, [""])[-1]


def _shown(held: Held, now: datetime) -> bool:
    return held.visible_from is None or held.visible_from <= now


def _matcher(url: str, match_type: str):
    if url.startswith("*."):
        url, match_type = url[2:], "domain"
    elif url.endswith("*"):
        url, match_type = url[:-1], "prefix"
    key = surt(url)
    host = key.partition(")")[0]
    if match_type == "prefix":
        prefix = key if not url.endswith("/") or key.endswith("/") else key + "/"
        return lambda other: other.startswith(prefix)
    if match_type == "host":
        return lambda other: other.partition(")")[0] == host
    if match_type == "domain":
        return lambda other: other.partition(")")[0] == host or other.startswith(host + ",")
    return lambda other: other == key


def _in_range(row: dict[str, str], params: dict[str, list[str]]) -> bool:
    stamp, start, end = row["timestamp"], _one(params, "from"), _one(params, "to")
    return (not start or stamp >= start.ljust(14, "0")) and (not end or stamp <= end.ljust(14, "9"))


def _passes(row: dict[str, str], params: dict[str, list[str]]) -> bool:
    for text in params.get("filter", []):
        field_name, _, pattern = text.lstrip("!").partition(":")
        matches = re.fullmatch(pattern, row.get(field_name, "")) is not None
        if matches == text.startswith("!"):
            return False
    return True


def _collapsed(rows: list[dict[str, str]], params: dict[str, list[str]]) -> list[dict[str, str]]:
    for text in params.get("collapse", []):
        field_name, _, digits = text.partition(":")
        kept: list[dict[str, str]] = []
        last = None
        for row in rows:
            value = row[field_name][: int(digits)] if digits else row[field_name]
            if value != last:
                kept.append(row)
            last = value
        rows = kept
    return rows


def _sorted(rows: list[dict[str, str]], params: dict[str, list[str]]) -> list[dict[str, str]]:
    match _one(params, "sort"):
        case "reverse":
            return rows[::-1]
        case "closest":
            target = _moment(_one(params, "closest"))
            return sorted(rows, key=lambda row: abs(_moment(row["timestamp"]) - target))
    return rows


def _moment(stamp: str) -> float:
    """Seconds of a time stamp, also of one that no calendar has."""
    digits = (stamp + "00000101000000"[len(stamp) :])[:14]
    year, month, day, *rest = (
        int(digits[start:end]) for start, end in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
    )
    return ((year * 372 + month * 31 + day) * 86400.0) + rest[0] * 3600 + rest[1] * 60 + rest[2]


def _cut(rows: list[dict[str, str]], params: dict[str, list[str]]) -> tuple[list[dict[str, str]], str | None]:
    if resume := _one(params, "resumeKey"):
        key, _, stamp = unquote(resume).replace("+", " ").rpartition(" ")  # the servlet decoded it once before
        rows = [row for row in rows if (row["urlkey"], row["timestamp"]) >= (key, stamp)]
    rows = rows[int(_one(params, "offset") or 0) :]
    limit = int(_one(params, "limit") or MAX_ROWS)
    if limit < 0:
        return rows[limit:], None
    more = len(rows) > limit and _one(params, "showResumeKey") == "true"
    rows = rows[: min(limit, MAX_ROWS)]
    return rows, _resume_key(rows[-1]) if more and rows else None


def _resume_key(row: dict[str, str]) -> str:
    stamp = row["timestamp"]
    after = stamp[:-1] + chr(ord(stamp[-1]) + 1)  # 9 becomes a colon, as recorded from the real index
    return quote(f"{row['urlkey']} ", safe="").replace("%20", "+") + quote(after, safe="")
