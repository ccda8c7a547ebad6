import pytest

from unit.access.door import Door


@pytest.fixture
def door() -> Door:
    return Door()
