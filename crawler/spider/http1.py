"""Reading an HTTP/1 response from bytes: no I/O, bounded, forgiving where browsers are (RFC 9112).

What is read leniently: bare LF, folded lines, `ICY`, a missing reason phrase, lines without a colon,
conflicting lengths. What ends in `Malformed`: no status line (HTTP/0.9), a status that is no status,
a header block over its cap, counting every interim 1xx response, and 101. Status 999 is let through:
LinkedIn answers it to robots (seen 2026-11), all other statuses outside 100-599 are nonsense.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_STATUS_LINE = re.compile(rb"(?:HTTP/(\d)(?:\.(\d))?|ICY)[ \t]+(\d{1,10})(?:[ \t]|$)", re.IGNORECASE)
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_CHUNK_LINE = 4096
_KNOWN_ODD_STATUSES = frozenset({999})


class Malformed(ValueError):
    """The bytes are no HTTP response that we take."""


@dataclass(slots=True)
class Head:
    """A response's status and headers; names are lower case, repeated fields keep their order."""

    status: int
    version: tuple[int, int]
    fields: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        """Return the first value of a field, or None."""
        return next((value for key, value in self.fields if key == name), None)

    def every(self, name: str) -> list[str]:
        """Return all values of a field."""
        return [value for key, value in self.fields if key == name]

    @property
    def content_length(self) -> int | None:
        """The announced length in bytes, if there is a sane one."""
        text = (self.get("content-length") or "").partition(",")[0].strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return any("chunked" in value.lower() for value in self.every("transfer-encoding"))


class ResponseReader:
    """Takes bytes as they come; `head` appears first, then `body` grows up to `body_cap`.

    `complete` means that no more bytes are needed: the body ended or reached the cap (`capped`).
    Without a call of `want_body` the response is complete with its head.
    """

    def __init__(self, *, header_cap: int) -> None:
        self.head: Head | None = None
        self.complete = False
        self.capped = False
        self.damaged = False
        self._header_cap = header_cap
        self._header_bytes = 0
        self._buffer = bytearray()
        self._body = bytearray()
        self._body_cap = 0
        self._remaining: int | None = None
        self._chunked = False
        self._in_chunk = 0

    @property
    def started(self) -> bool:
        """Whether any byte of the response came."""
        return self._header_bytes > 0 or bool(self._buffer)

    @property
    def body(self) -> bytes:
        """The body as far as it was read."""
        return bytes(self._body)

    def feed(self, data: bytes) -> None:
        """Take more bytes.

        Raises:
            Malformed: they are no response.
        """
        self._buffer += data
        if self.head is None:
            self._read_head()
        elif not self.complete:
            self._read_body()

    def want_body(self, cap: int) -> None:
        """Ask for the body too, up to so many bytes; called once the head is there."""
        if self.head is None:
            raise RuntimeError("the head has not been read yet")
        self._body_cap = cap
        self._chunked = self.head.chunked
        self._remaining = None if self._chunked else self.head.content_length
        self.complete = self.head.status in {204, 205, 304} or self._remaining == 0
        if not self.complete:
            self._read_body()

    def end(self) -> None:
        """Tell that the connection ended.

        Raises:
            Malformed: it ended within the header.
        """
        if self.head is None:
            raise Malformed("the connection ended within the response header")
        if not self.complete and (self._chunked or self._remaining):
            self.damaged = True
        self.complete = True

    def _read_head(self) -> None:
        while self.head is None:
            match = _END_OF_HEADERS.search(self._buffer)
            size = match.end() if match else len(self._buffer)
            if self._header_bytes + size > self._header_cap:
                raise Malformed("the response header is too large")
            if match is None:
                _refuse_early(self._buffer)
                return
            block = bytes(self._buffer[: match.start()])
            del self._buffer[: match.end()]
            self._header_bytes += size
            head = _parse_head(block)
            if head.status == 101:
                raise Malformed("the server switches to another protocol")
            if head.status >= 200:
                self.head = head

    def _read_body(self) -> None:
        if self._chunked:
            self._read_chunks()
        else:
            self._take(len(self._buffer) if self._remaining is None else self._remaining)
            if self._remaining == 0:
                self.complete = True
        if len(self._body) >= self._body_cap and not self.complete:
            self.capped = self.complete = True

    def _take(self, wanted: int) -> int:
        room = self._body_cap - len(self._body)
        size = min(wanted, room, len(self._buffer))
        self._body += self._buffer[:size]
        del self._buffer[:size]
        if self._remaining is not None:
            self._remaining -= size
        return size

    def _read_chunks(self) -> None:
        while not self.complete and len(self._body) < self._body_cap:
            if self._in_chunk > 0:
                taken = self._take(self._in_chunk)
                self._in_chunk -= taken
                if self._in_chunk > 0:
                    return
            elif not self._next_chunk():
                return

    def _next_chunk(self) -> bool:
        """Read a chunk's size line; False where more bytes are needed or the body is over."""
        data = self._buffer.lstrip(b"\r\n")
        end = data.find(b"\n")
        if end < 0:
            self._fail_chunks(len(data) > _CHUNK_LINE)
            return False
        text = bytes(data[:end]).partition(b";")[0].strip()
        self._buffer = data[end + 1 :]
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", text):
            self._fail_chunks(True)  # noqa: FBT003 - one caller, one meaning
            return False
        self._in_chunk = int(text, 16)
        self.complete = self._in_chunk == 0
        return not self.complete

    def _fail_chunks(self, broken: bool) -> None:  # noqa: FBT001 - private
        if broken:
            self.damaged = self.complete = True


def _refuse_early(buffer: bytearray) -> None:
    """Refuse what can no longer become a status line, so that endless rubbish ends at once."""
    start = bytes(buffer[:5]).upper()
    if start and not (b"HTTP/".startswith(start) or b"ICY ".startswith(start[:4])):
        raise Malformed("the answer is not HTTP")


def _parse_head(block: bytes) -> Head:
    first, *lines = re.split(rb"\r?\n", block.lstrip(b"\r\n"))
    match = _STATUS_LINE.match(first)
    if match is None:
        raise Malformed("the answer is not HTTP")
    status = int(match[3])
    if not 100 <= status <= 599 and status not in _KNOWN_ODD_STATUSES:
        raise Malformed(f"{status} is no HTTP status")
    head = Head(status=status, version=(int(match[1] or 1), int(match[2] or 0)))
    for line in lines:
        if line[:1] in {b" ", b"\t"} and head.fields:
            name, value = head.fields[-1]
            head.fields[-1] = (name, f"{value} {_text(line)}".strip())
            continue
        name_bytes, colon, value_bytes = line.partition(b":")
        if colon and name_bytes.strip():
            head.fields.append((_text(name_bytes).lower(), _text(value_bytes)))
    return head


def _text(value: bytes) -> str:
    """Return a field as text: UTF-8 where it is that, else Latin-1 (RFC 9110 section 5.5)."""
    raw = value.strip(b" \t\r\n").replace(b"\0", b"")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
