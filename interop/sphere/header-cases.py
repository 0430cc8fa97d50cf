"""Celestial WCS of real FITS files, as wcs-cases.py writes them: header-cases.py FOLDER. Needs astropy and numpy."""

import json
import os
import random
import re
import sys
import warnings

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

warnings.simplefilter("ignore")
WANTED = re.compile(r"(CTYPE|CRVAL|CRPIX|CDELT|CROTA|CUNIT)[12]|CD[12]_[12]|PC[12]_[12]|PV[12]_\d+|(A|B|AP|BP)_(ORDER|\d_\d)|LONPOLE|LATPOLE|RADE?C?SYS|EQUINOX")
rng = random.Random(1)
cases = []
for root, _, files in sorted(os.walk(sys.argv[1])):
    for name in sorted(files):
        if ".fit" not in name and not name.endswith(".fz"):
            continue
        try:
            hdus = fits.open(os.path.join(root, name))
        except OSError:
            continue
        with hdus:
            for hdu in hdus:
                header = hdu.header
                if not str(header.get("CTYPE1", "")).startswith("RA--"):
                    continue
                nx, ny = header.get("NAXIS1") or 1000, header.get("NAXIS2") or 1000
                pixels = np.array([[rng.uniform(0, nx), rng.uniform(0, ny)] for _ in range(10)])
                sky = WCS(header).celestial.all_pix2world(pixels, 0)
                keys = {k: v for k, v in header.items() if WANTED.fullmatch(k)}
                cases.append({"file": name, "header": keys, "pixels": pixels.tolist(), "sky": sky.tolist()})
json.dump(cases, sys.stdout)
