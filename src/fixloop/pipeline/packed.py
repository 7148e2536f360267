"""Named arrays as bytes: a JSON header, then the plain arrays. Read without a copy, and never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"fixloop1"
_ALIGNMENT = 16


class Packed(NamedTuple):
    """A header of JSON values and the arrays beside it."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Bytes that `unpack` reads; the same content gives the same bytes (little-endian everywhere)."""
    blobs, places, offset = [], {}, 0
    for name, array in arrays.items():
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        blob = plain.tobytes()
        places[name] = [plain.dtype.str, list(plain.shape), offset]
        blobs.append(blob + b"\0" * (-len(blob) % _ALIGNMENT))
        offset += len(blobs[-1])
    head = json.dumps([dict(header), places], sort_keys=True).encode()
    head += b" " * (-(len(head) + 16) % _ALIGNMENT)
    return b"".join([_MAGIC, len(head).to_bytes(8, "little"), head, *blobs])


def unpack(data: bytes) -> Packed:
    """What `pack` was given; the arrays are read-only views of the data.

    Raises:
        ValueError: these bytes are not such a pack, or are cut short.
    """
    if data[:8] != _MAGIC:
        raise ValueError("not packed arrays")
    start = 16 + int.from_bytes(data[8:16], "little")
    header, places = json.loads(data[16:start])
    arrays = {}
    for name, (kind, shape, offset) in places.items():
        size = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(data, np.dtype(kind), size, start + offset).reshape(shape)
    return Packed(header, arrays)
