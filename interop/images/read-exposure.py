"""Reads exposures as a plain astropy user would, and prints what they hold as JSON."""

import json
import sys

import numpy as np
from astropy import log
from astropy.io import fits
from astropy.wcs import WCS

# With SIP cards in the header astropy remarks that the linear WCS `A` has none in its CTYPE; it says so on standard output.
log.setLevel("WARNING")

out = []
for path in sys.argv[1:]:
    with fits.open(path, checksum=True) as hdus:
        image, mask, variance = hdus["IMAGE"], hdus["MASK"], hdus["VARIANCE"]
        sky = WCS(image.header)
        parent = WCS(image.header, key="A")
        ny, nx = image.data.shape
        x, y = np.meshgrid(np.linspace(0, nx - 1, 5), np.linspace(0, ny - 1, 4))
        ra, dec = sky.all_pix2world(x.ravel(), y.ravel(), 0)
        maskSky = WCS(mask.header).all_pix2world(x.ravel(), y.ravel(), 0)
        px, py = parent.wcs_pix2world(x.ravel(), y.ravel(), 0)
        tree = json.loads(bytes(hdus["JSON"].data["JSON"][0]).decode())
        out.append(
            {
                "names": [hdu.name for hdu in hdus],
                "shape": [nx, ny],
                "image": image.data.astype("f4").view("u4").ravel().tolist(),
                "imageSum": float(np.nansum(image.data.astype("f8"))),
                "variance": variance.data.astype("f4").view("u4").ravel().tolist(),
                "mask": mask.data.astype("i8").ravel().tolist(),
                "planes": {key[3:]: value for key, value in mask.header.items() if key.startswith("MP_")},
                "ra": ra.tolist(),
                "dec": dec.tolist(),
                "sameMaskSky": bool(np.array_equal(maskSky[0], ra) and np.array_equal(maskSky[1], dec)),
                "parentX": px.tolist(),
                "parentY": py.tolist(),
                "ltv": [image.header["LTV1"], image.header["LTV2"]],
                "unit": image.header["BUNIT"],
                "varianceUnit": variance.header["BUNIT"],
                "exposureTime": hdus[0].header["EXPTIME"],
                "observer": hdus[0].header["OBSERVER"],
                "schema": tree["schema"],
            }
        )
        for hdu in hdus:
            hdu.verify("exception")
print(json.dumps(out))
