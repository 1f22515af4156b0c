"""Render messages as discord.py's objects: as Components V2, or as an embed with buttons where those don't work.

Forms are modals.

The views are stopped at once, so that nothing waits in memory for a press. Buttons are recognised by their `custom_id`
alone (`bot.ui.custom_ids`), so they still work after a restart.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, TypeAlias

import discord
from discord import ui

from bot.ui.elements import (
    MAX_OPTIONS,
    Button,
    ButtonStyle,
    ChannelMenu,
    ChoiceField,
    Divider,
    Element,
    Form,
    Menu,
    Message,
    Row,
    Text,
    TextField,
    TextWithButton,
)

FormValues: TypeAlias = dict[str, str | tuple[str, ...]]
"""What a member sent with a form, by the fields' names: text, or the values that they chose."""

_STYLES = {
    ButtonStyle.PRIMARY: discord.ButtonStyle.primary,
    ButtonStyle.SECONDARY: discord.ButtonStyle.secondary,
    ButtonStyle.DANGER: discord.ButtonStyle.danger,
}
_BUTTONS_IN_A_ROW = 5

WRITTEN_IN = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
    discord.ChannelType.news_thread,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
)
"""The kinds of channels that members write in. A forum stands for all its threads."""


def layout(message: Message) -> ui.LayoutView:
    """Return the message as Components V2. Call it in a running event loop, which a view needs to stop."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=message.style.value)
    for element in message.elements:
        container.add_item(_item(element))
    if message.file is not None:
        # An attachment is shown only if a component names it.
        container.add_item(ui.File(f"attachment://{message.file.name}"))
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    view.stop()
    return view


def embedded(message: Message) -> tuple[discord.Embed, ui.View]:
    """Return the message as an embed and a view of its buttons. Call it in a running event loop."""
    description = "\n\n".join(text.content for text in message.texts())
    embed = discord.Embed(description=description, colour=message.style.value)
    view = ui.View(timeout=None)
    for number, row in enumerate(_rows(message)):
        for item in row:
            item.row = number
            view.add_item(item)
    view.stop()
    return embed, view


def attached(message: Message) -> list[discord.File]:
    """Return the message's file, to send once."""
    return [discord.File(BytesIO(message.file.content.encode()), message.file.name)] if message.file else []


def modal(form: Form) -> ui.Modal:
    """Return the form as a modal. Call it in a running event loop.

    The answer arrives with the form's `custom_id`, and `form_values` reads it.
    """
    dialog = ui.Modal(title=form.title, custom_id=form.custom_id, timeout=None)
    for field in form.fields:
        dialog.add_item(ui.Label(text=field.label, component=_field(field)))
    dialog.stop()
    return dialog


def form_values(interaction: discord.Interaction[Any]) -> FormValues:
    """Return what a member sent with a form."""
    data: Any = interaction.data or {}
    values: FormValues = {}
    for row in data.get("components", ()):
        for field in (row.get("component"), *row.get("components", ())):
            if field is not None and "value" in field:
                values[field["custom_id"]] = str(field["value"])
            elif field is not None and "values" in field:
                values[field["custom_id"]] = tuple(map(str, field["values"]))
    return values


def menu_values(interaction: discord.Interaction[Any]) -> tuple[str, ...]:
    """Return what a member chose in a menu."""
    data: Any = interaction.data or {}
    return tuple(map(str, data.get("values", ())))


def _item(element: Element) -> ui.Item[Any]:
    match element:
        case Text(content, number):
            return ui.TextDisplay(content, id=number)
        case TextWithButton(text, button):
            return ui.Section(ui.TextDisplay(text.content, id=text.id), accessory=_button(button))
        case Divider():
            return ui.Separator()
        case Row(buttons):
            return ui.ActionRow(*map(_button, buttons))
        case Menu():
            return ui.ActionRow(_select(element))
        case ChannelMenu():
            return ui.ActionRow(_channel_select(element))


def _rows(message: Message) -> list[list[ui.Item[Any]]]:
    """Return the message's buttons and menus in rows. Buttons beside a text come first."""
    beside = [_button(element.button) for element in message.elements if isinstance(element, TextWithButton)]
    rows: list[list[ui.Item[Any]]] = [
        [*beside[start : start + _BUTTONS_IN_A_ROW]] for start in range(0, len(beside), _BUTTONS_IN_A_ROW)
    ]
    for element in message.elements:
        if isinstance(element, Row):
            rows.append([_button(button) for button in element.buttons])
        elif isinstance(element, Menu):
            rows.append([_select(element)])
        elif isinstance(element, ChannelMenu):
            rows.append([_channel_select(element)])
    return rows


def _button(button: Button) -> ui.Button[Any]:
    return ui.Button(
        label=button.label or None,
        custom_id=button.custom_id,
        emoji=button.emoji,
        style=_STYLES[button.style],
    )


def _field(field: TextField | ChoiceField) -> ui.TextInput[Any] | ui.Select[Any]:
    if isinstance(field, TextField):
        return ui.TextInput(
            custom_id=field.name,
            style=discord.TextStyle.paragraph if field.several_lines else discord.TextStyle.short,
            default=field.value or None,
            placeholder=field.placeholder or None,
            required=field.shortest > 0,
            min_length=field.shortest or None,
            max_length=field.longest,
        )
    options = [
        discord.SelectOption(label=option.label, value=option.value, default=option.value in field.chosen)
        for option in field.options
    ]
    return ui.Select(
        custom_id=field.name,
        placeholder=field.placeholder or None,
        options=options,
        required=False,
        min_values=0,
        max_values=len(options),
    )


def _select(menu: Menu) -> ui.Select[Any]:
    options = [
        discord.SelectOption(
            label=option.label, value=option.value, description=option.description or None, default=option.chosen
        )
        for option in menu.options
    ]
    return ui.Select(custom_id=menu.custom_id, placeholder=menu.placeholder, options=options)


def _channel_select(menu: ChannelMenu) -> ui.ChannelSelect[Any]:
    chosen = [
        discord.SelectDefaultValue(id=channel, type=discord.SelectDefaultValueType.channel) for channel in menu.chosen
    ]
    return ui.ChannelSelect(
        custom_id=menu.custom_id,
        placeholder=menu.placeholder,
        channel_types=list(WRITTEN_IN),
        default_values=chosen,
        min_values=0,
        max_values=MAX_OPTIONS,
    )
