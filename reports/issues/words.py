"""The words of issues in each language; what the reports say already comes from their catalogs."""

from __future__ import annotations

from typing import Final

from reports.i18n import Catalog, Words, words

_EN: Final[dict[str, str | tuple[str, str]]] = {
    "title.dashboard": "Dead links in {project}",
    "title.link": "Dead link: {url}",
    "intro": "Linkvigil looks at the links of {project} again and again. This issue is edited in place and "
    "closes by itself once every link below works again, was replaced, or has left the list.",
    "intro.all-well": "No link of {project} counts as dead any more.",
    "intro.link": "This link of {project} has been dead long enough to be sure. The issue closes by itself once "
    "it works again, was replaced, or has left the list.",
    "count.dead": ("{n} dead link", "{n} dead links"),
    "count.recovering": (
        "{n} works again, waiting for a second good day",
        "{n} work again, waiting for a second good day",
    ),
    "count.review": ("{n} needs a person", "{n} need a person"),
    "count.redirect": ("{n} moved", "{n} moved"),
    "head.new": "New on {day} ({n})",
    "head.still": "Still dead ({n})",
    "head.recovering": "Works again, waiting for a second good day ({n})",
    "head.review": "For a person: a wall for robots or a login stands in front ({n})",
    "head.redirect": "Moved for good ({n})",
    "head.repaired": "Repaired by {day} ({n})",
    "since": "dead since {day}",
    "in": "in",
    "places.more": ("and {n} more place", "and {n} more places"),
    "suggest.redirect": "moved to",
    "suggest.normalisation": "answers at",
    "suggest.memento": "archived copy",
    "suggest.other": "could be replaced by",
    "possible": "not proven, look first",
    "left-out": (
        "{n} row did not fit here and stands only in the report.",
        "{n} rows did not fit here and stand only in the report.",
    ),
    "report": "Full report",
    "ignore": "To leave a link out, add it to `linkvigil.toml` with the reason:",
    "ignore.pattern": "a regular expression of the URL",
    "ignore.reason": "why",
    "close.hint": "Who closes this issue has the last word: it stays closed until everything has been repaired once.",
    "close.hint.link": "Who closes this issue has the last word: it stays closed until the link has worked again once.",
    "written": "Written by Linkvigil {version} after the run of {day}.",
    "done.dashboard": "No link counts as dead any more: each works again, was replaced, or has left the list. Closed.",
    "done.link": "The link works again. Closed.",
    "done.withdrawn": "The link does not count as dead any more. Closed.",
    "done.removed": "The link has left the list. Closed.",
    "done.ignored": "The link is ignored now. Closed.",
    "done.mode": "Dead links are now kept track of in another way here. Closed.",
    "done.duplicate": "The same as #{number}, which goes on. Closed.",
}
_ZH: Final[dict[str, str | tuple[str, str]]] = {
    "title.dashboard": "{project} 的失效链接",
    "title.link": "失效链接：{url}",
    "intro": "Linkvigil 定期检查 {project} 中的链接。本 issue 会原地更新；"
    "当下列链接全部恢复、被替换或移出列表后，它会自动关闭。",
    "intro.all-well": "{project} 中已没有失效链接。",
    "intro.link": "{project} 中的这个链接已确认失效。链接恢复、被替换或移出列表后，本 issue 会自动关闭。",
    "count.dead": "{n} 个失效链接",
    "count.recovering": "{n} 个已恢复，待次日再次确认",
    "count.review": "{n} 个需要人工查看",
    "count.redirect": "{n} 个已迁移",
    "head.new": "{day} 新增（{n}）",
    "head.still": "仍然失效（{n}）",
    "head.recovering": "已恢复，待次日再次确认（{n}）",
    "head.review": "需要人工查看：有反爬虫或登录限制（{n}）",
    "head.redirect": "已永久迁移（{n}）",
    "head.repaired": "截至 {day} 已修复（{n}）",
    "since": "自 {day} 起失效",
    "in": "位于",
    "places.more": "以及另外 {n} 处",
    "suggest.redirect": "已迁移到",
    "suggest.normalisation": "可访问的地址",
    "suggest.memento": "存档副本",
    "suggest.other": "可替换为",
    "possible": "未经证实，请先查看",
    "left-out": "此处放不下 {n} 行，请见完整报告。",
    "report": "完整报告",
    "ignore": "要忽略某个链接，请把它连同理由写入 `linkvigil.toml`：",
    "ignore.pattern": "匹配该 URL 的正则表达式",
    "ignore.reason": "理由",
    "close.hint": "人工关闭本 issue 后，在全部链接修复一次之前，它不会被重新打开。",
    "close.hint.link": "人工关闭本 issue 后，在该链接恢复一次之前，它不会被重新打开。",
    "written": "由 Linkvigil {version} 在 {day} 的检查后写入。",
    "done.dashboard": "已没有失效链接：均已恢复、被替换或移出列表。关闭本 issue。",
    "done.link": "链接已恢复，关闭本 issue。",
    "done.withdrawn": "链接不再被视为失效，关闭本 issue。",
    "done.removed": "链接已移出列表，关闭本 issue。",
    "done.ignored": "链接已被忽略，关闭本 issue。",
    "done.mode": "失效链接已改用其他方式跟踪，关闭本 issue。",
    "done.duplicate": "与 #{number} 重复，后者继续使用。关闭本 issue。",
}
ISSUE_CATALOGS: Final[dict[str, Catalog]] = {"en": _EN, "zh": _ZH}


def issue_words(language: str) -> Words:
    """Return the words of issues and reports in a language; English where there is no catalog."""
    base = words(language)
    return Words(language=base.language, catalog={**base.catalog, **ISSUE_CATALOGS[base.language]})
