"""The demo world's endpoints: nothing but a demo has a world, and only those signed in may hurt it."""

import httpx

from tidegate.core.errors import ConflictError, NotFoundError
from tidegate.core.world import Hurt, RegionCrowd, WorldStatus


class ScriptedWorld:
    """A world with one thing to hurt."""

    def __init__(self) -> None:
        self.hurting = False

    def status(self) -> WorldStatus:
        hurt = Hurt("region", "Throttle", "It throttles.", "They stall.", "hurt" if self.hurting else "well")
        return WorldStatus(
            running=True, crowd=True, viewers=7, regions=(RegionCrowd("eu-west", 7),), hurts=(hurt,)
        )

    async def hurt(self, what: str) -> WorldStatus:
        if what == "busy":
            raise ConflictError("It cannot be done now.", hint="Wait.")
        if what != "region":
            raise NotFoundError("There is no such thing.")
        self.hurting = True
        return self.status()

    async def heal(self, what: str) -> WorldStatus:
        self.hurting = False
        return self.status()


async def test_a_platform_without_a_world_says_so_and_cannot_be_hurt(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/api/v1/world")
    assert answer.status_code == 200
    assert answer.json() == {
        "running": False, "crowd": False, "viewers": 0, "visits": 0, "egress_bps": 0, "regions": [], "hurts": [],
    }  # fmt: skip
    for method in ("POST", "DELETE"):
        refused = await admin.request(method, "/api/v1/world/hurt/publisher")
        assert refused.status_code == 404
        assert "tidegate demo" in refused.json()["hint"]


async def test_a_world_is_hurt_and_healed(bench, admin: httpx.AsyncClient) -> None:
    bench.services.world.world = ScriptedWorld()
    answer = await admin.post("/api/v1/world/hurt/region")
    assert answer.status_code == 200
    assert answer.json()["hurts"][0]["state"] == "hurt"
    assert (await admin.get("/api/v1/world")).json()["hurts"][0]["state"] == "hurt"
    answer = await admin.delete("/api/v1/world/hurt/region")
    assert answer.status_code == 200
    assert answer.json()["hurts"][0]["state"] == "well"


async def test_what_cannot_be_hurt_is_a_problem(bench, admin: httpx.AsyncClient) -> None:
    bench.services.world.world = ScriptedWorld()
    assert (await admin.post("/api/v1/world/hurt/nothing")).status_code == 404
    assert (await admin.post("/api/v1/world/hurt/busy")).status_code == 409


async def test_strangers_neither_see_nor_hurt_it(bench, anyone: httpx.AsyncClient) -> None:
    world = bench.services.world.world = ScriptedWorld()
    assert (await anyone.get("/api/v1/world")).status_code == 401
    assert (await anyone.post("/api/v1/world/hurt/region")).status_code == 401
    assert (await anyone.delete("/api/v1/world/hurt/region")).status_code == 401
    assert not world.hurting
