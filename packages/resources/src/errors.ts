/** Every error code of this room, with what it means and what to do. */
export const RESOURCES_ERRORS: Readonly<Record<string, string>> = {
  "RESOURCES.MISSING":
    "There is no file or object of this name. Check the path, or the repository with fsck.",
  "RESOURCES.EXISTS":
    "A file or object of this name exists and would be overwritten. Remove it, or choose another name.",
  "RESOURCES.OUTSIDE":
    "A path leads out of the folder it must stay in. The file name or data id is not to be trusted.",
  "RESOURCES.URI_INVALID": "This is not a URI or path that can be used. Check its spelling.",
  "RESOURCES.SCHEME_UNKNOWN":
    "No store serves this kind of URI. Configure one, or copy the file to a local path.",
};
