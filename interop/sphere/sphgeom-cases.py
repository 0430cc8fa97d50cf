"""Regions, and what lsst.sphgeom says of them, as JSON: sphgeom-cases.py SEED COUNT.

With seed 1 and count 72 it made packages/sphere/src/fixtures/sphgeom-cases.json. Needs lsst-sphgeom (PyPI).
"""

import base64
import json
import math
import random
import sys

from lsst.sphgeom import (
    Angle,
    Box,
    Circle,
    ConvexPolygon,
    Ellipse,
    HealpixPixelization,
    HtmPixelization,
    IntersectionRegion,
    LonLat,
    UnionRegion,
    UnitVector3d,
)

seed, count = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(seed)


def encoded(region):
    return base64.b64encode(region.encode()).decode()


recent = []


def direction():
    if recent and rng.random() < 0.4:
        lon, lat = rng.choice(recent)
        near = (lon + rng.uniform(-1, 1)) % 360, max(-90.0, min(90.0, lat + rng.uniform(-1, 1)))
        return near
    recent.append(fresh_direction())
    return recent[-1]


def fresh_direction():
    kind = rng.randrange(6)
    if kind == 0:
        return rng.uniform(0, 360), rng.choice([-90.0, 90.0, 89.9, -89.7])
    if kind == 1:
        return rng.choice([0.0, 90.0, 180.0, 270.0, 359.99, 0.01]), rng.choice([0.0, 1e-3, -20.0])
    return rng.uniform(0, 360), math.degrees(math.asin(rng.uniform(-1, 1)))


def vector(lon, lat):
    return UnitVector3d(LonLat.fromDegrees(lon, lat))


def around(lon, lat, radius, bearing):
    centre = vector(lon, lat)
    north = UnitVector3d.northFrom(centre)
    axis = north.rotatedAround(centre, Angle.fromDegrees(bearing))
    turned = UnitVector3d(centre).rotatedAround(
        UnitVector3d(axis.cross(centre)), Angle.fromDegrees(-radius)
    )
    return turned


def make_simple(kind):
    lon, lat = direction()
    size = rng.choice([0.003, 0.05, 0.4, 2.0, 9.0, 35.0, 70.0])
    if kind == "circle":
        return Circle(vector(lon, lat), Angle.fromDegrees(rng.choice([size, size, size, 110.0])))
    if kind == "box":
        low = max(-90.0, lat - size * rng.random())
        high = min(90.0, lat + size * rng.random() + 1e-4)
        west = (lon - size) % 360
        east = (lon + size * rng.uniform(0.2, 4)) % 360
        if rng.randrange(8) == 0:
            west, east = 0.0, 360.0
        return Box.fromDegrees(west, low, east, high)
    if kind == "ellipse":
        minor = size * rng.uniform(0.2, 1)
        return Ellipse(
            vector(lon, lat), Angle.fromDegrees(size), Angle.fromDegrees(minor), Angle.fromDegrees(rng.uniform(0, 180))
        )
    bearings = sorted(rng.uniform(0, 360) for _ in range(rng.randint(4, 9)))
    points = [around(lon, lat, size * rng.uniform(0.7, 1), b) for b in bearings + [10.0, 130.0, 250.0]]
    rng.shuffle(points)
    return ConvexPolygon(points)


def make(index):
    kinds = ["polygon", "circle", "box", "polygon", "ellipse", "circle", "polygon", "box"]
    if index % 12 == 11:
        return UnionRegion(*[make_simple(k) for k in rng.sample(kinds, 2)])
    if index % 12 == 5:
        return IntersectionRegion(*[make_simple(k) for k in rng.sample(kinds, 2)])
    return make_simple(kinds[index % 8])


def level_for(region):
    radius = region.getBoundingCircle().getOpeningAngle().asDegrees()
    return max(2, min(10, int(math.log2(90.0 / max(radius, 1e-3))) + 2))


def searchable(region):
    """Replaces ellipses by their bounding circles, as a search does: sphgeom itself then reads a circle already freed."""
    if isinstance(region, Ellipse):
        return region.getBoundingCircle()
    if isinstance(region, (UnionRegion, IntersectionRegion)):
        return type(region)(*[searchable(region.cloneOperand(i)) for i in range(region.nOperands())])
    return region


def bits(relation):
    return sum(1 << i for i, name in enumerate(["DISJOINT", "CONTAINS", "WITHIN"]) if _has(relation, name))


def _has(relation, name):
    import lsst.sphgeom as sphgeom

    return (relation & getattr(sphgeom, name)) == getattr(sphgeom, name)


def lists(ranges):
    return [list(pair) for pair in ranges.ranges()]


regions = [make(i) for i in range(count)]
rows = []
for region in regions:
    level = level_for(region)
    htm = HtmPixelization(level)
    row = {
        "region": encoded(region),
        "level": level,
        "envelope": lists(htm.envelope(searchable(region))),
        "interior": lists(htm.interior(searchable(region))),
        "box": encoded(region.getBoundingBox()),
        "circle": encoded(region.getBoundingCircle()),
    }
    if not isinstance(region, (UnionRegion, IntersectionRegion)):
        order = max(0, min(level - 2, 6))
        healpix = HealpixPixelization(order)
        try:
            row["healpix"] = {
                "level": order,
                "envelope": lists(healpix.envelope(searchable(region))),
                "interior": lists(healpix.interior(searchable(region))),
            }
        except (ValueError, RuntimeError):
            pass
    rows.append(row)

pairs = []
for i in range(count):
    for j in [rng.randrange(count) for _ in range(6)] + [i]:
        overlap = regions[i].overlaps(regions[j])
        pairs.append([i, j, bits(regions[i].relate(regions[j])), overlap])

points = []
for _ in range(count):
    lon, lat = direction()
    v = vector(lon, lat)
    points.append(
        {
            "vector": [v.x(), v.y(), v.z()],
            "inside": [i for i, region in enumerate(regions) if region.contains(v)],
            "htm": [[level, HtmPixelization(level).index(v)] for level in (0, 3, 7, 20, 24)],
            "healpix": [[level, int(HealpixPixelization(level).index(v))] for level in (0, 1, 6, 17)],
        }
    )

pixels = []
for _ in range(count // 3):
    level = rng.randint(0, 17)
    index = rng.randrange(12 * 4**level)
    pixels.append(["healpix", level, index, encoded(HealpixPixelization(level).pixel(index))])
    level = rng.randint(0, 20)
    index = rng.randrange(8 * 4**level, 16 * 4**level)
    pixels.append(["htm", level, index, encoded(HtmPixelization(level).pixel(index))])

json.dump({"regions": rows, "pairs": pairs, "points": points, "pixels": pixels}, sys.stdout, separators=(",", ":"))
