"""The names of what a shop sells, for finding products in messages.

A catalogue file is YAML, one entry a product::

    - id: mug
      names: {en: Stoneware mug, pl: Kubek kamionkowy}
      words: {en: [mug, cup], pl: [kubek]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.nlu.places import Name
from bot.yaml_files import read_yaml

DEMO = "demo"


class CatalogueUnreadable(ValueError):
    """A catalogue is not there or has another form; the message names the file and what is wrong."""


def product_names(catalogue: str) -> tuple[Name, ...]:
    """Return the products' names: of the embedded shop ("demo"), of none (""), or of the file that is named."""
    if not catalogue:
        return ()
    return tuple(_of_demo_shop() if catalogue == DEMO else _of_file(Path(catalogue)))


def _of_demo_shop() -> Iterator[Name]:
    from actions.backends.catalogue import PRODUCTS

    for product in PRODUCTS.values():
        yield from _names(product.id, {key: [name] for key, name in product.names.items()})
        yield from _names(product.id, product.words)


def _of_file(path: Path) -> Iterator[Name]:
    import yaml

    try:
        entries = read_yaml(path)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueUnreadable(f"the catalogue {path} cannot be read: {error}") from error
    try:
        for entry in entries:
            yield from _names(str(entry["id"]), {key: [name] for key, name in entry["names"].items()})
            yield from _names(str(entry["id"]), entry.get("words") or {})
    except (TypeError, KeyError, AttributeError) as error:
        problem = "each entry needs id, names and, if it likes, words"
        raise CatalogueUnreadable(f"the catalogue {path} has another form: {problem}") from error


def _names(product: str, words: Mapping[str, Iterable[Any]]) -> Iterator[Name]:
    for language, names in words.items():
        for name in names:
            yield Name("product", str(language), str(name), product)
