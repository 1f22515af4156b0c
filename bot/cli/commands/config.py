"""`review-bot config`."""

from __future__ import annotations

import os
from dataclasses import asdict

from bot.cli.options import DATA, DataOption, JsonOption
from bot.cli.output.console import notice, print_json, say
from bot.cli.output.wording import for_folder


def config(as_json: JsonOption = False, data: DataOption = DATA) -> None:
    """Show all settings and tunable numbers, with their values and where they come from."""
    from bot import config as bot_config
    from bot.settings import deprecated_variables, describe_settings
    from embeddings import FOLDERS_FILE, linked_folders, tunable_numbers

    for line in deprecated_variables(os.environ):
        notice(line)
    settings = describe_settings(os.environ, data)
    bot = {name: getattr(bot_config, name) for name in bot_config.__annotations__}
    engine = tunable_numbers()
    folders = list(map(str, linked_folders(data)))
    if as_json:
        print_json({"settings": [asdict(row) for row in settings], "folders": folders, "bot": bot, "engine": engine})
        return
    say("Settings: name, value, source")
    widths = [max(len(row.name) for row in settings), max(len(row.value) for row in settings)]
    for row in settings:
        say(f"  {row.name:{widths[0]}}  {row.value:{widths[1]}}  {for_folder(row.source, data)}")
    if folders:
        say(f"\nFolders that are read where they are, from {data / FOLDERS_FILE}")
    for folder in folders:
        say(f"  {folder}")
    for module, numbers in (("bot/config.py", bot), ("embeddings/config.py", engine)):
        say(f"\nNumbers of {module}: name, value")
        width = max(map(len, numbers))
        for name, value in numbers.items():
            say(f"  {name:{width}}  {value}")
