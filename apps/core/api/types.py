"""TypeScript types of the API, written from the schema, so that the front end cannot disagree with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_HEAD = "// Written by `manage.py api_types` from the OpenAPI schema. Do not edit.\n"
_SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def typescript(schema: dict[str, Any]) -> str:
    """One exported type for every component, and one for every operation's answer."""
    return _HEAD + "\n".join([*_components(schema), *_operations(schema)]) + "\n"


def _components(schema: dict[str, Any]) -> Iterator[str]:
    for name, shape in sorted(schema["components"]["schemas"].items()):
        yield f"export type {name} = {_type(shape)};"


def _operations(schema: dict[str, Any]) -> Iterator[str]:
    yield "\nexport interface Answers {"
    for path, methods in sorted(schema["paths"].items()):
        for method, operation in sorted(methods.items()):
            for status, answer in sorted(operation.get("responses", {}).items()):
                shape = answer.get("content", {}).get("application/json", {}).get("schema")
                if status.startswith("2") and shape:
                    yield f"  {json.dumps(f'{method.upper()} {path}')}: {_type(shape)};"
                    break
    yield "}"


def _type(shape: dict[str, Any]) -> str:
    return " | ".join(dict.fromkeys(_parts(shape)))


def _parts(shape: dict[str, Any]) -> list[str]:
    if "$ref" in shape:
        return [shape["$ref"].rsplit("/", 1)[-1]]
    if "enum" in shape:
        return [json.dumps(value, ensure_ascii=False) for value in shape["enum"]]
    if "allOf" in shape:
        return [" & ".join(_type(part) for part in shape["allOf"])]
    choices = shape.get("oneOf") or shape.get("anyOf")
    if choices is None and isinstance(shape.get("type"), list):
        choices = [{**shape, "type": kind} for kind in shape["type"]]
    if choices is not None:
        return [part for choice in choices for part in _parts(choice)]
    return [_one(shape)]


def _one(shape: dict[str, Any]) -> str:
    kind = shape.get("type", "unknown")
    if kind == "array":
        return f"Array<{_type(shape.get('items', {}))}>"
    return _object(shape) if kind == "object" else _SIMPLE.get(kind, "unknown")


def _object(shape: dict[str, Any]) -> str:
    if "properties" not in shape:
        extra = shape.get("additionalProperties")
        return f"Record<string, {_type(extra) if isinstance(extra, dict) else 'unknown'}>"
    required = set(shape.get("required", []))
    fields = [
        f"{'readonly ' if part.get('readOnly') else ''}{_name(name)}{'' if name in required else '?'}: {_type(part)}"
        for name, part in shape["properties"].items()
    ]
    return "{ " + "; ".join(fields) + " }"


def _name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)
