"""Builders of reports as `build.py` would make them: a small one with every shape, a hostile one, big ones."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from crawler.domain.health import Health
from crawler.domain.memento import CaptureState, MementoState
from crawler.domain.observation import Failure, Hop
from crawler.domain.suggestion import Confidence, Kind, Suggestion
from crawler.domain.verdict import RULES, Evidence, Verdict
from reports.model import CaptureView, Finding, HistoryDay, MementoView, Place, Report, RunView, Section

NOW = datetime(2026, 3, 14, 3, 17, tzinfo=UTC)
WHY = {rule.name: rule.why for rule in RULES}


def key_of(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def finding(url: str, section: Section, verdict: Verdict, rule: str, **values: object) -> Finding:
    """Return a finding with the rule's own sentence and one place to edit, unless told otherwise."""
    values.setdefault("why", WHY[rule])
    values.setdefault("links", (place("README.md", 12, "a link"),))
    values.setdefault("first_seen", ago(400))
    values.setdefault("checked_at", NOW)
    values.setdefault("final_url", url)
    values.setdefault("key", key_of(url))
    return Finding(url=url, section=section, verdict=verdict, rule=rule, **values)  # type: ignore[arg-type]


def place(source: str, line: int, text: str, **values: object) -> Place:
    return Place(source=source, line=line, column=5, text=text, **values)  # type: ignore[arg-type]


def history(days: int, dead: int, verdict: Verdict = Verdict.GONE) -> tuple[HistoryDay, ...]:
    """Return `days` run dates of which the last `dead` have the verdict."""
    return tuple(
        HistoryDay(at=ago(days - 1 - index), verdict=verdict if index >= days - dead else Verdict.ALIVE)
        for index in range(days)
    )


def run_view(**values: object) -> RunView:
    facts: dict[str, object] = {
        "id": 42,
        "project": "awesome-backend",
        "started_at": NOW,
        "finished_at": NOW + timedelta(minutes=9),
        "tool_version": "0.1.0",
        "previous_at": ago(1),
        "links": 111,
        "urls": 108,
        "checked": 106,
        "pending": 2,
        "requests": 174,
        "hosts": 61,
    }
    return RunView(**{**facts, **values})  # type: ignore[arg-type]


def sample_report(language: str = "en") -> Report:
    """Return a report of one ordinary night: every section, every kind of evidence."""
    return Report(
        run=run_view(
            notes=("Captures stopped for the day: the archive refused the third request.",),
        ),
        findings=(*_new(), *_broken(), *_suspect(), *_review(), *_repaired(), *_redirects(), *_ignored(), *_fine()),
        language=language,
        previous_counts={"new": 1, "broken": 2, "suspect": 4, "review": 2, "repaired": 0, "redirect": 2, "fine": 91},
        trend=tuple((ago(29 - i), {"new": 0, "broken": 2 + (i > 12) + (i > 27) * 2}) for i in range(30)),
        downloads=("report.json", "report.csv", "report.md"),
    )


