"""The one way in which a decoder refuses bytes."""


class Malformed(ValueError):
    """The bytes are not what SPEC.md allows; the text says which rule they break."""


class Disagreement(Exception):
    """Two values that SPEC.md makes equal are not: a bug in one of the two implementations."""


def expect(what: str, actual: object, wanted: object) -> None:
    """Raises Disagreement when a computed value is not the one that was recorded."""
    if actual != wanted:
        raise Disagreement(f"{what}: computed {show(actual)}, recorded {show(wanted)}")


def show(value: object) -> str:
    """A value for people: bytes in hex, long ones cut."""
    text = value.hex() if isinstance(value, (bytes, bytearray)) else repr(value)
    return text if len(text) <= 160 else f"{text[:160]}..."
