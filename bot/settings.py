"""Settings: read once from the environment and `.env`, checked, then frozen.

One long file: all that can be set stands in one place, and beside it what makes a value wrong.
"""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from dotenv.parser import parse_stream

from bot.errors import SettingsError
from bot.filetypes import TYPES
from bot.streams.places import Place, read_places
from bot.text import clean

PREFIX = "GRIJA_"


def _setting(default: Any, help: str, *, secret: bool = False) -> Any:
    # A repr ends up in logs and tracebacks: no secret is in it.
    return field(default=default, repr=not secret, metadata={"help": help, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """All settings with their defaults. The field `port` is the variable `GRIJA_PORT`, and so on."""

    host: str = _setting("127.0.0.1", "Address to listen on; 0.0.0.0 serves the network.")
    port: int = _setting(8080, "TCP port to listen on.")
    data: Path = _setting(Path("var"), "Folder of everything that is kept: database, keys, caches.")
    models: Path = _setting(
        Path("models"), "Folder of trained models; its file `current` names the served one."
    )
    database_url: str = _setting(
        "", "postgresql://user:password@host/name, or empty for SQLite in the data folder.", secret=True
    )
    languages: tuple[str, ...] = _setting(
        ("en", "pl", "el", "bg", "ro"),
        "Languages of the site, comma-separated; the first one greets when nothing tells which.",
    )
    site: str = _setting("demo", "Name of the site whose widget this server serves (data-site).")
    allowed_origins: tuple[str, ...] = _setting(
        (), "Origins of pages that may embed the widget, comma-separated; the server's own page always may."
    )
    secret: str = _setting(
        "",
        "Key that signs visitor tokens, 32 characters or more; made in the data folder if empty.",
        secret=True,
    )
    identity_secret: str = _setting(
        "",
        "Key with which your site signs its customers' identity (HMAC); empty refuses identities.",
        secret=True,
    )
    support_contact: str = _setting(
        "help@grija.example", "Where customers reach a person outside of this chat."
    )
    knowledge: Path = _setting(
        Path("data/knowledge"), "Folder of the help articles that policy questions are answered from."
    )
    shop_url: str = _setting(
        "demo://", "The shop behind the actions: demo:// or the http(s) address of an adapter."
    )
    shop_token: str = _setting("", "Bearer token for the shop's HTTP adapter.", secret=True)
    shop_timeout: float = _setting(5.0, "Seconds the shop may take to answer one call.")
    public_url: str = _setting(
        "http://localhost:8080",
        "Address under which customers reach this server, with GRIJA_PORT if empty; links in mails begin with it.",
    )
    smtp_url: str = _setting(
        "",
        "Mail server, smtp://user:password@host:587 or smtps://…, or empty for outbox.mbox in the data folder.",
        secret=True,
    )
    mail_from: str = _setting("Grija <shop@grija.example>", "Sender of mails to customers.")
    slack_bot_token: str = _setting(
        "",
        "Bot token of your Slack workspace (xoxb-…); set, it puts the Slack channel into use.",
        secret=True,
    )
    slack_signing_secret: str = _setting(
        "", "Signing secret of the Slack app: deliveries over HTTP are checked with it.", secret=True
    )
    slack_app_token: str = _setting(
        "", "App-level token (xapp-…) with connections:write; set, it turns on Socket Mode.", secret=True
    )
    slack_api_url: str = _setting("https://slack.com/api/", "Address of Slack's Web API.")
    slack_client_id: str = _setting(
        "", "Client ID of the Slack app, for installing it in several workspaces."
    )
    slack_client_secret: str = _setting(
        "", "Client secret of the Slack app, together with the client ID.", secret=True
    )
    telegram_token: str = _setting(
        "",
        "Token of your Telegram bot, from @BotFather; set, it puts the Telegram channel into use.",
        secret=True,
    )
    telegram_api_url: str = _setting(
        "https://api.telegram.org", "Address of Telegram's Bot API, or of a Bot API server of your own."
    )
    telegram_webhook_secret: str = _setting(
        "",
        "Set, Telegram delivers to GRIJA_PUBLIC_URL and proves itself with this; empty, we ask Telegram (polling).",
        secret=True,
    )
    llm_url: str = _setting(
        "",
        "Base address of an OpenAI-compatible API (…/v1) that writes summaries for agents; empty switches them off.",
    )
    llm_key: str = _setting("", "Key for that API.", secret=True)
    llm_model: str = _setting("", "Name of the model to ask there.")
    llm_timeout: float = _setting(20.0, "Seconds that API may take for one summary.")
    alert_emails: tuple[str, ...] = _setting(
        (), "E-mail addresses that are told when more customers than usual become unhappy, comma-separated."
    )
    alert_slack_channel: str = _setting(
        "", "Slack channel (its ID, C…) that is told the same, in the workspace of GRIJA_SLACK_BOT_TOKEN."
    )
    webhook_hosts: tuple[str, ...] = _setting(
        (), "Hosts of the inside, or without https, that webhooks may go to, comma-separated."
    )
    signal_sinks: tuple[str, ...] = _setting(
        (),
        "Where signals go as a stream, comma-separated: file:signals.ndjson, amqp(s)://…/exchange, kafka(s)://…/topic.",
        secret=True,
    )
    signal_days: float = _setting(
        7.0, "Days for which a signal is tried to be sent to a sink before it is given up."
    )
    session_hours: float = _setting(
        12.0, "Hours without a request after which a signed-in session of the console ends."
    )
    session_days: float = _setting(7.0, "Days after which a signed-in session ends in any case.")
    turn_timeout: float = _setting(30.0, "Seconds one turn of the dialogue may take.")
    turn_tries: int = _setting(5, "Failed tries after which a message is set aside for people to see.")
    turn_workers: int = _setting(16, "Conversations worked on at the same time.")
    delivery_tries: int = _setting(8, "Failed tries after which a delivery is given up.")
    dialogue_turns: int = _setting(2, "Customer turns that the dialogue state remembers.")
    file_megabytes: int = _setting(20, "Largest file that a customer may send, in megabytes.")
    file_types: tuple[str, ...] = _setting(
        TYPES, "Types of files that customers may send, comma-separated; told apart by their bytes."
    )
    avatars: tuple[str, ...] = _setting(
        ("slack",),
        "Platforms whose pictures of customers are kept for agents: slack, telegram, or empty for none.",
    )
    antivirus_command: str = _setting(
        "", "Command that looks at each file, its path appended; any exit code but 0 means infected."
    )
    sweep_seconds: float = _setting(5.0, "Pause between searches for messages whose wake-up was lost.")
    messages_per_minute: int = _setting(30, "Messages one visitor may send in a minute.")
    visitors_per_hour: int = _setting(120, "New visitors from one IP address in an hour.")
    uploads_per_hour: int = _setting(60, "Files that may be uploaded from one IP address in an hour.")
    sockets_per_ip: int = _setting(20, "Open widget sockets from one IP address.")
    sockets: int = _setting(2000, "Open widget sockets in all.")
    trusted_proxies: int = _setting(0, "Reverse proxies in front whose X-Forwarded-For entries are believed.")
    log_level: str = _setting("info", "debug, info, warning or error.")
    log_format: str = _setting("json", "json, or console for people.")
    log_text: bool = _setting(False, "Write customers' words into the log (never in production).")

    @property
    def database(self) -> str:
        """The database's URL with its driver; SQLite in the data folder unless another is set."""
        if not self.database_url:
            return f"sqlite:///{self.data.resolve() / 'grija.sqlite'}"
        return re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", self.database_url)

    @property
    def sink_places(self) -> tuple[Place, ...]:
        """The sinks of the stream of signals; SettingsError if one cannot be read."""
        return read_places(self.signal_sinks)

    @property
    def sink_names(self) -> tuple[str, ...]:
        """The names under which signals wait for those sinks."""
        return tuple(place.name for place in self.sink_places)


def variable(name: str) -> str:
    """The environment variable of a settings field."""
    return PREFIX + name.upper()


def read_settings(environment: Mapping[str, str] | None = None, *, dotenv: Path = Path(".env")) -> Settings:
    """Settings from the environment over `.env` over the defaults. SettingsError names the first wrong one."""
    environment = os.environ if environment is None else environment
    given = {key: value for key, value in {**_file(dotenv), **environment}.items() if key.startswith(PREFIX)}
    known = {variable(item.name): item for item in fields(Settings)} | _FOREIGN
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; see docs/settings.md for those that exist")
    values = {
        item.name: _cast(variable(item.name), given[variable(item.name)], item.default)
        for item in fields(Settings)
        if given.get(variable(item.name), "").strip()
    }
    # Nobody has said where people reach us: here, then.
    here = {} if "port" not in values else {"public_url": f"http://localhost:{values['port']}"}
    settings = Settings(**{**here, **values})
    _check(settings)
    return settings


# Variables of tests and tools, which are no settings of the server.
_FOREIGN: dict[str, Any] = {f"{PREFIX}CHROMIUM": None, f"{PREFIX}PYTHON": None}


def _file(dotenv: Path) -> dict[str, str]:
    if not dotenv.is_file():
        return {}
    try:
        with dotenv.open(encoding="utf-8") as file:
            lines = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{dotenv} cannot be read: {error}") from None
    for line in lines:
        if line.error or (line.key and line.key.startswith(PREFIX) and line.value is None):
            # The line itself may hold a secret: its number is enough.
            raise SettingsError(f"{dotenv}, line {line.original.line}: write NAME=value")
    return {line.key: line.value for line in lines if line.key and line.value is not None}


def _cast(name: str, text: str, default: Any) -> Any:
    text = text.strip()
    if clean(text) != text:
        raise SettingsError(f"{name} holds control characters")
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                text.lower()
            ]
        if isinstance(default, tuple):
            return tuple(part.strip() for part in text.split(",") if part.strip())
        value = type(default)(text) if not isinstance(default, Path) else Path(text)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError
        return value
    except (ValueError, KeyError):
        kind = {bool: "yes or no", int: "a whole number", float: "a number"}.get(type(default), "a value")
        raise SettingsError(f"{name} must be {kind}, not {text!r}") from None


def _check(settings: Settings) -> None:
    positive = ("turn_tries", "turn_workers", "delivery_tries", "dialogue_turns", "sweep_seconds", "turn_timeout",
                "shop_timeout", "llm_timeout", "messages_per_minute", "visitors_per_hour", "sockets_per_ip", "sockets",
                "uploads_per_hour", "file_megabytes", "session_hours", "session_days", "signal_days")  # fmt: skip
    for name in positive:
        if getattr(settings, name) <= 0:
            raise SettingsError(f"{variable(name)} must be above 0")
    if settings.trusted_proxies < 0:
        raise SettingsError("GRIJA_TRUSTED_PROXIES must be 0 or above")
    if not 0 <= settings.port <= 65535:
        raise SettingsError(f"GRIJA_PORT must be between 0 and 65535, not {settings.port}")
    if not re.match(r"(sqlite|postgresql\+asyncpg)://", settings.database):
        raise SettingsError("GRIJA_DATABASE_URL must begin with postgresql:// or be empty for SQLite")
    if _parts(settings.database) is None:
        raise SettingsError("GRIJA_DATABASE_URL must look like postgresql://user:password@host:5432/name")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", settings.site):
        raise SettingsError("GRIJA_SITE must be 1 to 64 letters, digits or any of . _ -")
    if settings.secret and len(settings.secret) < 32:
        raise SettingsError("GRIJA_SECRET must have 32 characters or more")
    if settings.identity_secret and len(settings.identity_secret) < 32:
        raise SettingsError("GRIJA_IDENTITY_SECRET must have 32 characters or more")
    read_places(settings.signal_sinks)
    _check_neighbours(settings)
    _check_slack(settings)
    _check_telegram(settings)
    _check_alerts(settings)
    _check_files(settings)
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingsError("GRIJA_LOG_LEVEL must be debug, info, warning or error")
    if settings.log_format not in ("json", "console"):
        raise SettingsError("GRIJA_LOG_FORMAT must be json or console")
    if not settings.languages:
        raise SettingsError("GRIJA_LANGUAGES must name one language or more")
    for language in settings.languages:
        if not re.fullmatch("[a-z]{2}", language):
            raise SettingsError(f"GRIJA_LANGUAGES: {language!r} is not a two-letter language code")
    for origin in settings.allowed_origins:
        # Exactly as browsers write it, else it would never match: no path, lower case.
        if _parts(origin) is None or not re.fullmatch(r"https?://[^\s/?#@A-Z]+", origin):
            raise SettingsError(
                f"GRIJA_ALLOWED_ORIGINS: {origin!r} is not an origin such as https://shop.example (lower case, no path)"
            )


def _check_files(settings: Settings) -> None:
    strange = [name for name in settings.avatars if name not in ("slack", "telegram")]
    if strange:
        raise SettingsError(f"GRIJA_AVATARS: {strange[0]!r} is not one of slack, telegram")
    unknown = [name for name in settings.file_types if name not in TYPES]
    if unknown:
        raise SettingsError(f"GRIJA_FILE_TYPES: {unknown[0]!r} is not one of {', '.join(TYPES)}")
    try:
        shlex.split(settings.antivirus_command)
    except ValueError as error:
        raise SettingsError(f"GRIJA_ANTIVIRUS_COMMAND is no command line: {error}") from None


def _check_neighbours(settings: Settings) -> None:
    """Look at the addresses of what stands beside the server: shop, mail, the public."""
    shop = _parts(settings.shop_url)
    if shop is None or shop.scheme not in ("demo", "http", "https"):
        raise SettingsError("GRIJA_SHOP_URL must be demo:// or begin with http:// or https://")
    if "@" in shop.netloc:
        raise SettingsError("GRIJA_SHOP_URL must not hold a password; set GRIJA_SHOP_TOKEN")
    public = _parts(settings.public_url)
    if public is None or public.scheme not in ("http", "https") or not public.hostname or public.query:
        raise SettingsError("GRIJA_PUBLIC_URL must begin with http:// or https:// and name a host")
    mail = _parts(settings.smtp_url)
    if settings.smtp_url not in ("", "mbox:") and (
        mail is None or mail.scheme not in ("smtp", "smtps") or not mail.hostname
    ):
        # The value holds a password: it is not repeated.
        raise SettingsError("GRIJA_SMTP_URL must be empty or look like smtp://user:password@host:587")
    _check_summaries(settings)
    if "@" not in settings.mail_from:
        raise SettingsError("GRIJA_MAIL_FROM must be an e-mail address such as Shop <shop@shop.example>")


def _check_alerts(settings: Settings) -> None:
    """Look at where alerts go to."""
    for email in settings.alert_emails:
        if not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", email):
            raise SettingsError(f"GRIJA_ALERT_EMAILS: {email!r} is not an e-mail address")
    channel = settings.alert_slack_channel
    if channel and not re.fullmatch(r"[CG][A-Z0-9]{1,20}", channel):
        raise SettingsError("GRIJA_ALERT_SLACK_CHANNEL must be a channel's ID such as C0123456789")
    if channel and not settings.slack_bot_token:
        raise SettingsError("GRIJA_ALERT_SLACK_CHANNEL is set, but GRIJA_SLACK_BOT_TOKEN is not")


def _check_summaries(settings: Settings) -> None:
    """Look at the API that writes summaries; the key is not repeated."""
    if not settings.llm_url:
        return
    api = _parts(settings.llm_url)
    if (
        api is None
        or api.scheme not in ("http", "https")
        or not api.hostname
        or "@" in api.netloc
        or api.query
    ):
        raise SettingsError("GRIJA_LLM_URL must begin with http:// or https:// and name a host")
    if not settings.llm_model:
        raise SettingsError("GRIJA_LLM_URL is set, but GRIJA_LLM_MODEL is not")


def _check_slack(settings: Settings) -> None:
    """Half a Slack is none: say which setting is missing, and never what is in the others."""
    if not re.match("xoxb-|$", settings.slack_bot_token):
        raise SettingsError(
            "GRIJA_SLACK_BOT_TOKEN must begin with xoxb-; it stands under OAuth & Permissions"
        )
    if not re.match("xapp-|$", settings.slack_app_token):
        raise SettingsError("GRIJA_SLACK_APP_TOKEN must begin with xapp-; it stands under Basic Information")
    if settings.slack_client_id and not settings.slack_client_secret:
        raise SettingsError("GRIJA_SLACK_CLIENT_ID is set, but GRIJA_SLACK_CLIENT_SECRET is not")
    if settings.slack_client_secret and not settings.slack_client_id:
        raise SettingsError("GRIJA_SLACK_CLIENT_SECRET is set, but GRIJA_SLACK_CLIENT_ID is not")
    api = _parts(settings.slack_api_url)
    if api is None or api.scheme not in ("http", "https") or not api.hostname:
        raise SettingsError("GRIJA_SLACK_API_URL must begin with http:// or https:// and name a host")
    installed = settings.slack_bot_token or settings.slack_client_id
    reached = settings.slack_signing_secret or settings.slack_app_token
    if installed and not reached:
        raise SettingsError(
            "set GRIJA_SLACK_SIGNING_SECRET (deliveries over HTTP) or GRIJA_SLACK_APP_TOKEN (Socket Mode) "
            "beside GRIJA_SLACK_BOT_TOKEN: without one, Slack cannot deliver anything"
        )
    if reached and not installed:
        given = "GRIJA_SLACK_SIGNING_SECRET" if settings.slack_signing_secret else "GRIJA_SLACK_APP_TOKEN"
        raise SettingsError(f"{given} is set, but GRIJA_SLACK_BOT_TOKEN is not: answers could not be sent")


def _check_telegram(settings: Settings) -> None:
    """Look at what the Telegram channel needs; what is secret is not repeated."""
    if settings.telegram_token and not re.fullmatch(
        r"\d{5,16}:[A-Za-z0-9_-]{30,64}", settings.telegram_token
    ):
        raise SettingsError("GRIJA_TELEGRAM_TOKEN must look like 123456789:AA…, as @BotFather shows it")
    api = _parts(settings.telegram_api_url)
    if (
        api is None
        or api.scheme not in ("http", "https")
        or not api.hostname
        or api.query
        or "@" in api.netloc
    ):
        raise SettingsError("GRIJA_TELEGRAM_API_URL must begin with http:// or https:// and name a host")
    secret = settings.telegram_webhook_secret
    if not secret:
        return
    if not settings.telegram_token:
        raise SettingsError("GRIJA_TELEGRAM_WEBHOOK_SECRET is set, but GRIJA_TELEGRAM_TOKEN is not")
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret):
        raise SettingsError("GRIJA_TELEGRAM_WEBHOOK_SECRET must have 16 to 256 letters, digits or any of _ -")
    if api.hostname == "api.telegram.org" and not settings.public_url.startswith("https://"):
        raise SettingsError(
            "GRIJA_TELEGRAM_WEBHOOK_SECRET needs a GRIJA_PUBLIC_URL that begins with https://; "
            "leave it empty to poll, which needs no public address"
        )


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
