"""Files of flax's msgpack form, indexed without reading their arrays.

Such a file is a tree of maps. An array is an extension around its shape, the
name of its dtype and its bytes; above 2**30 bytes it is a map of flat pieces.
"""

import dataclasses
import math
from typing import Any, BinaryIO

import ml_dtypes
import msgpack
import numpy as np
from etils import epath

_ARRAY, _SCALAR = 1, 3  # types of flax's extensions
_PIECES = '__msgpack_chunked_array__'
_WINDOW = 2**18  # bytes read at a time: each reading of gs:// is a request
_BLOCK = 2**24  # bytes of an array read at a time
_DEPTH = 64  # of a tree; T5X needs about ten

# By the first byte of a value: bytes that follow it, or bytes of the length
# that follows it (https://github.com/msgpack/msgpack/blob/master/spec.md).
_TAILS = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8}
_TAILS |= {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_TAILS |= {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_TEXTS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BYTES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_LISTS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}


# What comes of reading something else as if it were such a file.
_MALFORMED = (
  AttributeError,
  LookupError,
  SyntaxError,  # numpy's, of a dtype
  TypeError,
  UnicodeDecodeError,
  msgpack.UnpackException,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Array:
  """An array in a msgpack file.

  Attributes:
    file: where.
    shape: its shape.
    dtype: as stored.
    pieces: offset and size in bytes of its parts, in order.
  """

  file: epath.Path
  shape: tuple[int, ...]
  dtype: np.dtype
  pieces: tuple[tuple[int, int], ...]

  def read(self) -> np.ndarray:
    """Returns the array; nothing else of the file is read."""
    flat = np.empty(math.prod(self.shape), self.dtype)
    data, at = flat.view(np.uint8), 0
    with self.file.open('rb') as file:
      for offset, size in self.pieces:
        file.seek(offset)
        end = at + size
        while at < end:
          block = file.read(min(_BLOCK, end - at))
          if not block:
            raise ValueError(
              f'{self.file} has become shorter since it was opened.'
            )
          data[at : at + len(block)] = np.frombuffer(block, np.uint8)
          at += len(block)
    return flat.reshape(self.shape)


def index(path: epath.Path) -> dict[str, Any]:
  """Returns the tree of a file: maps, small values, and `Array`s unread.

  Raises:
    ValueError: if the file is truncated, or not of flax's form.
  """
  with path.open('rb') as file:
    try:
      tree = _Walk(path, file).value(())
    except _MALFORMED as error:
      raise _alien(path, error) from error
  if not isinstance(tree, dict):
    raise _alien(path, f'it begins with a {type(tree).__name__}')
  return tree


def first_key(path: epath.Path) -> str | None:
  """Returns the first key of the file's map; None if it is no such file."""
  with path.open('rb') as file:
    head = file.read(64)
  unpacker = msgpack.Unpacker(raw=False)
  unpacker.feed(head)
  try:
    unpacker.read_map_header()
    key = unpacker.unpack()
  except (ValueError, msgpack.UnpackException):
    return None
  return key if isinstance(key, str) else None


class _Walk:
  """Goes through a file once, over the arrays instead of through them."""

  def __init__(self, path: epath.Path, file: BinaryIO):
    self._path = path
    self._file = file
    self._size = path.stat().length
    self._at = 0
    self._window = b''
    self._window_at = 0

  def value(self, names: tuple[str, ...]) -> Any:
    """Returns the value that begins here; `names` say where that is."""
    if len(names) > _DEPTH:
      raise _alien(self._path, f'it is more than {_DEPTH} maps deep')
    head = self._take(1, names)
    tag = head[0]
    if 0x80 <= tag <= 0x8F:
      return self._map(tag & 0x0F, names)
    if tag in _MAPS:
      return self._map(self._number(_MAPS[tag], names), names)
    if 0x90 <= tag <= 0x9F:
      return self._list(tag & 0x0F, names)
    if tag in _LISTS:
      return self._list(self._number(_LISTS[tag], names), names)
    if tag in _FIXED_EXTENSIONS:
      return self._array(_FIXED_EXTENSIONS[tag], names)
    if tag in _EXTENSIONS:
      return self._array(self._number(_EXTENSIONS[tag], names), names)
    if 0xA0 <= tag <= 0xBF:
      return self._take(tag & 0x1F, names).decode()
    if tag in _TEXTS:
      return self._take(self._number(_TEXTS[tag], names), names).decode()
    if tag in _BYTES:
      return self._take(self._number(_BYTES[tag], names), names)
    return msgpack.unpackb(head + self._take(_TAILS.get(tag, 0), names))

  def _map(self, length: int, names: tuple[str, ...]) -> Any:
    entries = {}
    for _ in range(length):
      key = str(self.value(names))
      entries[key] = self.value((*names, key))
    return self._join(entries, names) if _PIECES in entries else entries

  def _list(self, length: int, names: tuple[str, ...]) -> list[Any]:
    return [self.value((*names, str(i))) for i in range(length)]

  def _array(self, size: int, names: tuple[str, ...]) -> Array:
    kind = self._take(1, names)[0]
    end = self._at + size
    if kind not in (_ARRAY, _SCALAR):
      raise _alien(self._path, f'{_join(names)} is an extension of type {kind}')
    self._take(1, names)  # a list of three
    shape = tuple(self.value(names))
    dtype = _dtype(self._path, names, self.value(names))
    self._number(_BYTES[self._take(1, names)[0]], names)
    offset, length = self._at, end - self._at  # it ends where its frame does
    self._require_bytes(length, shape, dtype, names)
    self._skip(length, names)
    return Array(
      file=self._path, shape=shape, dtype=dtype, pieces=((offset, length),)
    )

  def _join(self, entries: dict[str, Any], names: tuple[str, ...]) -> Array:
    """Returns the array of which a map holds the pieces."""
    shape = tuple(
      entries['shape'][str(i)] for i in range(len(entries['shape']))
    )
    parts = [entries['chunks'][str(i)] for i in range(len(entries['chunks']))]
    dtype = parts[0].dtype
    pieces = tuple(piece for part in parts for piece in part.pieces)
    length = sum(size for _, size in pieces)
    self._require_bytes(length, shape, dtype, names)
    return Array(file=self._path, shape=shape, dtype=dtype, pieces=pieces)

  def _require_bytes(
    self,
    length: int,
    shape: tuple[int, ...],
    dtype: np.dtype,
    names: tuple[str, ...],
  ) -> None:
    if length != math.prod(shape) * dtype.itemsize:
      raise _alien(
        self._path, f'{_join(names)} has {length} bytes for {dtype} of {shape}'
      )

  def _number(self, size: int, names: tuple[str, ...]) -> int:
    return int.from_bytes(self._take(size, names), 'big')

  def _take(self, size: int, names: tuple[str, ...]) -> bytes:
    start = self._at - self._window_at
    self._skip(size, names)
    if not 0 <= start <= len(self._window) - size:
      self._window_at, start = self._at - size, 0
      self._file.seek(self._window_at)
      self._window = self._file.read(max(size, _WINDOW))
    return self._window[start : start + size]

  def _skip(self, size: int, names: tuple[str, ...]) -> None:
    self._at += size
    if self._at > self._size:
      raise ValueError(
        f'{self._path} ends within {_join(names)}: it has {self._size} bytes, '
        f'expected at least {self._at}; it is truncated, fetch it again.'
      )


def _dtype(path: epath.Path, names: tuple[str, ...], name: Any) -> np.dtype:
  # As flax does it: numpy does not know bfloat16.
  dtype = np.dtype(ml_dtypes.bfloat16 if name == 'bfloat16' else name)
  if dtype.hasobject:
    raise _alien(path, f'{_join(names)} holds Python objects')
  return dtype


def _join(names: tuple[str, ...]) -> str:
  return '/'.join(names) or 'its first value'


def _alien(path: epath.Path, what: Any) -> ValueError:
  return ValueError(
    f'{path} cannot be read as a checkpoint of flax or T5X: {what}; it is '
    'damaged, or something else.'
  )
