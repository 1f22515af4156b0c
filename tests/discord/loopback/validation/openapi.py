"""Validate bodies against Discord's OpenAPI description.

The description is `../shared/discord/openapi.json` beside the project, or the file that `DISCORD_OPENAPI` names.
Without one there is no such validation, and the tests that need it are skipped with `WHY_ABSENT`.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from rfc3986_validator import validate_rfc3986  # type: ignore[import-untyped]  # it ships no types

from tests.discord.loopback.state.objects import Json
from tests.discord.loopback.validation.limits import Wrong
from tests.project import ROOT

WHY_ABSENT = "no OpenAPI description: neither ../shared/discord/openapi.json nor DISCORD_OPENAPI"
SCHEMAS = "#/components/schemas/"


def where() -> Path | None:
    """Return the path of the description, or None if there is none."""
    named = os.environ.get("DISCORD_OPENAPI")
    path = Path(named) if named else ROOT.parent / "shared" / "discord" / "openapi.json"
    return path if path.is_file() else None


def _linked(node: Any, schemas: Json) -> Any:
    """Replace every reference by what it names. Looking references up took half of a validation's time."""
    if isinstance(node, list):
        return [_linked(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith(SCHEMAS):
        return schemas[reference.removeprefix(SCHEMAS)]
    return {key: _linked(value, schemas) for key, value in node.items()}


def _types_of(branch: Json) -> frozenset[Any]:
    """Return the values of `type` that a branch of a union requires, or none if it requires none."""
    values = branch.get("properties", {}).get("type", {}).get("enum", ())
    return frozenset(values if "type" in branch.get("required", ()) else ())


def _one_of(validator: Any, branches: list[Json], instance: Any, schema: Json) -> Iterator[ValidationError]:
    """Check `oneOf` by the branch that the instance's `type` names.

    Discord tells its unions apart by that key. This is faster than trying every branch at every level, and the error
    says what is wrong instead of naming every branch.
    """
    cases = [branch for branch in branches if branch.get("type") != "null"]
    if instance is None and len(cases) < len(branches):
        return
    if len(cases) == 1:
        yield from validator.descend(instance, cases[0])
        return
    types = [_types_of(branch) for branch in cases]
    if not all(types) or not isinstance(instance, dict):
        yield from Draft202012Validator.VALIDATORS["oneOf"](validator, branches, instance, schema)
        return
    for each, branch in zip(types, cases, strict=True):
        if any(instance.get("type") == value for value in each):
            yield from validator.descend(instance, branch)
            return
    yield ValidationError(f"{instance.get('type')!r} is no type that is allowed here")


def _any_of(validator: Any, branches: list[Json], instance: Any, schema: Json) -> Iterator[ValidationError]:
    keyword = _one_of if all(map(_types_of, branches)) else Draft202012Validator.VALIDATORS["anyOf"]
    yield from keyword(validator, branches, instance, schema)


class Schema:
    """The description, with a validator for each operation."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        schemas: Json = document["components"]["schemas"]
        # Discord takes a number for a snowflake as well, and discord.py sends them in places.
        schemas["SnowflakeType"]["type"] = ["string", "integer"]
        for name in schemas:
            # In place, for others point to it.
            linked = _linked(schemas[name], schemas)
            schemas[name].clear()
            schemas[name].update(linked)
        self._paths: Json = _linked(document["paths"], schemas)
        self._kind: Any = extend(  # type: ignore[no-untyped-call]  # its stubs leave this one out
            Draft202012Validator, validators={"oneOf": _one_of, "anyOf": _any_of}
        )
        self._formats = FormatChecker()
        self._formats.checks("uri")(self._is_uri)
        self._validators: dict[tuple[object, ...], Validator] = {}

    @staticmethod
    def _is_uri(value: object) -> bool:
        return not isinstance(value, str) or bool(validate_rfc3986(value, rule="URI"))

    def body(self, method: str, template: str, body: Any) -> Iterator[Wrong]:
        """Yield what is wrong with a request's body."""
        operation = self._paths.get(template, {}).get(method.lower(), {})
        yield from self._errors((method, template), operation.get("requestBody", {}), body)

    def response(self, method: str, template: str, status: int, body: Any) -> Iterator[Wrong]:
        """Yield what is wrong with a response's body, that is, with the loopback Discord itself."""
        operation = self._paths.get(template, {}).get(method.lower(), {})
        yield from self._errors((method, template, status), operation.get("responses", {}).get(str(status), {}), body)

    def _errors(self, key: tuple[object, ...], part: Json, body: Any) -> Iterator[Wrong]:
        schema = part.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return
        if key not in self._validators:
            self._validators[key] = self._kind(schema, format_checker=self._formats)
        for error in self._validators[key].iter_errors(body):
            yield Wrong(tuple(error.absolute_path), _readable(error))


def _readable(error: jsonschema.ValidationError) -> str:
    message = error.message
    return message if len(message) <= 200 else f"{message[:120]} ... {message[-60:]}"


@functools.cache
def load() -> Schema | None:
    """Return the description, which is read once, or None if there is none."""
    path = where()
    return Schema(path) if path else None
