"""Reads bit fields, most significant bit first, and the Exp-Golomb codes of H.264 and HEVC (ITU-T H.264, 9.1)."""

from tidegate.media.codecs.errors import CodecError

_LONGEST_EXP_GOLOMB_ZEROS = 32
"""A code with more leading zeros would exceed 32 bits, the largest syntax element either standard has."""


class BitReader:
    """A cursor over `data`; every read past its end raises `CodecError`."""

    def __init__(self, data: bytes, what: str) -> None:
        """`what` names the structure in the error's sentence, such as `H.264 SPS`."""
        self._data = data
        self._what = what
        self._at = 0

    @property
    def position(self) -> int:
        """Bits read so far."""
        return self._at

    @property
    def left(self) -> int:
        """Bits still unread."""
        return len(self._data) * 8 - self._at

    def read(self, bits: int) -> int:
        """The next `bits` bits as an unsigned integer.

        Raises:
            CodecError: fewer are left.
        """
        end = self._at + bits
        if end > len(self._data) * 8:
            raise CodecError(f"The {self._what} is cut off.", hint="Restart the encoder.")
        window = int.from_bytes(self._data[self._at >> 3 : (end + 7) >> 3], "big")
        self._at = end
        return (window >> (-end & 7)) & ((1 << bits) - 1)

    def flag(self) -> bool:
        return self.read(1) == 1

    def skip(self, bits: int) -> None:
        self.read(bits)

    def unsigned(self) -> int:
        """An unsigned Exp-Golomb code, `ue(v)`.

        Raises:
            CodecError: it is cut off, or longer than any the standards have.
        """
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > _LONGEST_EXP_GOLOMB_ZEROS:
                raise CodecError(
                    f"The {self._what} holds a number out of range.", hint="Restart the encoder."
                )
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """A signed Exp-Golomb code, `se(v)`.

        Raises:
            CodecError: as `unsigned`.
        """
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)
