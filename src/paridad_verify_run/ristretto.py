# SPDX-License-Identifier: Apache-2.0
"""ristretto255 (RFC 9496) in integers: enough to check a proof, written apart from the library that the nodes use.

- Nothing here is secret, so nothing here hides its time.
- A point is kept as (X, Y, Z, T) of the curve behind it; bytes come in through `decode` alone, which refuses every
  spelling but the canonical one (§4.3.1). The identity decodes; who must not send it is another matter.
"""

from collections.abc import Sequence

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
IDENTITY: Point = (0, 1, 1, 0)
_WINDOW = 4


def _sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """SQRT_RATIO_M1 (§4.2): whether u/v is a square, and its root or that of i·u/v, not negative."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    if check in {-u % P, -u * SQRT_M1 % P}:
        r = r * SQRT_M1 % P
    return check in {u % P, -u % P}, min(r, P - r) if r & 1 else r


_INVSQRT_A_MINUS_D = _sqrt_ratio(1, (-1 - D) % P)[1]


def decode(data: bytes) -> Point | None:
    """Decode (§4.3.1): the point of 32 bytes, or nothing where they are not its canonical form."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or s & 1:  # noqa: PLR2004
        return None
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    u2_sqr = u2 * u2 % P
    v = (-(D * u1 * u1) - u2_sqr) % P
    square, invsqrt = _sqrt_ratio(1, v * u2_sqr % P)
    den_x = invsqrt * u2 % P
    den_y = invsqrt * den_x * v % P
    x = 2 * s * den_x % P
    x = P - x if x & 1 else x
    y = u1 * den_y % P
    t = x * y % P
    return None if not square or t & 1 or y == 0 else (x, y, 1, t)


def encode(point: Point) -> bytes:
    """Encode (§4.3.2): the one form of a point."""
    x0, y0, z0, t0 = point
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    invsqrt = _sqrt_ratio(1, u1 * u2 * u2 % P)[1]
    den1, den2 = invsqrt * u1 % P, invsqrt * u2 % P
    z_inv = den1 * den2 * t0 % P
    if t0 * z_inv % P & 1:
        x, y, den_inv = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * _INVSQRT_A_MINUS_D % P
    else:
        x, y, den_inv = x0, y0, den2
    y = -y % P if x * z_inv % P & 1 else y
    s = den_inv * (z0 - y) % P
    return (P - s if s & 1 else s).to_bytes(32, "little")


def add(one: Point, two: Point) -> Point:
    """Return the sum of two points (addition on the twisted Edwards curve with a = -1; it is complete)."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = two
    a, b = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * D * t1 * t2, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply_sum(scalars: Sequence[int], points: Sequence[Point]) -> Point:
    """Return the sum of points, each times its scalar: four bits of every scalar at a time, doublings shared."""
    tables = []
    for point in points:
        table = [IDENTITY, point]
        while len(table) < 1 << _WINDOW:
            table.append(add(table[-1], point))
        tables.append(table)
    total = IDENTITY
    for shift in range(252, -1, -_WINDOW):
        for _ in range(_WINDOW if total != IDENTITY else 0):
            total = add(total, total)
        for scalar, table in zip(scalars, tables, strict=True):
            if digit := scalar >> shift & 15:
                total = add(total, table[digit])
    return total


GENERATOR_BYTES = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
_decoded = decode(GENERATOR_BYTES)
assert _decoded is not None
GENERATOR: Point = _decoded
