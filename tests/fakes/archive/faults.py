"""What can go wrong with an answer of the archive, as data that a test scripts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum


class How(StrEnum):
    """ANSWER: a canned response. HANG: accept and say nothing. DRIP: `body`, and then more, byte by byte. DRIP_HEADERS: the
    same with the headers. RESET: RST instead of an answer. TRUNCATE: half of the body that Content-Length
    announced. PASS: the real answer (to place a fault after some good answers)."""

    ANSWER = "answer"
    HANG = "hang"
    DRIP = "drip"
    DRIP_HEADERS = "drip-headers"
    RESET = "reset"
    TRUNCATE = "truncate"
    PASS = "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`times` None is for ever. `acts` does what was asked (a capture, say) and then spoils the answer.
    `framed` False leaves out Content-Length: the body ends where the connection does."""

    how: How = How.ANSWER
    status: int = 200
    body: bytes = b""
    content_type: str | None = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = 1
    acts: bool = False
    framed: bool = True

    def forever(self) -> Fault:
        """The same for every request from here on."""
        return replace(self, times=None)


def answer(status: int, body: bytes | str = b"", content_type: str | None = "text/html", **headers: str) -> Fault:
    """A canned response; `Retry_After="7"` becomes the header Retry-After."""
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status=status, body=data, content_type=content_type, headers=named)


TOO_MANY = answer(
    429,
    "<html><body><h1>429 Too Many Requests</h1>\nYou have sent too many requests in a given amount of time.\n"
    "</body></html>\n",
    X_ts="429",
)
SAVE_TOO_MANY = answer(
    429,
    "<html><body><h1>Too Many Requests</h1>We are limiting the number of URLs you can submit to be Archived to the "
    "Wayback Machine, using the Save Page Now features, to no more than 15 per minute.</body></html>\n",
)
OFFLINE_PAGE = "<html><head><title>Internet Archive: Temporarily Offline</title></head><body>offline</body></html>"
OFFLINE_200 = answer(200, OFFLINE_PAGE)
OFFLINE_503 = answer(503, OFFLINE_PAGE)
ORIGIN_UNREACHABLE = answer(523, "error code: 523", "text/plain; charset=UTF-8")
GATEWAY_TIMEOUT = answer(504, "<html><body><h1>504 Gateway Time-out</h1></body></html>")
_BLOCKED = (
    "org.archive.util.io.RuntimeIOException: org.archive.wayback.exception.{}AccessControlException: Blocked Site Error"
)
BLOCKED = answer(
    403,
    _BLOCKED.format("Administrative") + "\n",
    "text/plain;charset=UTF-8",
    X_Archive_Wayback_Runtime_Error=_BLOCKED.format("Administrative"),
)
BLOCKED_BY_ROBOTS = answer(
    403,
    _BLOCKED.format("Robot") + "\n",
    "text/plain;charset=UTF-8",
    X_Archive_Wayback_Runtime_Error=_BLOCKED.format("Robot"),
)
HANG = Fault(how=How.HANG)
RESET = Fault(how=How.RESET)
PASS = Fault(how=How.PASS)
EXCLUDED_PAGE = (
    "<html><head><title>Internet Archive Wayback Machine</title></head><body><p>Sorry.</p>"
    "<p>This URL has been excluded from the Wayback Machine.</p></body></html>"
)
NOT_ARCHIVED_PAGE = (
    "<html><head><title>Internet Archive Wayback Machine</title></head><body>"
    "<p>The Wayback Machine has not archived that URL.</p></body></html>"
)
