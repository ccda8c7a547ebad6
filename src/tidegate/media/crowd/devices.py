"""What viewers hold in their hands: how large a picture they ask for, and what they call themselves. Pure."""

import msgspec


class Device(msgspec.Struct, frozen=True):
    """One kind of device.

    Attributes:
        height_max: pixels; taller renditions are not asked for, as players cap them to what they show; 0: no cap.
        target_latency_s: where its player steers to.
        user_agent: the beginning of what it sends; ends in the player's own name and version.
    """

    height_max: int
    target_latency_s: float
    user_agent: str


ANY = "any"

DEVICES: dict[str, Device] = {
    ANY: Device(0, 0.0, ""),
    "phone": Device(720, 0.65, "Mozilla/5.0 (Linux; Android 15; Mobile)"),
    "tablet": Device(1080, 0.65, "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X)"),
    "desktop": Device(2160, 0.65, "Mozilla/5.0 (X11; Linux x86_64)"),
    "tv": Device(2160, 1.5, "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0)"),
}
"""`any` takes what there is and calls itself by the player's name alone. Televisions have time: their players are the least
quick, and nobody beside them shouts first."""