def _new() -> tuple[Finding, ...]:
    url = "https://blog.didiyun.com/index.php/2018/05/22/weibo-cache/"
    copy = "https://web.archive.org/web/20211019083211/" + url
    return (
        finding(
            url,
            Section.NEW,
            Verdict.GONE,
            "not-found",
            status=404,
            hops=(Hop(url=url, status=404),),
            health=Health.BROKEN,
            links=(
                place("README.md", 5, "日访问量百亿级的应用如何做缓存架构设计", permalink="https://example.org/r#L5"),
                place("docs/caching.md", 88, "Weibo cache", fragment="part-2", fragment_found=None),
            ),
            evidence=(Evidence(name="status", value="404"), Evidence(name="title", value="404 页面不存在")),
            suggestions=(
                Suggestion(
                    url=copy,
                    kind=Kind.MEMENTO,
                    confidence=Confidence.SUGGESTED,
                    evidence=(Evidence(name="copy", value="fetched, its title is the cited one"),),
                ),
            ),
            memento=MementoView(
                state=MementoState.FOUND,
                url=copy,
                timestamp=datetime(2021, 10, 19, 8, 32, 11, tzinfo=UTC),
                archive="web.archive.org",
                verified=True,
                reasons=("the raw copy answers 200", "its text is 4,210 characters long"),
                checked_at=NOW,
            ),
            history=history(30, 3),
            down_since=ago(2),
            last_ok=ago(3),
            strikes=3,
        ),
        finding(
            "http://docs.example.org/guide/v2/setup.html",
            Section.NEW,
            Verdict.GONE,
            "gone",
            status=410,
            final_url="https://docs.example.org/guide/v2/setup.html",
            hops=(
                Hop(url="http://docs.example.org/guide/v2/setup.html", status=301),
                Hop(url="https://docs.example.org/guide/v2/setup.html", status=410),
            ),
            health=Health.SUSPECT,
            dead_today=True,
            links=(place("docs/setup.md", 31, "the set-up guide"),),
            suggestions=(
                Suggestion(
                    url="https://docs.example.org/guide/v3/setup/",
                    kind=Kind.REDIRECT,
                    confidence=Confidence.SUGGESTED,
                    evidence=(Evidence(name="status", value="200"), Evidence(name="title", value="Set-up")),
                ),
                Suggestion(
                    url="https://docs.example.org/guide/",
                    kind=Kind.NORMALISATION,
                    confidence=Confidence.POSSIBLE,
                    evidence=(Evidence(name="status", value="200"),),
                ),
            ),
            memento=MementoView(state=MementoState.NONE, archive="web.archive.org", checked_at=NOW),
            capture=CaptureView(state=CaptureState.POINTLESS, at=NOW),
            history=history(30, 1),
            down_since=ago(0),
            last_ok=ago(1),
            strikes=1,
        ),
        finding(
            "file:///repo/img/raft-states.png",
            Section.NEW,
            Verdict.GONE,
            "missing-file",
            failure=Failure.MISSING_FILE,
            final_url=None,
            health=Health.BROKEN,
            links=(place("docs/raft.md", 7, "Raft states", kind="image", raw="../img/raft-states.png"),),
            down_since=ago(0),
            strikes=1,
        ),
    )


def _broken() -> tuple[Finding, ...]:
    url = "http://thesecretlivesofdata.example/raft/"
    return (
        finding(
            url,
            Section.BROKEN,
            Verdict.GONE,
            "no-such-host",
            failure=Failure.DNS_NXDOMAIN,
            final_url=None,
            health=Health.BROKEN,
            links=tuple(place("README.md", line, "Raft, explained") for line in (41, 97, 214, 230, 251, 302, 377)),
            evidence=(Evidence(name="failure", value="dns-nxdomain"), Evidence(name="attempts", value="2")),
            memento=MementoView(state=MementoState.UNKNOWN, archive="web.archive.org", checked_at=NOW),
            capture=CaptureView(state=CaptureState.DEFERRED, at=NOW, detail="stopped for the day"),
            history=history(30, 30),
            down_since=ago(212),
            last_ok=ago(213),
            strikes=40,
        ),
        finding(
            "https://mp.example.com/s/PRSbOYVX-aBmp7S_0qYeuQ",
            Section.BROKEN,
            Verdict.SOFT404,
            "success",
            why="The page answers with success, but says that it was deleted.",
            status=200,
            hops=(Hop(url="https://mp.example.com/s/PRSbOYVX-aBmp7S_0qYeuQ", status=200),),
            health=Health.BROKEN,
            title="该内容已被发布者删除",
            links=(place("README.md", 9, "微服务系统之认证管理详解"),),
            evidence=(Evidence(name="title", value="该内容已被发布者删除"),),
            memento=MementoView(
                state=MementoState.UNUSABLE,
                archive="web.archive.org",
                reasons=("all 3 copies show the same notice",),
                checked_at=NOW,
            ),
            history=history(30, 12, Verdict.SOFT404),
            down_since=ago(11),
            last_ok=ago(12),
            strikes=12,
        ),
    )


