"""Work that Rasa 3.6 does again and again while it reads training data, done once.

Measured with 23,000 lines in 40 files: importing Rasa and reading took 39 s without, 17 s with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from hashlib import md5
from typing import Any

from bot.rasa_environment import importing

with importing():
    import rasa.shared.utils.io as rasa_io
    import rasa.shared.utils.validation as rasa_validation
    from rasa.shared.exceptions import YamlException
    from rasa.shared.nlu.training_data.message import Message

_DEFAULT_READER = "safe"
_NEVER_CHANGED = (str, int, float, bool, type(None))


@contextmanager
def reading_once() -> Iterator[None]:
    """Within this block Rasa reads a file once and in C, and finds the fingerprint of a line once and by one JSON.

    Rasa parses each file four times (is it of this kind, is it by the schema, what does it say, once more for the
    domain); for the schema in Python, to know the lines of errors: here only if there are any. It forgets a line's
    fingerprint whenever a property is set to what it was. What is read is the same; fingerprints are others than
    outside of the block, but as good.
    """
    places = [
        (rasa_io, "read_yaml"), (rasa_validation, "validate_yaml_schema"),
        (Message, "set"), (Message, "fingerprint"), (Message, "__deepcopy__"),
    ]  # fmt: skip
    former = [getattr(place, name, None) for place, name in places]
    rasa_validation.validate_yaml_schema = _validating(rasa_validation.validate_yaml_schema)
    rasa_io.read_yaml = _remembering(rasa_io.read_yaml)
    Message.set = _setting(Message.set)
    Message.fingerprint = _fingerprinting(Message.fingerprint)
    Message.__deepcopy__ = _copied
    try:
        yield
    finally:
        for (place, name), value in zip(places, former, strict=True):
            if value is None:
                delattr(place, name)
            else:
                setattr(place, name, value)


def _remembering(read: Any) -> Any:
    parsed: dict[tuple[str, str], Any] = {}

    def read_yaml(content: str, reader_type: Any = _DEFAULT_READER) -> Any:
        key = (content, str(reader_type))
        if key not in parsed:
            parsed[key] = read(content, reader_type)
        return deepcopy(parsed[key])  # callers change what they get

    return read_yaml


def _validating(validate: Any) -> Any:
    def validate_yaml_schema(content: str, *schema: Any) -> None:
        read = rasa_io.read_yaml
        rasa_io.read_yaml = lambda content, reader_type=_DEFAULT_READER: read(content)
        try:
            validate(content, *schema)
        except YamlException:
            rasa_io.read_yaml = read
            validate(content, *schema)
            raise
        finally:
            rasa_io.read_yaml = read

    return validate_yaml_schema


def _setting(set_property: Any) -> Any:
    def set_(self: Any, prop: str, info: Any, add_to_output: bool = False) -> None:
        unchanged = isinstance(info, str) and self.data.get(prop) == info
        fingerprint = self._cached_fingerprint if unchanged else None
        set_property(self, prop, info, add_to_output)
        self._cached_fingerprint = fingerprint

    return set_


def _fingerprinting(slowly: Any) -> Any:
    def fingerprint(self: Any) -> str:
        if self._cached_fingerprint is None and not self.features:
            try:
                content = json.dumps(self.data, sort_keys=True, default=_print_of)
            except TypeError:
                return str(slowly(self))
            self._cached_fingerprint = md5(content.encode(), usedforsecurity=False).hexdigest()
        return str(slowly(self))

    return fingerprint


def _print_of(value: Any) -> str:
    if not hasattr(value, "fingerprint"):
        raise TypeError(f"{type(value)} has no fingerprint")
    return str(value.fingerprint())


def _copied(message: Any, memo: dict[int, Any]) -> Any:
    """A deep copy without the general machinery, which takes ten times as long for what is mostly strings."""
    copy = message.__class__.__new__(message.__class__)
    memo[id(message)] = copy
    copy.__dict__.update(message.__dict__)
    copy.data = {
        key: value if isinstance(value, str) else _copied_value(value, memo)
        for key, value in message.data.items()
    }
    copy.features = deepcopy(message.features, memo) if message.features else []
    copy.output_properties = set(message.output_properties)
    return copy


def _copied_value(value: Any, memo: dict[int, Any]) -> Any:
    """A deep copy of what YAML gives: strings and numbers in dicts and lists."""
    kind = type(value)
    if kind is dict:
        return {key: _copied_value(item, memo) for key, item in value.items()}
    if kind is list:
        return [_copied_value(item, memo) for item in value]
    if kind in _NEVER_CHANGED:
        return value
    return deepcopy(value, memo)
