"""AsciiDoc: the links that a conversion to HTML makes, with exact places in the source.

The macros follow https://docs.asciidoctor.org/asciidoc/latest/macros/ (links, autolinks, xref, images).
Two facts decide about URLs: an autolink needs a boundary before it and leaves trailing punctuation out, and the
character replacements run before the macros, so that `...` in a URL becomes an ellipsis unless
it is escaped with a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from crawler.domain.links import FoundLink
from crawler.sources import html
from crawler.sources.asciidoc_reader import Block, Role, blocks
from crawler.sources.asciidoc_text import MASK, Text
from crawler.sources.bare import bare_emails
from crawler.sources.verbatim import verbatim_links

_SCHEMES = r"(?:https?|ftp|irc|file)://"
_TEXT = r"(?:[^\]\\]|\\.){0,4000}"  # of a macro, as far as its bracket; bounded, so that a missing one costs little
_MACRO = re.compile(
    rf"""
    (?P<escaped>\\(?:{_SCHEMES}|(?:link|mailto|xref|image|video|audio):|<<))
    | \bicon:[^\s:\[\x00]+\[(?P<icon_text>{_TEXT})\]
    | (?P<media>(?:image|video|audio)::?)(?P<media_target>[^\s:\[\x00][^\[\n\x00]{{0,2000}}?)\[(?P<media_text>{_TEXT})\]
    | \blink:\+\+(?P<passed>.{{1,4000}}?)\+\+\[(?P<passed_text>{_TEXT})\]
    | \b(?P<macro>link|mailto|xref):(?P<target>[^\s\[\x00][^\s\[\x00]{{0,4000}})\[(?P<macro_text>{_TEXT})\]
    | ^include::(?P<include>[^\s\[\x00][^\[\n\x00]{{0,2000}})\[[^\]\n]*\][ \t]*$
    | <<(?P<ref>[^\s<>,\x00][^<>,\n\x00]*)(?:,(?P<ref_text>[^<>]*))?>>
    | (?P<opener>^|(?<=[\s<>()\[\];"'|`*_\#,\x00]))(?P<auto>{_SCHEMES}[^\s\[\]\x00]{{1,4000}})\[(?P<auto_text>{_TEXT})\]
    | (?:^|(?<=[\s<>()\[\];"'|`*_\#,\x00]))(?P<bare>{_SCHEMES}[^\s\[\]<\x00]{{0,4000}}[^\s,.?!\[\]<)\x00])
    """,
    re.VERBOSE | re.MULTILINE,
)
_REACH = 1000  # characters before an autolink in which formatting is looked for
_MARKS = {
    mark: re.compile(rf"(?<!\w)[{mark}]{{1,2}}(?=[^\s{mark}])|(?<=[^\s{mark}])[{mark}]{{1,2}}(?!\w)") for mark in "*_#"
}
_TERM_END = re.compile(r"(?::{2,4}|;;)\Z")
_LINK_ATTRIBUTE = re.compile(r"(?:^|[,\[\s])link\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^,\]\s]+))")
_QUOTED_VALUE = re.compile(r"(?:^\[|,)\s*'([^'\n]*)'(?=\s*[,\]])")
# https://docs.asciidoctor.org/asciidoc/latest/subs/replacements/
_REPLACEMENTS = (
    (re.compile(r"\\?\(C\)"), "\u00a9"),
    (re.compile(r"\\?\(R\)"), "\u00ae"),
    (re.compile(r"\\?\(TM\)"), "\u2122"),
    (re.compile(r"(?<=\w)\\?--(?=\w)"), "\u2014\u200b"),
    (re.compile(r"\\?\.\.\."), "\u2026\u200b"),
    (re.compile(r"(?<=[^\W_])\\?'(?=[^\W\d_])"), "\u2019"),
    (re.compile(r"\\?->"), "\u2192"),
    (re.compile(r"\\?=>"), "\u21d2"),
)
_INLINE_ID = re.compile(r"\[\[\[?([\w:][\w:.-]*)(?:,[^\]]*)?\]\]|\banchor:([\w:][\w:.-]*)\[")
_BLOCK_ID = re.compile(r"\[[^\]#\"]*#([\w:][\w:.-]*)|\bid\s*=\s*\"?([\w:][\w:.-]*)")


def extract(document: str) -> list[FoundLink]:
    """Return the links of an AsciiDoc document in document order; it never raises."""
    found: dict[int, FoundLink] = {}
    for block in blocks(document):
        for link in _links(document, block):
            held = found.get(link.start)
            if held is None or held.optional:
                found[link.start] = link
    return [found[start] for start in sorted(found)]


def anchors(document: str) -> frozenset[str]:
    """Return explicit ids, and the automatic ids of section titles."""
    names: set[str] = set()
    prefix, separator = _id_style(document)
    for block in blocks(document):
        if block.role is Role.TITLE:
            for before, between in ((prefix, separator), ("", "-")):  # the second as Antora's sites are set up
                names.add(_section_id(block.text.string, before, between, names))
        if block.role in (Role.TITLE, Role.TEXT, Role.ATTRIBUTES):
            names.update(one or other for one, other in _INLINE_ID.findall(block.text.string))
        if block.role is Role.ATTRIBUTES:
            names.update(one or other for one, other in _BLOCK_ID.findall(block.text.string))
    return frozenset(names)


def _id_style(document: str) -> tuple[str, str]:
    styles = dict(re.findall(r"^:(idprefix|idseparator):[ \t]*(.*?)[ \t]*$", document, re.MULTILINE))
    return styles.get("idprefix", "_"), styles.get("idseparator", "_")


def _section_id(title: str, prefix: str, separator: str, taken: set[str]) -> str:
    plain = re.sub(r"<[^>]+>|&(?:[a-z]+|#\d+);|[^\w \-.]", "", title.lower())
    name = prefix + re.sub(r"[ \-.]+", separator, plain).strip(separator or " ") if plain else prefix
    unique, count = name, 2
    while unique in taken:
        unique, count = f"{name}{separator or '_'}{count}", count + 1
    return unique


def _links(document: str, block: Block) -> Iterator[FoundLink]:
    if block.role in (Role.CODE, Role.COMMENT, Role.FRONT_MATTER):
        if block.role is Role.CODE:
            yield from _includes(document, block)
        for piece in block.text.pieces:
            for link in verbatim_links(document, piece.start, piece.end, block.role.value):
                cut = block.role is Role.COMMENT  # a macro that is commented out
                target = link.raw.partition("[")[0] if cut else link.raw
                yield link if target == link.raw else replace(link, raw=target, href=target, text=target)
    elif block.role is Role.HTML:
        start, end = block.text.pieces[0].start, block.text.pieces[-1].end
        yield from (replace(link, start=link.start + start) for link in html.extract(document[start:end]))
    elif block.role is Role.ATTRIBUTES:
        yield from _attribute_links(document, block.text, 0, block.text.string)
    else:
        yield from _inline(document, block)


def _includes(document: str, block: Block) -> Iterator[FoundLink]:
    """Yield what a listing includes: the preprocessor reads its directives too."""
    for match in _MACRO.finditer(block.text.string):
        if match["include"]:
            link = _link(document, block.text, *match.span("include"), "include", match["include"])
            if link is not None:
                yield link


def _inline(document: str, block: Block) -> Iterator[FoundLink]:
    string = block.text.string
    position, covered = 0, []
    while match := _MACRO.search(string, position):
        position = match.end()
        group = match.lastgroup or ""
        if match["escaped"]:
            continue
        for start, end, kind, text in _targets(match, block.separator):
            link = _link(document, block.text, start, end, kind, text)
            if link is not None:
                yield _in_context(link, block.images, string[start - 1 : start])
                covered.append((start, end))
            if kind == "bare":
                position = max(end, match.start() + 1)  # a cell, a mark or a quotation may have cut it
        if match["media"] or group == "icon_text":
            attributes = "media_text" if match["media"] else group
            yield from _attribute_links(document, block.text, match.start(attributes), match[attributes])
        elif group.endswith("text") and re.search(r"\b(?:image|icon):", match[0][1:]):
            position = match.start(group)  # an image inside the link's text
    if "@" in string:
        yield from _emails(document, block.text, covered)


def _in_context(link: FoundLink, images: str, before: str) -> FoundLink:
    """Return the link as the folder of images, or the character before it, makes it."""
    if link.kind == "image":
        return replace(link, href=_in_folder(images, link.href))
    # In straight quotes an address is no autolink.
    return replace(link, optional=link.kind == "bare" and before in ('"', "'"))


def _targets(match: re.Match[str], separator: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield (start, end, kind, text) of the target of one macro in the expanded text."""
    if match["icon_text"] is not None:
        return
    if match["media"]:
        yield *match.span("media_target"), "image", match["media_text"].partition(",")[0]
    elif match["include"]:
        yield *match.span("include"), "include", match["include"]
    elif match["passed"]:
        yield *match.span("passed"), "link", match["passed_text"]
    elif match["macro"]:
        yield *match.span("target"), match["macro"], match["macro_text"]
    elif match["ref"]:
        yield *match.span("ref"), "reference", match["ref_text"] or match["ref"]
    elif match["auto"]:
        start, end = match.span("auto")
        if separator and separator in match["auto"]:
            yield *_bare_end(match.string, start, end, separator), "bare", match["auto"]
        else:
            yield start, end, "link", match["auto_text"]
    else:
        start, end = _bare_end(match.string, *match.span("bare"), separator)
        yield start, end, "bare", match.string[start:end]


def _bare_end(string: str, start: int, end: int, separator: str) -> tuple[int, int]:
    """Cut an autolink where formatting marks, a cell or punctuation end it."""
    stop = string.find("`", start, end)
    end = stop if stop >= 0 else end
    if separator and (stop := string.find(separator, start, end)) >= 0:
        end = stop
    before = string[start - 1 : start]
    if before in ('"', "'") and (stop := string.find(before, start, end)) >= 0:
        return start, stop
    end = _before_marks(string, start, end)
    if before == "<" and (stop := string.find(">", start, end)) >= 0:
        return start, stop
    term = _TERM_END.search(string, start, end)
    if term is not None:
        end = term.start()
    elif string[end - 1] in ";:":
        end -= 1
        end -= string[end - 1] == ")"
    return start, end


def _before_marks(string: str, start: int, end: int) -> int:
    """Leave out the marks at an autolink's end that close what was opened before it (`*see https://...*`)."""
    mark = string[end - 1]
    marks = _MARKS.get(mark)
    if marks is None or len(marks.findall(string, max(0, start - _REACH), start + 1)) % 2 == 0:
        return end
    return start + len(string[start:end].rstrip(mark))


def _link(document: str, text: Text, start: int, end: int, kind: str, label: str) -> FoundLink | None:
    target = text.string[start:end].replace(MASK, "")
    href = _href(target, kind)
    if href is None or start >= end:
        return None
    begin, stop = text.place(start, end)
    raw = document[begin:stop]
    if not raw.strip():
        return None
    return FoundLink(raw=raw, href=href, start=begin, text=label.strip().rstrip("^") or target, kind=_KINDS[kind])


_KINDS = {
    "image": "image",
    "include": "include",
    "link": "link",
    "mailto": "link",
    "xref": "link",
    "reference": "reference",
    "bare": "bare",
}


def _href(target: str, kind: str) -> str | None:
    """Return what a converter makes of a macro's target; None where that is no address."""
    if kind == "mailto":
        return f"mailto:{target.split(',', maxsplit=1)[0]}"
    if kind in ("xref", "reference"):
        return _reference(target)
    if kind == "include":
        return None if "{" in target or "$" in target else target
    if kind == "image" and ("{" in target or (":" in target and "//" not in target)):
        return None  # an unknown attribute, or an image of another component
    for pattern, replacement in _REPLACEMENTS:
        target = pattern.sub(partial(_replaced, replacement), target)
    return target


def _replaced(replacement: str, found: re.Match[str]) -> str:
    return found[0][1:] if found[0].startswith("\\") else replacement


def _in_folder(images: str, href: str) -> str:
    """Return an image's address with the folder of images before it, where it is neither absolute nor a URL."""
    if not images or "{" in images or re.match(r"[a-z][a-z0-9+.-]*:|/", href, re.IGNORECASE):
        return href
    return f"{images.rstrip('/')}/{href}"


def _reference(target: str) -> str | None:
    if any(mark in target for mark in ":{$") or " " in target:
        return None  # a component's page, an unknown attribute or a section's title: no file is named
    path, mark, fragment = target.partition("#")
    if not mark:
        return path if path.endswith((".adoc", ".asciidoc", ".html")) else f"#{path}"
    if path and "." not in path.rsplit("/", 1)[-1]:
        path += ".adoc"
    return path + (f"#{fragment}" if fragment else "")


def _attribute_links(document: str, text: Text, offset: int, string: str) -> Iterator[FoundLink]:
    for value in _QUOTED_VALUE.finditer(string):  # only these are read for macros
        for match in _MACRO.finditer(string, value.start(1), value.end(1)):
            if match["auto"]:
                start, end = match.span("auto")
                link = _link(document, text, offset + start, offset + end, "link", match["auto_text"])
                if link is not None:
                    yield link
    for match in _LINK_ATTRIBUTE.finditer(string):
        group = next(index for index in (1, 2, 3) if match[index])
        start, end = match.span(group)
        if match[group] not in ("self", "none"):
            link = _link(document, text, offset + start, offset + end, "link", "")
            if link is not None and "{" not in link.href:
                yield link


def _emails(document: str, text: Text, covered: list[tuple[int, int]]) -> Iterator[FoundLink]:
    for found in bare_emails(text.string):
        start, end = found.start, found.start + len(found.raw)
        if any(low < end and start < high for low, high in covered) or text.string[start - 1 : start] in ("/", ":"):
            continue
        begin, stop = text.place(start, end)
        yield FoundLink(raw=document[begin:stop], href=found.href, start=begin, text=found.raw, kind="bare")
