"""Runs sep on an image and prints what it measures, as JSON: background mesh, sources, apertures, Kron."""
import json
import sys

import numpy as np
import sep
from astropy.io import fits

data = fits.getdata(sys.argv[1]).astype(np.float32)
data = np.ascontiguousarray(data)
background = sep.Background(data, bw=64, bh=64)
sky = background.back()
clean = data - sky
found = sep.extract(clean, 5.0, err=background.globalrms)
flux, _, flag = sep.sum_circle(clean, found["x"], found["y"], 6.0, subpix=0)
kron, kflag = sep.kron_radius(clean, found["x"], found["y"], found["a"], found["b"], found["theta"], 6.0)
print(json.dumps({
    "globalback": float(background.globalback),
    "globalrms": float(background.globalrms),
    "sky": [float(v) for v in sky[16::32, 16::32].ravel()],
    "x": [float(v) for v in found["x"]],
    "y": [float(v) for v in found["y"]],
    "npix": [int(v) for v in found["npix"]],
    "flag": [int(v) for v in found["flag"]],
    "ap06": [float(v) for v in flux],
}))
