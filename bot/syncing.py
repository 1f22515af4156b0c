"""Telling Discord which commands there are: only when asked to, and only when they have changed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from discord import app_commands


def payload(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    """The commands as Discord takes them, in an order that doesn't depend on when they were added."""
    commands = [command.to_dict(tree) for command in tree.get_commands()]
    return sorted(commands, key=lambda command: (command["type"], command["name"]))


def digest(commands: list[dict[str, Any]], application: int) -> str:
    """A digest of all that Discord would be told, and of whom it would be told."""
    content = json.dumps([application, commands], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()
