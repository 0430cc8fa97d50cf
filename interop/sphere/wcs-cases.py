"""FITS headers, pixels and the sky positions astropy gives them, as JSON: wcs-cases.py SEED COUNT.

With seed 1 and count 60 it made packages/sphere/src/fixtures/wcs-cases.json. Needs astropy and numpy.
"""

import json
import math
import random
import sys
import warnings

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

warnings.simplefilter("ignore")
seed, count = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(seed)
KINDS = ["TAN", "TAN-SIP", "TPV", "SCAMP", "SIN", "STG", "ARC", "ZEA", "CAR", "TAN"]


def linear(index, keys):
    scale = rng.choice([0.2, 0.27, 1.0, 2.5]) / 3600
    angle = math.radians(rng.uniform(0, 360))
    parity = rng.choice([-1, 1])
    c, s = math.cos(angle), math.sin(angle)
    # wcslib applies TPV before CDELT, so only with a CD matrix are its coefficients those of the convention, in degrees.
    form = 0 if KINDS[index % len(KINDS)] in ("TPV", "SCAMP") else index % 3
    if form == 0:
        keys.update(CD1_1=parity * scale * c, CD1_2=-scale * s, CD2_1=parity * scale * s, CD2_2=scale * c * 1.01)
    elif form == 1:
        keys.update(CDELT1=parity * scale, CDELT2=scale, PC1_1=c, PC1_2=-s, PC2_1=s, PC2_2=c)
    else:
        keys.update(CDELT1=parity * scale, CDELT2=scale, CROTA1=math.degrees(angle), CROTA2=math.degrees(angle))


def make(index):
    kind = KINDS[index % len(KINDS)]
    dec = rng.choice([rng.uniform(-89, 89), rng.uniform(-60, 60), rng.choice([90.0, -90.0, 89.99, 0.0])])
    if kind == "CAR":
        dec = 0.0
    ra = rng.choice([rng.uniform(0, 360), 0.01, 359.99])
    code = {"TAN-SIP": "TAN-SIP", "TPV": "TPV", "SCAMP": "TAN"}.get(kind, kind)
    swapped = kind in ("TAN", "STG") and rng.random() < 0.3
    names = ["RA---" + code, "DEC--" + code]
    values = [ra, dec]
    if swapped:
        names.reverse()
        values.reverse()
    keys = dict(
        CTYPE1=names[0],
        CTYPE2=names[1],
        CRVAL1=values[0],
        CRVAL2=values[1],
        CRPIX1=rng.uniform(-2000, 4000),
        CRPIX2=rng.uniform(-2000, 4000),
    )
    linear(index, keys)
    if kind in ("TAN", "ZEA") and rng.random() < 0.3:
        keys["LONPOLE"] = rng.choice([0.0, 90.0, 150.0, 180.0])
    if kind == "TAN-SIP":
        order = rng.randint(2, 5)
        for prefix in "AB":
            keys[prefix + "_ORDER"] = order
            for p in range(order + 1):
                for q in range(order + 1 - p):
                    if 2 <= p + q:
                        keys[f"{prefix}_{p}_{q}"] = rng.uniform(-1, 1) * 30 / 4000 ** (p + q)
    if kind in ("TPV", "SCAMP"):
        for axis in (1, 2):
            for term in [0, 1, 2, 4, 5, 6, 7, 8, 9, 10] + ([3, 11, 12, 13, 14, 15, 16] if kind == "TPV" else []):
                keys[f"PV{axis}_{term}"] = rng.uniform(-1, 1) * 2e-3
            keys[f"PV{axis}_1"] += 1
            if kind == "TPV" and rng.random() < 0.3:
                for term in (17, 20, 23, 24, 30, 31, 38, 39):
                    keys[f"PV{axis}_{term}"] = rng.uniform(-1, 1) * 1e-6
    return keys


cases = []
for i in range(count):
    keys = make(i)
    header = fits.Header()
    for key, value in keys.items():
        header[key] = value
    wcs = WCS(header)
    pixels = np.array([[rng.uniform(-100, 4200), rng.uniform(-100, 4200)] for _ in range(12)])
    sky = wcs.all_pix2world(pixels, 0)
    if keys["CTYPE1"].startswith("DEC"):
        sky = sky[:, ::-1]
    cases.append({"header": keys, "pixels": pixels.tolist(), "sky": sky.tolist()})
json.dump(cases, sys.stdout, separators=(",", ":"))
