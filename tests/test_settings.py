"""Settings: what is wrong stops the start with one line that names the variable; secrets are not shown."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.check import shown_settings
from bot.errors import SettingsError
from bot.settings import Settings, read_settings, variable

NOWHERE = Path("no-such-file.env")
SECRETS = (
    "database_url", "secret", "identity_secret", "shop_token", "smtp_url", "telegram_token", "telegram_webhook_secret",
)  # fmt: skip

WRONG = [
    ("GRIJA_PORT", "eighty"),
    ("GRIJA_PORT", "80.5"),
    ("GRIJA_PORT", "-1"),
    ("GRIJA_PORT", "65536"),
    ("GRIJA_PORT", "1" * 5000),
    ("GRIJA_DATABASE_URL", "mysql://host/name"),
    ("GRIJA_DATABASE_URL", "host/name"),
    ("GRIJA_DATABASE_URL", "postgresql://host:port/name"),
    ("GRIJA_DATABASE_URL", "postgresql://[host/name"),
    ("GRIJA_LANGUAGES", ","),
    ("GRIJA_LANGUAGES", "en,polish"),
    ("GRIJA_LANGUAGES", "EN"),
    ("GRIJA_SITE", "two words"),
    ("GRIJA_SITE", "a|b"),
    ("GRIJA_ALLOWED_ORIGINS", "shop.example"),
    ("GRIJA_ALLOWED_ORIGINS", "https://shop.example/page"),
    ("GRIJA_ALLOWED_ORIGINS", "https://shop.example?x"),
    ("GRIJA_ALLOWED_ORIGINS", "https://Shop.example"),
    ("GRIJA_ALLOWED_ORIGINS", "https://shop.example:port"),
    ("GRIJA_ALLOWED_ORIGINS", "https://good.example,ftp://shop.example"),
    ("GRIJA_ALLOWED_ORIGINS", "http://[::1"),
    ("GRIJA_ALLOWED_ORIGINS", "*"),
    ("GRIJA_SECRET", "short"),
    ("GRIJA_IDENTITY_SECRET", "x" * 31),
    ("GRIJA_SHOP_URL", "ftp://shop.example"),
    ("GRIJA_SHOP_URL", "http://[shop"),
    ("GRIJA_SHOP_URL", "https://user:password@shop.example"),
    ("GRIJA_SHOP_TIMEOUT", "soon"),
    ("GRIJA_SHOP_TIMEOUT", "nan"),
    ("GRIJA_PUBLIC_URL", "shop.example"),
    ("GRIJA_PUBLIC_URL", "https://"),
    ("GRIJA_PUBLIC_URL", "https://shop.example?x=1"),
    ("GRIJA_SMTP_URL", "mail.example"),
    ("GRIJA_SMTP_URL", "smtp://"),
    ("GRIJA_SMTP_URL", "smtp://host:port"),
    ("GRIJA_SMTP_URL", "https://mail.example"),
    ("GRIJA_MAIL_FROM", "the shop"),
    ("GRIJA_TELEGRAM_TOKEN", "not a token"),
    ("GRIJA_TELEGRAM_TOKEN", "123456789:too-short"),
    ("GRIJA_TELEGRAM_API_URL", "api.telegram.org"),
    ("GRIJA_TELEGRAM_API_URL", "https://user@telegram.example"),
    ("GRIJA_TELEGRAM_WEBHOOK_SECRET", "set-without-a-token"),
    ("GRIJA_TURN_TIMEOUT", "inf"),
    ("GRIJA_TURN_TIMEOUT", "1e999"),
    ("GRIJA_TURN_TIMEOUT", "0"),
    ("GRIJA_TURN_TRIES", "0"),
    ("GRIJA_TURN_WORKERS", "-3"),
    ("GRIJA_DELIVERY_TRIES", "0"),
    ("GRIJA_DIALOGUE_TURNS", "0"),
    ("GRIJA_SWEEP_SECONDS", "-1"),
    ("GRIJA_MESSAGES_PER_MINUTE", "0"),
    ("GRIJA_VISITORS_PER_HOUR", "0"),
    ("GRIJA_SOCKETS_PER_IP", "0"),
    ("GRIJA_SOCKETS", "0"),
    ("GRIJA_TRUSTED_PROXIES", "-1"),
    ("GRIJA_LOG_LEVEL", "loud"),
    ("GRIJA_LOG_FORMAT", "xml"),
    ("GRIJA_LOG_TEXT", "maybe"),
    ("GRIJA_PROT", "8080"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_one_clear_line_with_the_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({name: value}, dotenv=NOWHERE)
    text = str(caught.value)
    assert name in text
    assert "\n" not in text
    assert "Traceback" not in text


def test_without_anything_set_the_defaults_hold() -> None:
    assert read_settings({"PATH": "/bin", "OTHER_PORT": "1"}, dotenv=NOWHERE) == Settings()


def test_every_kind_of_value_is_read() -> None:
    settings = read_settings(
        {
            "GRIJA_PORT": " 9000 ",
            "GRIJA_DATA": "/srv/grija",
            "GRIJA_LANGUAGES": "pl, en,",
            "GRIJA_ALLOWED_ORIGINS": "https://shop.example,http://localhost:3000,http://[::1]:3000",
            "GRIJA_SHOP_TIMEOUT": "2.5",
            "GRIJA_LOG_TEXT": "YES",
            "GRIJA_SECRET": "x" * 32,
            "GRIJA_SITE": "",
        },
        dotenv=NOWHERE,
    )
    assert (settings.port, settings.data, settings.languages) == (9000, Path("/srv/grija"), ("pl", "en"))
    assert settings.allowed_origins[1:] == ("http://localhost:3000", "http://[::1]:3000")
    assert (settings.shop_timeout, settings.log_text, settings.site) == (2.5, True, "demo")


@pytest.mark.parametrize("name", [item.name for item in fields(Settings)])
def test_every_setting_has_a_variable_and_a_help_text(name: str) -> None:
    item = next(item for item in fields(Settings) if item.name == name)
    assert re.fullmatch("GRIJA_[A-Z_]+", variable(name))
    assert item.metadata["help"].endswith(".")


@examples(deadline=None)
@given(st.sampled_from([variable(item.name) for item in fields(Settings)]), st.text(max_size=50))
def test_any_value_is_read_or_refused(name: str, value: str) -> None:
    refused = ""
    try:
        assert shown_settings(read_settings({name: value}, dotenv=NOWHERE))
    except SettingsError as error:
        refused = str(error)
    assert not refused or (name in refused and "\n" not in refused)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "# ours\nGRIJA_PORT=9001\nexport GRIJA_SITE='shop' # name\nOTHER\nGRIJA_SECRET=${HOME}" + "x" * 32
    )
    settings = read_settings({"GRIJA_PORT": "9002"}, dotenv=file)
    assert (settings.port, settings.site) == (9002, "shop")
    assert settings.secret == "${HOME}" + "x" * 32, "a secret is taken as it is written"


@pytest.mark.parametrize("line", [b"GRIJA_PORT", b"GRIJA_PORT 9000", b"GRIJA_PORT='9000", b"GRIJA_SITE=\xff"])
def test_a_line_of_the_file_that_says_nothing_is_refused(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"GRIJA_HOST=127.0.0.1\n" + line + b"\n")
    with pytest.raises(SettingsError, match=r"\.env") as caught:
        read_settings({}, dotenv=file)
    assert "\n" not in str(caught.value)


def test_an_unknown_setting_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("GRIJA_COLOUR=blue\n")
    with pytest.raises(SettingsError, match="GRIJA_COLOUR is not a setting"):
        read_settings({}, dotenv=file)


def test_secrets_are_not_shown() -> None:
    values = {name: f"postgresql://a:hidden-{name}-{'x' * 32}@h/n" for name in SECRETS}
    lines = shown_settings(Settings(**values))  # type: ignore[arg-type]
    assert len(lines) == len(fields(Settings))
    assert not [line for line in lines if "hidden" in line]
    assert {f"{variable(name)}=(set)" for name in SECRETS} <= set(lines)
    assert {f"{variable(name)}=(not set)" for name in SECRETS} <= set(shown_settings(Settings()))


@pytest.mark.parametrize("name", SECRETS)
def test_a_wrong_secret_is_not_repeated(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({variable(name): "hidden", "GRIJA_PORT": "x"}, dotenv=NOWHERE)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_the_database_gets_its_driver(scheme: str, tmp_path: Path) -> None:
    assert Settings(database_url=f"{scheme}://u:p@h:5432/n").database == "postgresql+asyncpg://u:p@h:5432/n"
    assert Settings(data=tmp_path).database == f"sqlite:///{tmp_path}/grija.sqlite"


def test_links_lead_to_the_port_unless_another_address_is_named() -> None:
    assert read_settings({}, dotenv=Path("none")).public_url == "http://localhost:8080"
    given = {"GRIJA_PORT": "9000"}
    assert read_settings(given, dotenv=Path("none")).public_url == "http://localhost:9000"
    given["GRIJA_PUBLIC_URL"] = "https://help.shop.example"
    assert read_settings(given, dotenv=Path("none")).public_url == "https://help.shop.example"
