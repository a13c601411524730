"""GitHub's own description of its API as an oracle: is a recorded request one that GitHub describes?"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.fakes.github import DESCRIPTIONS, Request


@cache
def description(name: str) -> dict[str, Any]:
    """Return one edition: `api.github.com`, `ghec`, `ghes-3.17` ..."""
    path = DESCRIPTIONS / f"{name}.json"
    assert path.exists(), "GitHub's API description is missing: run tests/wire/github/install.sh"
    return json.loads(path.read_text(encoding="utf-8"))


def problems(request: Request, name: str) -> list[str]:
    """Return what is wrong with a request; an empty list when the description allows it."""
    document = description(name)
    template = _template(request, document)
    if template is None:
        return [f"{request.method} {request.path}: not described"]
    operation = document["paths"][template][request.method.lower()]
    found = [*_query_problems(request, operation, document), *_body_problems(request, operation, document)]
    return [f"{request.method} {template}: {problem}" for problem in found]


def _template(request: Request, document: dict[str, Any]) -> str | None:
    fitting = [
        template
        for template, item in document["paths"].items()
        if request.method.lower() in item
        and re.fullmatch(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template)), request.path)
    ]
    return max(fitting, key=lambda template: -template.count("{"), default=None)


def _query_problems(request: Request, operation: dict[str, Any], document: dict[str, Any]) -> list[str]:
    parameters = [_resolved(parameter, document) for parameter in operation.get("parameters", [])]
    schemas = {parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "query"}
    found = [f"unknown query parameter {name}" for name, _ in request.query if name not in schemas]
    for name, text in request.query:
        if name in schemas:
            schema = _converted(_resolved(schemas[name], document))
            value = int(text) if schema.get("type") == "integer" and text.isdigit() else text
            found += [f"query {name}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)]
    return found


def _body_problems(request: Request, operation: dict[str, Any], document: dict[str, Any]) -> list[str]:
    if request.body is None:
        return ["no body"] if operation.get("requestBody", {}).get("required") else []
    schema = _converted(operation["requestBody"]["content"]["application/json"]["schema"])
    known = set(schema["properties"])
    unknown = [f"unknown field {name}" for name in request.body if name not in known]
    return unknown + [error.message for error in Draft202012Validator(schema).iter_errors(request.body)]


def _resolved(value: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    target: Any = document
    for part in value["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return target


def _converted(schema: Any) -> Any:
    """Turn OpenAPI 3.0's `nullable` into JSON Schema."""
    if isinstance(schema, list):
        return [_converted(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {name: _converted(value) for name, value in schema.items() if name not in ("nullable", "example")}
    if schema.get("nullable") is not True:
        return converted
    return {"anyOf": [converted, {"type": "null"}], "properties": converted.get("properties", {})}
