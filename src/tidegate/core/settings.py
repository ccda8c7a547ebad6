"""Currency 3, the setting: a typed value with an owner, bounds and a gray unit, and how it resolves for one subject.

In: declarations (`Setting`, one constant beside the part that obeys it), states (`SettingState`, as the store has
them) and this node's defaults, as its configuration gives them. Out: `SettingsBook.resolve`, a value with the change
arms it came under. Everything is in memory and pure: the same state and subject give the same answer in every
process, and a growing share moves nobody back.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import msgspec

from tidegate.core.errors import ConflictError, InvalidError, NotFoundError

Value = bool | int | float | str
V = TypeVar("V", bool, int, float, str)

GrayUnit = Literal["session", "stream", "channel", "node", "cell", "region"]
"""What is moved as one when a change is released step by step."""

Scope = Literal["channel", "node", "cell", "region"]
"""What may have a value of its own. Sessions and streams are too short-lived to be given one."""

SCOPES: tuple[Scope, ...] = ("channel", "node", "cell", "region")
"""Most specific first: the first that has a value of its own decides."""

TakesEffect = Literal["at once", "next stream", "restart"]

Kind = Literal["flag", "integer", "number", "text"]

Source = Literal["default", "config", "set", "gray", "override"]
"""Where a value comes from, weakest first: the release, this node's configuration, what is set for all, a change that
is being released, a value of the subject's own."""

SETTING_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\Z")
NAME_CHARS_MAX = 80

CHOICE_CHARS_MAX = 1024
"""Longest text a setting may have."""

NUMBER_MAX = 2**53 - 1
"""Largest number a setting may have, up or down: what every JSON reader keeps exactly (RFC 8259, section 6)."""


class SettingValueError(InvalidError):
    """The value breaks a bound of its setting; the message names it."""

    code = "setting-value"


class SettingNotFoundError(NotFoundError):
    code = "setting-not-found"


class SettingChangedError(ConflictError):
    """Someone else changed the setting since it was read."""

    code = "setting-changed"


class Subject(msgspec.Struct, frozen=True):
    """For whom a setting is asked. An empty id is not known, and matches no override and no share.

    Attributes:
        stream: the broadcast's id.
        session: of a publisher or a viewer, whichever asks.
    """

    channel: str = ""
    stream: str = ""
    session: str = ""
    node: str = ""
    cell: str = ""
    region: str = ""


ANYONE = Subject()
"""Nobody in particular: what is set for all."""


