/** Error codes of this room, each with what it means and what to do. */
export const FITS_ERRORS: Readonly<Record<string, string>> = {
  "FITS.NOT_FITS":
    "The bytes do not begin with a FITS header (SIMPLE card). Check that the path names a FITS file, plain or gzipped.",
  "FITS.FILE_UNREADABLE":
    "A file could not be opened, read or written. Check the path, its permissions and the disk.",
  "FITS.TRUNCATED":
    "The file ends before the bytes its header promises. Fetch it again; the fields name the offset and the missing length.",
  "FITS.HEADER_INVALID":
    "A header has no END card, or lacks its first mandatory card. The file is damaged at the offset.",
  "FITS.CARD_INVALID":
    "A card's value cannot be read, or is outside the range the standard allows. Correct the card named in the fields.",
  "FITS.CARD_MISSING": "A card that is needed is absent from the header. Add it, or read another extension.",
  "FITS.CARD_TYPE":
    "A card holds a value of another type than asked for (say, a string for a number). Read it with get().",
  "FITS.STRUCTURE_INVALID":
    "The cards of a header contradict each other or the data, such as columns wider than their row. The file is damaged.",
  "FITS.LIMIT_EXCEEDED":
    "Reading would take more memory than allowed, as a lying or hostile file makes it. Raise maxBytes if the file is sound.",
  "FITS.GZIP_INVALID": "A gzip stream is damaged or expands to more than it should. Fetch the file again.",
  "FITS.TILE_INVALID":
    "The compressed bytes of an image tile are damaged. The fields name the tile and the byte offset.",
  "FITS.HEAP_INVALID":
    "A variable-length array points outside the heap of its table. The file is damaged at the offset.",
  "FITS.UNSUPPORTED":
    "The file uses a feature that is not read here, such as random groups or an unknown compression.",
  "FITS.HDU_MISSING": "No extension has this index or name. List the names with `file.hdus`.",
  "FITS.COLUMN_MISSING": "The table has no column of this name. The fields list the names it has.",
  "FITS.SECTION_INVALID": "A cutout or row range lies outside the data. Intersect it with the shape first.",
  "FITS.KIND_MISMATCH": "An image was asked of a table, or a table of an image. Check `hdu.kind`.",
  "FITS.SPEC_INVALID":
    "What was given to be written contradicts itself, such as a shape that does not match its data.",
  "FITS.VALUE_UNWRITABLE":
    "A keyword or value cannot be written in a FITS header: use ASCII text, finite numbers and legal keywords.",
};
