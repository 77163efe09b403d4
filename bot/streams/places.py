"""Where sinks are: the URLs of `GRIJA_SIGNAL_SINKS`, taken apart and checked. No input or output here.

    file:signals.ndjson?megabytes=100
    amqp://user:password@host:5672/exchange?key=signal&vhost=/
    kafka://user:password@host:9092/topic?broker=other:9092&mechanism=PLAIN

`amqps` and `kafkas` speak TLS. A URL may hold a password, so no error repeats one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from bot.errors import SettingsError

SUFFIX = ".ndjson"
"""How the name of a file ends: a slip must not append to the database."""
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

_SETTING = "GRIJA_SIGNAL_SINKS"
_WORD = re.compile(r"[A-Za-z0-9._-]{1,200}")
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9._-]+:\d{1,5}|\[[0-9A-Fa-f:.]+\]:\d{1,5}")
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class FilePlace:
    """A file of JSON lines, set aside when it has `most_bytes`; a relative path is taken from the data folder."""

    path: Path
    most_bytes: int
    name: str = "file"


@dataclass(frozen=True)
class RabbitPlace:
    """An exchange of RabbitMQ."""

    host: str
    port: int
    tls: bool
    user: str
    password: str = field(repr=False)
    vhost: str
    exchange: str
    key: str
    name: str = "rabbitmq"


@dataclass(frozen=True)
class KafkaPlace:
    """A topic of Kafka; `user` is empty where nobody signs in."""

    brokers: tuple[str, ...]
    tls: bool
    user: str
    password: str = field(repr=False)
    mechanism: str
    topic: str
    name: str = "kafka"


Place = FilePlace | RabbitPlace | KafkaPlace


def read_places(urls: Sequence[str]) -> tuple[Place, ...]:
    """The places that URLs name, one of each kind at most; SettingsError says which entry is wrong and why."""
    places: list[Place] = []
    for number, url in enumerate(urls, start=1):
        try:
            place = _read(url)
        except ValueError as error:
            raise SettingsError(f"{_SETTING}, entry {number}: {error}") from None
        if place.name in [other.name for other in places]:
            # What waits is kept under this name, so that a sink can move without losing anything.
            raise SettingsError(f"{_SETTING}, entry {number}: there is a sink of kind {place.name} already")
        places.append(place)
    return tuple(places)


def _read(url: str) -> Place:
    scheme = url.partition(":")[0]
    if scheme not in _READERS:
        raise ValueError(f"it must begin with one of {', '.join(f'{known}:' for known in _READERS)}")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # its words may quote the URL
        raise ValueError("its host or port cannot be read; write special characters as %40") from None
    if parts.fragment:
        raise ValueError("it must not hold a #; write it as %23")
    return _READERS[scheme](parts)


def _file(parts: SplitResult) -> FilePlace:
    options = _options(parts, "megabytes")
    path = unquote(parts.path)
    if parts.netloc or not path.endswith(SUFFIX) or Path(path).name == SUFFIX:
        raise ValueError(f"it must look like file:name{SUFFIX} or file:/folder/name{SUFFIX}")
    megabytes = options.get("megabytes", ["100"])[-1]
    if not re.fullmatch(r"[1-9]\d{0,5}", megabytes):
        raise ValueError("megabytes must be a whole number above 0")
    return FilePlace(Path(path), int(megabytes) * _MEGABYTE)


def _rabbit(parts: SplitResult) -> RabbitPlace:
    options = _options(parts, "key", "vhost")
    exchange = unquote(parts.path.removeprefix("/"))
    if not parts.hostname or not _WORD.fullmatch(exchange) or exchange.startswith("amq."):
        raise ValueError("it must look like amqp://user:password@host:5672/exchange?key=signal")
    key = options.get("key", ["signal"])[-1]
    if not _WORD.fullmatch(key):
        raise ValueError("key must be 1 to 200 letters, digits or any of . _ -")
    tls = parts.scheme == "amqps"
    return RabbitPlace(
        host=parts.hostname,
        port=parts.port or (5671 if tls else 5672),
        tls=tls,
        user=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        vhost=options.get("vhost", ["/"])[-1],
        exchange=exchange,
        key=key,
    )


def _kafka(parts: SplitResult) -> KafkaPlace:
    options = _options(parts, "broker", "mechanism")
    topic = unquote(parts.path.removeprefix("/"))
    if not parts.hostname or not _WORD.fullmatch(topic):
        raise ValueError("it must look like kafka://host:9092/topic")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    brokers = (f"{host}:{parts.port or 9092}", *options.get("broker", []))
    if not all(_HOST_AND_PORT.fullmatch(broker) for broker in brokers):
        raise ValueError("each broker must look like host:9092")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("it must hold a user and a password, or neither")
    mechanism = options.get("mechanism", ["PLAIN"])[-1].upper()
    if mechanism not in MECHANISMS:
        raise ValueError(f"mechanism must be one of {', '.join(MECHANISMS)}")
    return KafkaPlace(
        brokers=brokers,
        tls=parts.scheme == "kafkas",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        mechanism=mechanism,
        topic=topic,
    )


def _options(parts: SplitResult, *known: str) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in known:
            raise ValueError(f"after the ? there can only be {', '.join(known)}")
        options.setdefault(name, []).append(value)
    return options


_READERS: dict[str, Callable[[SplitResult], Place]] = {
    "file": _file,
    "amqp": _rabbit,
    "amqps": _rabbit,
    "kafka": _kafka,
    "kafkas": _kafka,
}
