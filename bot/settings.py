"""The settings that an operator changes by environment variables, with their defaults, limits and meanings.

Nothing is read until `Settings.from_environment` is called. This module imports pydantic, which takes a tenth of a
second, so commands import it only if they need a setting. `bot.config` holds the numbers that no variable changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge, Le
from pydantic import AliasChoices, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config import MAX_DAYS, MAX_FEED_MINUTES
from bot.data_folder import default_data_folder
from bot.token import SettingsError, find_token
from embeddings import SHIPPED

_PREFIX = "REVIEW_BOT_"
_DATA = f"{_PREFIX}DATA"
_READER = f"{_PREFIX}READER"
"""The name of `REVIEW_BOT_RERANKER` in earlier versions."""

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LogFormat = Literal["text", "json"]


class Settings(BaseSettings):
    """What the bot is started with. The token is left out of the representation, and so of every log.

    The variable of a field is its name in capitals after `REVIEW_BOT_`, unless the field names another.
    """

    model_config = SettingsConfigDict(
        frozen=True, env_prefix=_PREFIX, validate_by_name=True, validate_by_alias=True, validate_default=False
    )

    token: str = Field(repr=False)
    data: Path = Field(
        default_factory=default_data_folder, description="The folder with the reviews, the index and the database."
    )
    member_wait: float = Field(
        default=3.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds between two questions of one member. 0 for no wait.",
    )
    server_rate: int = Field(default=60, ge=0, description="Questions per minute in one server. 0 for no limit.")
    queue: int = Field(default=1000, ge=1, description="Questions that may wait before the bot says that it is busy.")
    reranker: str = Field(
        default=SHIPPED,
        validation_alias=AliasChoices(f"{_PREFIX}RERANKER", _READER),
        description="The model that scores the best sentences again: shipped, none, or a CrossEncoder.",
    )
    retention_days: int = Field(
        default=30,
        ge=1,
        le=MAX_DAYS,
        validation_alias=f"{_PREFIX}KEEP_DAYS",
        description="Days for which questions are stored, in servers that choose to store them.",
    )
    grace_days: int = Field(
        default=7,
        ge=0,
        le=MAX_DAYS,
        description="Days after which the data of a server that the bot has left is deleted.",
    )
    feed_minutes: int = Field(
        default=60,
        ge=0,
        le=MAX_FEED_MINUTES,
        description="Minutes between two readings of a feed. 0 for none. Without `feed add` there is no feed.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(str.upper)] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_format: Annotated[LogFormat, BeforeValidator(str.lower)] | None = Field(
        default=None, description="text, or json for one object per line. The default is text in a terminal, else json."
    )
    health_host: str = Field(default="127.0.0.1", description="The address of the health checks and metrics.")
    health_port: int = Field(
        default=9464, ge=0, le=65535, description="The port of the health checks and metrics. 0 turns them off."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        *_: Any,  # noqa: ANN401  # the superclass has a parameter for each source
        **sources: Any,  # noqa: ANN401  # the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is passed: `from_environment` alone reads the environment."""
        return (sources["init_settings"],)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], data: Path | None = None) -> Settings:
        """Read the settings.

        Args:
            environ: the environment.
            data: the data folder, in place of the one that the environment names.

        Raises:
            SettingsError: one is missing or invalid. The message is one line that says what to do.
        """
        settings = _read(environ, data)
        return settings.model_copy(update={"token": find_token(environ, settings.data).value})


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting as it is in effect.

    Attributes:
        name: its environment variable.
        value: what it is set to, in words. A token is never shown.
        source: what set it: `environment`, `command line`, `default`, or where the token was found.
        meaning: what it does, with its unit.
    """

    name: str
    value: str
    source: str
    meaning: str


def describe_settings(environ: Mapping[str, str], data: Path | None = None) -> tuple[SettingRow, ...]:
    """Return every setting with its value, its source and its meaning. The arguments are those of `from_environment`.

    Raises:
        SettingsError: one is invalid. A missing or invalid token raises nothing; its row says so.
    """
    settings = _read(environ, data)
    try:
        value, source = "(hidden)", find_token(environ, settings.data).place
    except SettingsError:
        value, source = "missing or invalid", "see `review-bot doctor`"
    rows = [SettingRow("DISCORD_TOKEN", value, source, "The bot's token.")]
    for name, field in list(Settings.model_fields.items())[1:]:
        variables = _variables(name)
        in_environment = [_value(environ, variable) for variable in variables if _value(environ, variable)]
        source = "environment" if in_environment else "default"
        if name == "data" and str(settings.data) not in (*in_environment, str(default_data_folder())):
            source = "command line"
        value = "" if getattr(settings, name) is None else str(getattr(settings, name))
        rows.append(SettingRow(variables[0], value, source, field.description or ""))
    return tuple(rows)


def feed_minutes(environ: Mapping[str, str]) -> int:
    """Return the minutes between two readings of a feed, 0 for none.

    Raises:
        SettingsError: a setting is invalid.
    """
    return _read(environ, None).feed_minutes


def deprecated_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each variable that is set by its earlier name."""
    if not _value(environ, _READER):
        return ()
    return (f"{_READER} is now {_PREFIX}RERANKER. The earlier name works for one more version.",)


def _value(environ: Mapping[str, str], variable: str) -> str:
    return environ.get(variable, "").strip()


def _read(environ: Mapping[str, str], data: Path | None) -> Settings:
    """Return the settings with an empty token."""
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value.strip() for name, value in environ.items() if value.strip()}
    try:
        return Settings(token="", **source() | ({} if data is None else {"data": data}))
    except ValidationError as error:
        # By the field's name, or by its variable where it has an alias.
        place = str(error.errors()[0]["loc"][0])
        name = next(name for name in Settings.model_fields if place in (name, *_variables(name)))
        variable = _variables(name)[0]
        raise SettingsError(f"{variable}={_value(environ, variable)}: Give {_expected(name)}.") from None


def _variables(name: str) -> tuple[str, ...]:
    """Return the variables that set a field, the current one first."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(map(str, alias.choices))
    return (alias if isinstance(alias, str) else f"{_PREFIX}{name.upper()}",)


def _expected(name: str) -> str:
    """Return what a field takes, in words."""
    field = Settings.model_fields[name]
    if name.startswith("log_"):
        return f"one of {', '.join(get_args(LogLevel if name == 'log_level' else LogFormat))}"
    if field.annotation is float:
        return "a number of seconds, 0 or more"
    least = next(limit.ge for limit in field.metadata if isinstance(limit, Ge))
    most = next((limit.le for limit in field.metadata if isinstance(limit, Le)), None)
    return f"a whole number, {least} or more" if most is None else f"a whole number, {least} to {most}"
