"""Writes an entry of the calendar into a file of people's: their comments and order stay."""

import io
from collections.abc import Mapping
from typing import Any

from modelfleet.domain.errors import ConfigurationError

__all__ = ["FILE", "entry_added"]

FILE = "parameters_events.yml"
HEADER = "# Known periods of this environment, beside those in conf/base; see docs/exclusions.md.\n"
SECTION, CALENDAR = "events", "calendar"


def entry_added(text: str, name: str, entry: Mapping[str, Any], *, file: str) -> str:
    """The text of a file with one entry more, at its end.

    Args:
        text: of the file; empty where there is none yet.
        name: id of the entry.
        entry: its keys and values: texts, flags, lists of texts, a mapping of texts.
        file: names the file in errors.

    Raises:
        ConfigurationError: the file is no calendar, has the id already, or cannot say what the
            entry says.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 4096
    try:
        document = yaml.load(text or f"{HEADER}\n{SECTION}:\n  {CALENDAR}: {{}}\n")
    except YAMLError as error:
        raise ConfigurationError(f"{file} is no YAML: {error}") from error
    place, step = _calendar(document, file)
    yaml.indent(mapping=step, sequence=step + 2, offset=step)
    if name in place:
        raise ConfigurationError(f"{file} has an entry {name!r} already; give another --id")
    place[name] = {key: _quoted(value) for key, value in entry.items()}
    out = io.StringIO()
    yaml.dump(document, out)
    _check_reading(out.getvalue(), name, entry, file)
    return out.getvalue()


def _calendar(document: Any, file: str) -> tuple[Any, int]:
    """The mapping of entries, as a block, and how far its key is indented."""
    section = document.get(SECTION) if isinstance(document, Mapping) else None
    if not isinstance(section, Mapping) or not isinstance(
        section.get(CALENDAR), Mapping | type(None)
    ):
        raise ConfigurationError(
            f"{file} has no mapping {SECTION}.{CALENDAR}; write `{SECTION}: {{{CALENDAR}: {{}}}}` "
            "into it, or remove the file"
        )
    if section.get(CALENDAR) is None:
        section[CALENDAR] = type(document)()
    section.fa.set_block_style()
    section[CALENDAR].fa.set_block_style()
    return section[CALENDAR], max(
        section.lc.key(CALENDAR)[1], 2
    ) if not section.fa.flow_style() else 2


def _quoted(value: Any) -> Any:
    """Texts that YAML 1.1, which Kedro reads, would take for something else, in quotes."""
    import yaml
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        return {key: _quoted(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_quoted(each) for each in value]
    if not isinstance(value, str):
        return value
    try:
        plain = yaml.safe_load(value) == value and "\n" not in value
    except yaml.YAMLError:
        plain = False
    return value if plain else DoubleQuotedScalarString(value)


def _check_reading(text: str, name: str, entry: Mapping[str, Any], file: str) -> None:
    """Read the text as a run will, and compare."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    wanted = {k: list(v) if isinstance(v, tuple) else v for k, v in entry.items()}
    try:
        read: Any = OmegaConf.to_container(OmegaConf.create(text), resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigurationError(
            f"{file} cannot say what the entry {name!r} says, for ${{…}} stands for something "
            f"else there: {error.msg or error}"
        ) from error
    found = read[SECTION][CALENDAR].get(name)
    if found != wanted:
        raise ConfigurationError(
            f"{file} cannot say what the entry {name!r} says: it would be read as {found}; write "
            "its texts otherwise, without ${…}"
        )