def _suspect() -> tuple[Finding, ...]:
    return (
        finding(
            "https://slow.example.net/papers/paxos.pdf",
            Section.SUSPECT,
            Verdict.TRANSIENT,
            "no-answer",
            failure=Failure.TIMEOUT,
            final_url=None,
            health=Health.SUSPECT,
            links=(place("docs/papers.md", 3, "Paxos made simple"),),
            down_since=ago(4),
            last_ok=ago(5),
            capture=CaptureView(state=CaptureState.REQUESTED, at=NOW),
            history=history(30, 5, Verdict.TRANSIENT),
            strikes=5,
        ),
        finding(
            "https://expired.example.org/",
            Section.SUSPECT,
            Verdict.UNKNOWN,
            "bad-certificate",
            failure=Failure.TLS_CERTIFICATE,
            health=Health.SUSPECT,
            links=(place("docs/papers.md", 19, "Lamport's notes"),),
            down_since=ago(0),
            last_ok=ago(1),
            strikes=1,
        ),
    )


def _review() -> tuple[Finding, ...]:
    return (
        finding(
            "https://zhuanlan.example.com/p/27160384",
            Section.REVIEW,
            Verdict.BLOCKED,
            "challenge",
            status=403,
            evidence=(Evidence(name="cf-mitigated", value="challenge"),),
            links=(place("README.md", 133, "Redis 内存模型"),),
        ),
        finding(
            "https://wiki.example.org/space/ARCH",
            Section.REVIEW,
            Verdict.LOGIN,
            "login-required",
            status=401,
            links=(place("docs/internal.md", 2, "Architecture wiki"),),
        ),
    )


def _repaired() -> tuple[Finding, ...]:
    return (
        finding(
            "https://rakyll.example.org/scheduler/",
            Section.REPAIRED,
            Verdict.ALIVE,
            "success",
            status=200,
            health=Health.RECOVERING,
            links=(place("README.md", 17, "Go 空死循环导致的调度器无法调度"),),
            last_ok=NOW,
            history=(*history(29, 6), HistoryDay(at=NOW, verdict=Verdict.ALIVE)),
        ),
    )


def _redirects() -> tuple[Finding, ...]:
    old, new = "http://www.example.com/blog/oauth", "https://example.com/blog/oauth/"
    return (
        finding(
            old,
            Section.REDIRECT,
            Verdict.MOVED,
            "moved-permanently",
            status=200,
            final_url=new,
            hops=(
                Hop(url=old, status=301),
                Hop(url="https://www.example.com/blog/oauth", status=308),
                Hop(url=new, status=200),
            ),
            warnings=("redirect-chain",),
            health=Health.OK,
            suggestions=(
                Suggestion(
                    url=new,
                    kind=Kind.REDIRECT,
                    confidence=Confidence.SUGGESTED,
                    evidence=(Evidence(name="permanent", value="301, 308"),),
                ),
            ),
            links=(place("README.md", 13, "10 分钟理解什么是 OAuth 2.0 协议"),),
        ),
    )


def _ignored() -> tuple[Finding, ...]:
    return (
        finding(
            "mailto:list@example.org",
            Section.IGNORED,
            Verdict.SKIPPED,
            "scheme-not-fetched",
            final_url=None,
            links=(place("README.md", 400, "write to the list"),),
        ),
        finding(
            "https://staging.example.org/",
            Section.IGNORED,
            Verdict.SKIPPED,
            "ignored",
            final_url=None,
            ignore_reason="staging is only up by day, until 2026-06-01",
            links=(place("docs/dev.md", 4, "staging"),),
        ),
    )


def _fine() -> tuple[Finding, ...]:
    def one(index: int) -> Finding:
        missing = index == 4
        return finding(
            f"https://host{index % 23}.example.com/articles/{index}",
            Section.FINE,
            Verdict.ALIVE,
            "success",
            status=200,
            health=Health.OK,
            warnings=("fragment-missing",) if missing else (),
            links=(
                place(
                    "README.md" if index % 3 else "docs/reading.md",
                    20 + index * 4,
                    f"Article {index}",
                    fragment="setup" if missing else None,
                    fragment_found=False if missing else None,
                ),
            ),
        )

    return tuple(one(index) for index in range(93))


