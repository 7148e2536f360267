"""One YAML file under edit: every change gives a new one, so a half-made edit is never seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fixloop.fixes import values, yaml_splice
from fixloop.fixes.conflict import UnsafeEdit
from fixloop.fixes.values import MISSING
from fixloop.workspace.snapshot import Snapshot

__all__ = ["MISSING", "YamlFile", "read_yaml_file"]


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file's path and bytes, read and edited by key paths; see `yaml_splice` for what may be raised."""

    path: str
    data: bytes

    @property
    def value(self) -> Any:
        """What the file means; shared, so not to be changed."""
        return yaml_splice.read_value(self.path, self.data)

    def get(self, *keys: str | int, default: Any = None) -> Any:
        """The value at a key path, or `default`."""
        return values.look_up(self.value, keys, default)

    def set(self, *keys: str | int, to: Any) -> "YamlFile":
        """Another value at a key path, or a new key there; mappings on the way are made where absent."""
        if self.get(*keys, default=MISSING) is not MISSING:
            return self._edited(yaml_splice.set_value, keys, to)
        depth = next(n for n in range(len(keys)) if self.get(*keys[: n + 1], default=MISSING) is MISSING)
        for key in reversed(keys[depth + 1 :]):
            to = {key: to}
        return self._edited(yaml_splice.add_key, keys[:depth], str(keys[depth]), to)

    def add(self, *keys: str | int, to: Any, after: str | None = None) -> "YamlFile":
        """A new key: behind another one of its mapping, first ("") or last (None)."""
        return self._edited(yaml_splice.add_key, keys[:-1], str(keys[-1]), to, after=after)

    def insert(self, *keys: str | int, item: Any, at: int | None = None) -> "YamlFile":
        """A new item in a list, at the end unless `at` says where; the list is made where absent."""
        items = self.get(*keys)
        if items is None:
            return self.set(*keys, to=[item])
        index = len(items) if at is None else at
        return self._edited(yaml_splice.insert_item, keys, index, item)

    def delete(self, *keys: str | int) -> "YamlFile":
        """Without a key or an item."""
        return self._edited(yaml_splice.delete, keys)

    def move(self, source: tuple[str | int, ...], to_list: tuple[str | int, ...], at: int) -> "YamlFile":
        """With an item moved before position `at` of a list, counted before the move."""
        return self._edited(yaml_splice.move_item, source, to_list, at)

    def replace_text(self, *keys: str | int, was: str, to: str) -> "YamlFile":
        """With other words in a text."""
        return self._edited(yaml_splice.replace_text, keys, was, to)

    def _edited(self, edit: Callable[..., bytes], *args: Any, **options: Any) -> "YamlFile":
        try:
            return YamlFile(self.path, edit(self.path, self.data, *args, **options))
        except UnsafeEdit as error:
            raise UnsafeEdit(error.keys, error.why, self.path) from error


def read_yaml_file(snapshot: Snapshot, path: str) -> YamlFile | None:
    """A file of a snapshot, or None where there is none."""
    data = snapshot.read(path)
    return None if data is None else YamlFile(path, data)
