"""A response as the fake's rooms hand it to the server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def text(body: str, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body=body.encode(), headers={"Content-Type": "text/plain;charset=UTF-8", **named})


def html(body: str, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body=body.encode(), headers={"Content-Type": "text/html; charset=utf-8", **named})


def of_json(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = json.dumps(value).encode()
    return Reply(status=status, body=data, headers={"Content-Type": "application/json", **named})