class Setting(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """A declaration; the same for every installation of a release.

    Attributes:
        name: `part.what_unit`, such as `origin.grace_s`; never reused for another meaning.
        unit: of the value, such as `s`; empty where it has none.
        owner: the domain that obeys it.
        sentence: what it does, for people who have not read the code.
        minimum, maximum: bounds of a number, both included.
        choices: what a text may be; empty: any text up to `CHOICE_CHARS_MAX`.
        scopes: what may have a value of its own.
    """

    name: str
    default: V
    owner: str
    sentence: str
    gray_unit: GrayUnit = "channel"
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = SCOPES
    takes_effect: TakesEffect = "at once"

    @property
    def kind(self) -> Kind:
        return _KINDS[type(self.default)]

    @property
    def bounds(self) -> str:
        """What a value may be, in words."""
        low, high = self.minimum, self.maximum
        unit = f" {self.unit}" if self.unit else ""
        if self.choices:
            return ", ".join(self.choices)
        if low is not None and high is not None:
            return f"{low:.15g} to {high:.15g}{unit}"
        if low is not None or high is not None:
            return f"at least {low:.15g}{unit}" if high is None else f"at most {high:.15g}{unit}"
        return _KIND_NAMES[type(self.default)]

    def worded(self, value: Value) -> str:
        """`value` as people read it, with its unit."""
        text = (
            str(value).lower()
            if isinstance(value, bool)
            else f"{value:.15g}"
            if isinstance(value, float)
            else str(value)
        )
        return f"{text} {self.unit}" if self.unit else text

    def checked(self, value: object) -> V:
        """`value` in the setting's own type.

        Raises:
            SettingValueError: it is of another type or breaks a bound.
        """
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise self._refused(f"{value!r}"[:80], f"Give {_KIND_NAMES[kind]}.")
        if isinstance(value, str):
            self._check_text(value)
        elif not isinstance(value, bool) and isinstance(value, (int, float)):
            self._check_number(value)
        return value

    def parsed(self, text: str) -> V:
        """A value as typed on a command line or in a form.

        Raises:
            SettingValueError: it cannot be read, or breaks a bound.
        """
        kind = type(self.default)
        if kind is str:
            return self.checked(text)
        try:
            return self.checked(msgspec.convert(text.strip().lower(), kind, strict=False))
        except msgspec.ValidationError:
            raise self._refused(f"{text!r}"[:80], f"Give {_KIND_NAMES[kind]}.") from None

    def _check_text(self, value: str) -> None:
        if self.choices and value not in self.choices:
            raise self._refused(f"{value!r}"[:80], f"It may be {', '.join(map(repr, self.choices))}.")
        if len(value) > CHOICE_CHARS_MAX:
            raise self._refused(f"{len(value)} characters long", f"Give at most {CHOICE_CHARS_MAX}.")

    def _check_number(self, value: float) -> None:
        if not -NUMBER_MAX <= value <= NUMBER_MAX:  # so written, it refuses NaN too
            raise self._refused(str(value)[:80], "Give a number that JSON can carry.")
        low, high = self.minimum, self.maximum
        unit = f" {self.unit}" if self.unit else ""
        if low is not None and value < low:
            raise self._refused(f"{value:.15g}{unit}", f"It must be at least {low:.15g}{unit}.", minimum=low)
        if high is not None and value > high:
            raise self._refused(f"{value:.15g}{unit}", f"It must be at most {high:.15g}{unit}.", maximum=high)

    def _refused(self, what: str, hint: str, **data: object) -> SettingValueError:
        return SettingValueError(f"{self.name} cannot be {what}.", hint=hint, setting=self.name, **data)


_KIND_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
_KINDS: dict[type, Kind] = {bool: "flag", int: "integer", float: "number", str: "text"}


class Change(msgspec.Struct, frozen=True):
    """A new value on its way to everyone, released to `share` of the gray unit's subjects.

    Attributes:
        id: names the change in arms.
        salt: its own, so that two changes divide subjects independently of each other.
        share: 0 to 1. Growing it adds subjects and takes none away.
    """

    id: str
    value: Value
    share: float
    salt: str


class SettingState(msgspec.Struct, frozen=True):
    """What is set, as the store has it.

    Attributes:
        version: counts every change; 0 while nothing has ever been set.
        value: None: the default.
        overrides: values of their own by scope and id.
        changes: being released, oldest first; where two reach one subject, the later one's value holds.
    """

    name: str
    version: int = 0
    value: Value | None = None
    overrides: dict[Scope, dict[str, Value]] = {}
    changes: tuple[Change, ...] = ()


class Resolved(NamedTuple, Generic[V]):
    """A value, and the arms of the changes that touched it, such as `chg_local_7m2k:treatment`."""

    value: V
    arms: tuple[str, ...]


_NEAR_MAX = 3


class Catalogue:
    """Every setting there is, by name."""

    def __init__(self, settings: Iterable[Setting[Any]]) -> None:
        self._settings: dict[str, Setting[Any]] = {}
        for setting in sorted(settings, key=lambda each: each.name):
            if setting.name in self._settings:
                raise ValueError(f"Two settings are named {setting.name}.")
            if SETTING_NAME.match(setting.name) is None or len(setting.name) > NAME_CHARS_MAX:
                raise ValueError(f"{setting.name!r} is not named part.what_unit.")
            setting.checked(setting.default)
            self._settings[setting.name] = setting

    def __iter__(self) -> Iterator[Setting[Any]]:
        return iter(self._settings.values())

    def __len__(self) -> int:
        return len(self._settings)

    def get(self, name: str) -> Setting[Any]:
        """The declaration of this name.

        Raises:
            SettingNotFoundError: there is none.
        """
        setting = self._settings.get(name)
        if setting is None:
            near = self._near(name[:NAME_CHARS_MAX])
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            raise SettingNotFoundError(
                f"There is no setting {name[:NAME_CHARS_MAX]!r}.",
                hint=f"{hint}`tidegate setting list` names them all.",
                near=near,
            )
        return setting

    def _near(self, name: str) -> list[str]:
        """Names that may have been meant: those it is a part of, else those that look like it."""
        if holding := [each for each in self._settings if name and name in each]:
            return holding[:_NEAR_MAX]
        last = {each.rpartition(".")[2]: each for each in self._settings}
        alike = difflib.get_close_matches(name, [*self._settings, *last], n=_NEAR_MAX)
        return list(dict.fromkeys(last.get(each, each) for each in alike))


Watcher = Callable[[str], None]
"""Told a setting's name after its state has changed. Must be quick and must not raise."""


class SettingsBook:
    """What is in effect in this process: every setting's state, resolved for any subject without I/O.

    A setting that no state was applied for has its default, so that tests and tools need none.

    Args:
        catalogue: the settings whose changes `arms` looks at.
        here: this process's node, cell and region, which a subject need not repeat.
        defaults: what this node's configuration has in the place of a setting's own default, by name.
    """

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        *,
        here: Subject = ANYONE,
        defaults: Mapping[str, Value] | None = None,
    ) -> None:
        self.here = here
        self._catalogue = catalogue
        self._defaults = dict(defaults or {})
        self._states: dict[str, SettingState] = {}
        self._gray: tuple[Setting[Any], ...] = ()
        self._watchers: list[Watcher] = []

    def apply(self, state: SettingState) -> None:
        """Take in a state whose values have been checked; an older version than the one in effect is ignored."""
        if state.version < self.state(state.name).version:
            return
        self._states[state.name] = state
        self._gray = tuple(each for each in self._catalogue or () if self.state(each.name).changes)
        for watcher in tuple(self._watchers):
            watcher(state.name)

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Be told of each change until the function returned is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def follow(self, settings: Iterable[Setting[Any]], obey: Callable[[], None]) -> Callable[[], None]:
        """Call `obey` now, and after each change of one of `settings` until the function returned is called."""
        names = frozenset(setting.name for setting in settings)

        def watcher(name: str) -> None:
            if name in names:
                obey()

        obey()
        return self.watch(watcher)

    def state(self, name: str) -> SettingState:
        return self._states.get(name) or SettingState(name)

    def default(self, setting: Setting[V]) -> V:
        """What holds on this node where nothing is set."""
        return self._defaults.get(setting.name, setting.default)  # type: ignore[return-value]  # checked by config

    def value(self, setting: Setting[V], subject: Subject = ANYONE) -> V:
        state = self._states.get(setting.name)
        if state is None:
            return self.default(setting)
        return self._decide(setting, state, subject)[0]

    def resolve(self, setting: Setting[V], subject: Subject = ANYONE) -> Resolved[V]:
        """The value for `subject`: its own, else a change's that has reached it, else what is set for all."""
        state = self._states.get(setting.name)
        if state is None:
            return Resolved(self.default(setting), ())
        value, arms, _ = self._decide(setting, state, subject)
        return Resolved(value, arms)

    def source(self, setting: Setting[Any], subject: Subject = ANYONE) -> Source:
        """Where the value for `subject` comes from."""
        state = self._states.get(setting.name) or SettingState(setting.name)
        return self._decide(setting, state, subject)[2]

    def arms(self, subject: Subject) -> tuple[str, ...]:
        """The arms of every change being released that `subject` is counted in; costs nothing while there is none."""
        if not self._gray:
            return ()
        return tuple(arm for setting in self._gray for arm in self.resolve(setting, subject).arms)

    def _decide(
        self, setting: Setting[V], state: SettingState, subject: Subject
    ) -> tuple[V, tuple[str, ...], Source]:
        if state.overrides or state.changes:
            subject = _placed(subject, self.here)
        if state.overrides:
            for scope in SCOPES:
                own = state.overrides.get(scope)
                if own and (value := own.get(getattr(subject, scope))) is not None:
                    return value, (), "override"  # type: ignore[return-value]  # checked when it was set
        value, source = state.value, "set"
        if value is None:
            value = self.default(setting)
            source = "config" if setting.name in self._defaults else "default"
        arms: tuple[str, ...] = ()
        for change in state.changes:
            unit_id = getattr(subject, setting.gray_unit)
            if not unit_id:
                continue
            if in_share(change.salt, unit_id, change.share):
                value, source = change.value, "gray"
                arms += (f"{change.id}:treatment",)
            else:
                arms += (f"{change.id}:control",)
        return value, arms, source  # type: ignore[return-value]  # likewise


def _placed(subject: Subject, here: Subject) -> Subject:
    """`subject` on this node, in this cell and region, where it does not name others."""
    if here is ANYONE:
        return subject
    return Subject(
        subject.channel,
        subject.stream,
        subject.session,
        subject.node or here.node,
        subject.cell or here.cell,
        subject.region or here.region,
    )


_HASHES = float(1 << 64)


def in_share(salt: str, unit_id: str, share: float) -> bool:
    """Whether `unit_id` is among the first `share` of all in the order that `salt` shuffles them into."""
    digest = blake2b(unit_id.encode(), key=salt.encode()[:64], digest_size=8).digest()
    return int.from_bytes(digest, "big") / _HASHES < share
