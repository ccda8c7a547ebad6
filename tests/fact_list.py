"""A `FactSink` that keeps what it is given, for tests."""

from typing import TypeVar

from tidegate.core.facts import Fact

F = TypeVar("F")


class FactList:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def put(self, fact: Fact) -> None:
        self.facts.append(fact)

    def of(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.facts if isinstance(fact, kind)]
