# ruff: noqa: FBT001, FBT003 - the signature of markdown-it's rules
"""Links of an MDX document: Markdown with ES modules, JSX tags and expressions in braces.

As in MDX (https://mdxjs.com/docs/what-is-mdx/) there is no indented code and no HTML block: what stands
between tags is Markdown. HTML comments, an error there, are read as comments, because files that
are called `.mdx` have them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.html_block import html_block
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.html_inline import html_inline

from crawler.domain.links import FoundLink
from crawler.sources.commonmark import TAG_LINKS, build, note
from crawler.sources.jsx import braces, read_tag, tag_links
from crawler.sources.markdown import Reader

_LONGEST_MODULE = 200
"""Lines looked at for the brackets of one import or export to close: keeps the work linear."""
_MODULE = re.compile(r"(?:import|export)(?=[\s{*'\"]|\Z)")
_LINE_COMMENT = re.compile(r"\{\s*/[/*]")


def extract(document: str) -> list[FoundLink]:
    """Return the links of an MDX document in document order; never raises.

    JSX attributes with a string (`href="..."`, `src={'...'}`) are links, in expressions too;
    all other code is optional.
    """
    return Reader(document, _parser()).links()


def anchors(document: str) -> frozenset[str]:
    """Return what a fragment can point to, as in Markdown."""
    return Reader(document, _parser()).anchors()


@cache
def _parser() -> MarkdownIt:
    return build(_extend)


def _extend(parser: MarkdownIt) -> None:
    parser.disable("code")
    parser.block.ruler.at("html_block", _comment_block, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.block.ruler.before("html_block", "mdx_module", _module)
    parser.block.ruler.before("html_block", "mdx_expression", _expression_block)
    parser.block.ruler.before("html_block", "mdx_tag", _tag_block)
    parser.inline.ruler.at("html_inline", _tag)
    parser.inline.ruler.before("html_inline", "mdx_expression", _expression)


def _comment_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    position = state.bMarks[start] + state.tShift[start]
    return state.src.startswith("<!--", position) and html_block(state, start, end, silent)


def _module(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read `import` and `export` at a line's start up to a blank line outside of brackets."""
    if silent or state.level or state.tShift[start] or not _MODULE.match(state.src, state.bMarks[start]):
        return False
    depth, stop, line = 0, None, start
    end = min(end, start + _LONGEST_MODULE)
    while line < end and not (state.isEmpty(line) and depth <= 0):
        if state.isEmpty(line) and stop is None:
            stop = line
        text = state.src[state.bMarks[line] : state.eMarks[line]]
        depth += sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))
        line += 1
    return _push_code(state, start, line if depth <= 0 or stop is None else stop)


def _expression_block(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """Read an expression that fills its lines, blank ones included."""
    position = state.bMarks[start] + state.tShift[start]
    if silent or state.level or not state.src.startswith("{", position):
        return False
    close = braces(state.src).get(position)
    if close is None:
        return False
    line = start
    while line < state.lineMax and state.eMarks[line] <= close:
        line += 1
    if line >= state.lineMax or state.src[close + 1 : state.eMarks[line]].strip():
        return False
    return _push_code(state, start, line + 1, "mdx_comment" if _is_comment(state.src, position) else "mdx_code")


def _tag_block(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """Read a tag over several lines, whose attributes would else look like quotes and lists."""
    position = state.bMarks[start] + state.tShift[start]
    if silent or not state.src.startswith("<", position):
        return False
    read = read_tag(state.src, position)
    if read is None or read.end <= state.eMarks[start]:
        return False
    line = start + 1
    while line < state.lineMax and state.eMarks[line] < read.end:
        line += 1
    if line >= state.lineMax or state.src[read.end : state.eMarks[line]].strip():
        return False
    content = state.getLines(start, line + 1, state.blkIndent, True)
    again = read_tag(content, lead := len(content) - len(content.lstrip()))
    if again is None or content[again.end :].strip():
        return False  # inside a block quote: its marks were read as part of the tag
    token = state.push("html_block", "", 0)
    token.map = [start, line + 1]
    token.content = content
    token.meta[TAG_LINKS] = [replace(link, start=link.start + lead) for link in tag_links(content, again, lead)]
    state.line = line + 1
    return True


def _push_code(state: StateBlock, start: int, stop: int, kind: str = "mdx_code") -> bool:
    token = state.push(kind, "", 0)
    token.map = [start, stop]
    state.line = stop
    return True


def _expression(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if state.src[start] != "{":
        return False
    close = braces(state.src).get(start)
    if close is None or close >= state.posMax:
        return False
    if not silent:
        token = state.push("mdx_comment" if _is_comment(state.src, start) else "mdx_code", "", 0)
        token.content = state.src[start : close + 1]
        note(token, (start, close + 1))
    state.pos = close + 1
    return True


def _tag(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if state.src[start] != "<":
        return False
    if state.src.startswith("<!--", start):
        if not html_inline(state, silent):
            return False
        if not silent:
            note(state.tokens[-1], (start, state.pos))
        return True
    read = read_tag(state.src, start)
    if read is None or read.end > state.posMax:
        return False
    if not silent:
        token = state.push("html_inline", "", 0)
        token.content = state.src[start : read.end]
        token.meta[TAG_LINKS] = tag_links(state.src, read, start)
        note(token, (start, read.end))
    state.pos = read.end
    return True


def _is_comment(text: str, position: int) -> bool:
    return _LINE_COMMENT.match(text, position) is not None
