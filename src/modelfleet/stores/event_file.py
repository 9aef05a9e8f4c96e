"""Writes an entry of the calendar into a file of people's: every other line stays as it is."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from modelfleet.domain.errors import ConfigurationError

__all__ = ["FILE", "entry_added"]

FILE = "parameters_events.yml"
SECTION, CALENDAR = "events", "calendar"
EMPTY = (
    "# Known periods of this environment, beside those in conf/base; see docs/exclusions.md.\n\n"
    f"{SECTION}:\n  {CALENDAR}: {{}} # entries by their id\n"
)
SAFE = re.compile(r"[A-Za-z_][\w ./,;()-]*|\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d\d:\d\d)")
"""What no reader of YAML takes for anything but text, if it is no word such as ``yes``."""


def entry_added(text: str, name: str, entry: Mapping[str, Any], *, file: str) -> str:
    """The text of a file with one entry more, at the end of its calendar.

    Args:
        text: of the file; empty where there is none yet.
        name: id of the entry.
        entry: its keys and values: texts, flags, lists of texts, a mapping of texts.
        file: names the file in errors.

    Raises:
        ConfigurationError: the file is no calendar, has the id already, or cannot say what the
            entry says.
    """
    text = text if text.endswith("\n") or not text else f"{text}\n"
    lines = (text or EMPTY).splitlines(keepends=True)
    key, calendar = _calendar("".join(lines), file)
    if name in [each.value for each, _ in calendar.value or ()]:
        raise ConfigurationError(f"{file} has an entry {name!r} already; give another --id")
    if calendar.value:
        indent = calendar.value[0][0].start_mark.column
        place = _end(lines, calendar.end_mark.line)
    else:
        indent, place = 2 * key.start_mark.column or 2, calendar.end_mark.line + 1
        line = lines[calendar.start_mark.line]
        start, stop = calendar.start_mark.column, calendar.end_mark.column
        lines[calendar.start_mark.line] = _tidy(line[:start], line[stop:])
    after = "".join([*lines[:place], _block(name, entry, indent), *lines[place:]])
    _check_reading(after, name, entry, file)
    return after


def _calendar(text: str, file: str) -> tuple[yaml.Node, Any]:
    """The key of the calendar and the mapping of its entries, with their places in the text."""
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file} is no YAML: {error}") from error
    section = _value(document, SECTION)
    key, calendar = _pair(section, CALENDAR)
    usable = isinstance(calendar, yaml.MappingNode) or _is_null(calendar)
    inline = _flows(section) or (_flows(calendar) and calendar.value)
    if not usable or inline:
        raise ConfigurationError(
            f"{file} has no block {SECTION}.{CALENDAR}; write `{SECTION}:` and, indented on the "
            f"next line, `{CALENDAR}:`, with each entry on lines of its own"
        )
    if _is_null(calendar):
        calendar.value = ()
    return key, calendar


def _pair(node: Any, name: str) -> tuple[Any, Any]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next(((key, value) for key, value in pairs if key.value == name), (None, None))


def _value(node: Any, name: str) -> Any:
    return _pair(node, name)[1]


def _flows(node: Any) -> bool:
    return isinstance(node, yaml.MappingNode) and bool(node.flow_style)


def _is_null(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _end(lines: list[str], stop: int) -> int:
    """The line after the last that has more than a comment, before a line."""
    while stop and not lines[stop - 1].partition("#")[0].strip():
        stop -= 1
    return stop


def _tidy(before: str, after: str) -> str:
    """A line without the empty value between two parts."""
    rest = after.strip()
    return f"{before.rstrip()} {rest}".rstrip() + "\n"


def _block(name: str, entry: Mapping[str, Any], indent: int) -> str:
    """The entry as lines of YAML."""
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in entry.items()}
    text = yaml.dump(
        {name: plain}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31 - 1
    )
    return "".join(f"{' ' * indent}{line}" for line in text.splitlines(keepends=True))


class _Dumper(yaml.SafeDumper):
    """Writes in quotes what a reader might take for something else than text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    safe = SAFE.fullmatch(value) and value == value.strip()
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if safe else '"')


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def _check_reading(text: str, name: str, entry: Mapping[str, Any], file: str) -> None:
    """Read the text as a run will, and compare."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    wanted = {k: list(v) if isinstance(v, tuple) else v for k, v in entry.items()}
    try:
        read: Any = OmegaConf.to_container(OmegaConf.create(text), resolve=True)
    except (OmegaConfBaseException, yaml.YAMLError) as error:
        raise ConfigurationError(
            f"{file} cannot say what the entry {name!r} says, for ${{…}} stands for something "
            f"else there: {getattr(error, 'msg', None) or error}"
        ) from error
    found = read[SECTION][CALENDAR].get(name)
    if found != wanted:
        raise ConfigurationError(
            f"{file} cannot say what the entry {name!r} says: it would be read as {found}; write "
            "its texts otherwise, without ${…}"
        )
