"""The value types as JSON and back, without loss.

Paths keep their lone surrogates: JSON's ``\\uXXXX`` escapes carry them (a lone low surrogate, the only kind
that ``os.fsdecode`` makes, cannot fuse with a neighbour). Bytes are hexadecimal; fields at their default
are left out, so a later dedupe may add fields with defaults. Numbers become plain Python numbers, NumPy's
included.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Converter: TypeAlias = Callable[[Any], Any]


def to_json(value: object, kind: object = None) -> str:
    """``value`` as compact ASCII JSON; ``kind`` is its type where it is not a dataclass instance."""
    return json.dumps(_codec(kind or type(value))[0](value), separators=(",", ":"))


def from_json(kind: type[T], text: str) -> T:
    """The value of type ``kind`` that ``to_json`` wrote.

    Raises ValueError where the text does not hold one.
    """
    try:
        return cast(T, _codec(cast(Any, kind))[1](json.loads(text)))
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a {kind.__name__}: {error!r}") from error


def is_of(kind: Any, value: object) -> bool:
    """Whether a value that ``from_json`` gave is of its type all the way down: plain values are taken as they stand there."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(is_of(one, value) for one in arguments)
    if origin is tuple and isinstance(value, tuple):
        kinds = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        return len(kinds) == len(value) and all(map(is_of, kinds, value))
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return all(type(name) is str and is_of(arguments[1], one) for name, one in value.items())
    if is_dataclass(kind):
        return type(value) is kind and all(is_of(hint, getattr(value, name)) for name, hint in _hints(kind).items())
    return type(value) is kind


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {part.name: hints[part.name] for part in fields(kind)}


@cache
def _codec(kind: Any) -> tuple[Converter, Converter]:
    """How a value of this type becomes plain JSON, and how it comes back."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _optional(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(arguments[1])
    if is_dataclass(kind):
        return _record(cast(type, kind))
    if issubclass(kind, Enum):
        return (lambda member: member.value), kind
    if issubclass(kind, bytes):
        return bytes.hex, bytes.fromhex
    if kind in (str, int, float, bool):
        return kind, _as_it_is
    raise TypeError(f"{kind!r} has no place in the store")


def _optional(arguments: tuple[Any, ...]) -> tuple[Converter, Converter]:
    (inner,) = (argument for argument in arguments if argument is not types.NoneType)
    there, back = _codec(inner)
    if back is not _as_it_is:
        return (lambda v: None if v is None else there(v)), (lambda v: None if v is None else back(v))
    return (lambda v: None if v is None else there(v)), _as_it_is


def _tuple(arguments: tuple[Any, ...]) -> tuple[Converter, Converter]:
    if arguments[-1] is Ellipsis:
        # The element may be the record that holds this tuple (the members of a photo): resolve it late.
        element = arguments[0]
        return (
            lambda values: list(map(_codec(element)[0], values)),
            lambda values: tuple(map(_codec(element)[1], values)),
        )
    codecs = [_codec(argument) for argument in arguments]
    return (
        lambda values: [codec[0](value) for codec, value in zip(codecs, values, strict=True)],
        lambda values: tuple(codec[1](value) for codec, value in zip(codecs, values, strict=True)),
    )


def _mapping(element: Any) -> tuple[Converter, Converter]:
    there, back = _codec(element)
    return (
        lambda values: {name: there(value) for name, value in values.items()},
        lambda values: {name: back(value) for name, value in values.items()},
    )


def _record(kind: type) -> tuple[Converter, Converter]:
    hints = get_type_hints(kind)
    parts = [(field.name, _default(field), *_codec(hints[field.name])) for field in fields(kind)]
    converted = {name: back for name, _, _, back in parts if back is not _as_it_is}

    def there(value: Any) -> dict[str, Any]:
        plain = {}
        for name, default, convert, _ in parts:
            held = getattr(value, name)
            if held is not default and held != default:
                plain[name] = convert(held)
        return plain

    from_text = getattr(kind, "from_text", None)  # what an earlier dedupe saved as a text

    def back(plain: Any) -> Any:
        if from_text is not None and isinstance(plain, str):
            return from_text(plain)
        for name in converted.keys() & plain.keys():
            plain[name] = converted[name](plain[name])
        return kind(**plain)

    return there, back


def _as_it_is(plain: Any) -> Any:
    return plain


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
