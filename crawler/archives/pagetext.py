"""What an archived page shows: its title, first heading and text, enough to see that it is no error page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

import lxml.etree
import lxml.html

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_TEXT_CAP = 4096
_VISIBLE = "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]"
_WORD = re.compile(r"\w", re.UNICODE)

_DEAD_TITLE = re.compile(
    r"^\W*(?:error\W*)?4(?:04|10)\b|\b(?:error|http)\W*4(?:04|10)\b|[-|:–—·]\s*404\W*$"
    r"|not\s+found|page\s+(?:missing|unavailable|doesn.?t exist|does not exist)"
    r"|no longer (?:available|exists)|nothing (?:was )?found"
    r"|^\W*(?:internal )?(?:server )?error\W*$|access denied|^\W*(?:403\W*)?forbidden|just a moment"
    r"|attention required|are you (?:a )?(?:human|robot)|domain (?:is )?(?:for sale|parked|expired)|account suspended"
    r"|^\s*(?:log|sign)[ -]?in\b|site not installed"
    r"|找不到|不存在|未找到|无法访问|已删除|被删除|已过期|域名(?:出售|转让|过期)|安全验证|请登录|出错了",
    re.IGNORECASE,
)
_DEAD_TEXT = re.compile(
    r"(?:page|url|file|document|content) (?:you(?:'re| are)? (?:requested|looking for|are looking for)[^.]{0,60})?"
    r"(?:was|could|can|is|does)\s?(?:not|n't|no longer) (?:be found|found|exist|available)"
    r"|this domain (?:name )?(?:is|may be) (?:for sale|parked|expired)|buy this domain"
    r"|您(?:访问|请求|查看)的(?:页面|网页|内容|文章)(?:不存在|已删除|找不到)|页面不存在|该内容已被",
    re.IGNORECASE,
)
_SHORT_TEXT = 600  # error words in a longer text are its subject


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """`text` is the visible text, white space folded, at most 4,096 characters."""

    title: str | None
    h1: str | None
    text: str


def read(body: bytes, content_type: str) -> PageText | None:
    """Read an HTML page; None if it is none. `content_type` may name the character set."""
    charset = _CHARSET.search(content_type)
    try:
        parser = lxml.html.HTMLParser(encoding=charset.group(1) if charset else _declared(body), no_network=True)
    except LookupError:
        parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        root = lxml.html.document_fromstring(body, parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return None
    title, heading = _first(root, "title"), _first(root, "h1")
    pieces = cast("list[str]", root.xpath(_VISIBLE))
    text = _fold(" ".join(pieces))
    return PageText(title=title, h1=heading, text=text[:_TEXT_CAP])


def looks_dead(title: str | None, text: str) -> bool:
    """Whether a page says that it is an error page, a wall or a parked domain, by title or short text."""
    if title and _DEAD_TITLE.search(title):
        return True
    return len(text) < _SHORT_TEXT and _DEAD_TEXT.search(text) is not None


def likeness(one: str, other: str) -> float:
    """How much of the shorter text's three-character pieces the longer has, 0 to 1; works for Chinese too."""
    first, second = _pieces(one), _pieces(other)
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def _declared(body: bytes) -> str:
    head = body[:2048].decode("latin-1")
    found = _CHARSET.search(head)
    return found.group(1) if found else "utf-8"


def _first(root: lxml.html.HtmlElement, tag: str) -> str | None:
    for element in root.iter(tag):
        text = _fold("".join(element.itertext()))
        if text:
            return text[:300]
    return None


def _fold(text: str) -> str:
    return " ".join(text.split())


def _pieces(text: str) -> set[str]:
    letters = "".join(character for character in text.lower() if _WORD.match(character))
    return {letters[start : start + 3] for start in range(max(0, len(letters) - 2))}