def big_report(links: int, language: str = "en", project: str = "big") -> Report:
    """Return a report with this many findings over 700 hosts and 90 files, about a tenth of them not alive."""
    findings = sorted((_big(index) for index in range(links)), key=lambda found: list(Section).index(found.section))
    return Report(
        run=run_view(project=project, links=links, urls=links, checked=links, pending=0, hosts=700),
        findings=tuple(findings),
        language=language,
        previous_counts={"new": 3, "broken": links // 30},
        downloads=("report.json", "report.csv", "report.md"),
    )


_KINDS: dict[int, tuple[Section, Verdict, str, int | None, Failure | None]] = {
    0: (Section.BROKEN, Verdict.GONE, "not-found", 404, None),
    1: (Section.SUSPECT, Verdict.TRANSIENT, "no-answer", None, Failure.CONNECT_TIMEOUT),
    2: (Section.REVIEW, Verdict.BLOCKED, "forbidden", 403, None),
    3: (Section.REDIRECT, Verdict.MOVED, "moved-permanently", 200, None),
    4: (Section.NEW, Verdict.GONE, "gone", 410, None),
}
_ALIVE = (Section.FINE, Verdict.ALIVE, "success", 200, None)


def _big(index: int) -> Finding:
    section, verdict, rule, status, failure = _KINDS.get(index % 50, _ALIVE)
    digest = hashlib.sha256(str(index).encode()).hexdigest()
    url = f"https://host-{int(digest[:4], 16) % 700}.example.com/{digest[4:8]}/{index}-article.html"
    failing = section in (Section.NEW, Section.BROKEN, Section.SUSPECT)
    return finding(
        url,
        section,
        verdict,
        rule,
        status=status,
        failure=failure,
        final_url=url.replace("host-", "new-") if section is Section.REDIRECT else url,
        hops=(Hop(url=url, status=status),) if status else (),
        links=(place(f"docs/part-{index % 90}.md", index // 90 + 1, f"文章 {index} on the topic"),),
        down_since=ago(index % 97) if failing else None,
        last_ok=ago(index % 97 + 1) if failing else None,
        history=history(30, index % 30) if failing else (),
    )


def hostile_report(texts: list[str]) -> Report:
    """Return a report in which each text stands wherever a page or a source can put it."""
    return Report(
        run=run_view(project=texts[0], notes=tuple(texts), untrusted=None, partial=texts[0]),
        findings=tuple(_hostile(text, index) for index, text in enumerate(texts)),
    )


def _hostile(text: str, index: int) -> Finding:
    sections = list(Section)
    return Finding(
        key=key_of(f"{index}"),
        url=text if index % 2 else f"https://example.com/?q={index}&x={text}",
        section=sections[index % len(sections)],
        verdict=Verdict.GONE,
        rule="not-found",
        why=text,
        final_url=text,
        status=404,
        hops=(Hop(url=text, status=301), Hop(url=text, status=404)),
        warnings=(text,),
        evidence=(Evidence(name=text, value=text),),
        dead_today=True,
        links=(
            Place(
                source=text, line=1, column=1, text=text, raw=text, fragment=text, fragment_found=False, permalink=text
            ),
        ),
        suggestions=(
            Suggestion(
                url=text,
                kind=Kind.REDIRECT,
                confidence=Confidence.POSSIBLE,
                evidence=(Evidence(name=text, value=text),),
            ),
        ),
        memento=MementoView(state=MementoState.FOUND, url=text, timestamp=NOW, archive=text, reasons=(text,)),
        capture=CaptureView(state=CaptureState.REFUSED, at=NOW, code=text, detail=text, url=text),
        history=history(5, 2),
        down_since=ago(3),
        ignore_reason=text,
        title=text,
    )
