"""Prints, for each FITS file named, what astropy reads of every HDU, as JSON: the judge of this room's own reading."""
import gzip, hashlib, io, json, sys, warnings
import numpy as np
from astropy.io import fits

warnings.simplefilter("ignore")


def digest(array):
    """Hash of little-endian values with one NaN for all; floats of integer columns stay what they are."""
    array = np.ascontiguousarray(array)
    if array.dtype.kind in "fc":
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array).astype(array.dtype)
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def strings(array):
    return hashlib.sha256("\n".join(str(x).rstrip() for x in np.ravel(array)).encode("latin1")).hexdigest()


def column(hdu, name):
    values = hdu.data.field(name)
    kind = values.dtype.kind
    if kind == "O":
        return {"kind": "arrays", "counts": [len(v) for v in values]}
    if kind in "SU":
        return {"kind": "strings", "sha256": strings(values)}
    if kind == "b":
        values = values.astype("u1")
    return {"kind": values.dtype.str[1:], "sha256": digest(values)}


def describe(path):
    opener = gzip.open if path.endswith(".gz") else open
    out = []
    with opener(path, "rb") as stream, fits.open(io.BytesIO(stream.read()), memmap=False) as hdus:
        for hdu in hdus:
            entry = {"name": hdu.name, "cards": len(hdu.header)}
            if isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(hdu, fits.CompImageHDU):
                entry["kind"] = "table"
                entry["rows"] = len(hdu.data)
                entry["columns"] = {c.name: column(hdu, c.name) for c in hdu.columns if c.name is not None}
                out.append(entry)
                continue
            try:
                data = hdu.data
            except TypeError:  # this astropy does not know 64-bit integers in compressed images
                entry["kind"] = "unread"
                out.append(entry)
                continue
            if data is not None:
                entry["kind"] = "image"
                entry["shape"] = list(data.shape[::-1])
                entry["type"] = data.dtype.str[1:]
                entry["sha256"] = digest(data)
                finite = np.asarray(data, dtype="f8")
                finite = finite[np.isfinite(finite)]
                entry["mean"] = float(finite.mean()) if finite.size else 0.0
                entry["min"] = float(finite.min()) if finite.size else 0.0
                entry["max"] = float(finite.max()) if finite.size else 0.0
            else:
                entry["kind"] = "empty"
            out.append(entry)
    return out


print(json.dumps({path: describe(path) for path in sys.argv[1:]}))
