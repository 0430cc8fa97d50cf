/** Every error code of this room, with what it means and what to do. */
export const RESOURCES_ERRORS: Readonly<Record<string, string>> = {
  "RESOURCES.MISSING":
    "There is no file or object of this name. Check the path, or the repository with fsck.",
  "RESOURCES.EXISTS":
    "A file or object of this name exists and would be overwritten. Remove it, or choose another name.",
  "RESOURCES.OUTSIDE":
    "A path leads out of the folder it must stay in. The file name or data id is not to be trusted.",
  "RESOURCES.URI_INVALID": "This is not a URI or path that can be used. Check its spelling.",
  "RESOURCES.UNAVAILABLE":
    "A service did not answer as it should, also after several attempts. Try again later, or check that it runs.",
  "RESOURCES.FORBIDDEN":
    "A service refused the request. Check the credentials, and that they allow this on that bucket or folder.",
  "RESOURCES.CREDENTIALS":
    "Credentials for a service are missing or cannot be used. The message names where they are looked for.",
  "RESOURCES.REPLY_INVALID":
    "A service answered something that cannot be understood. Check that the endpoint is such a service.",
  "RESOURCES.CHANGED":
    "An object's bytes are not those its checksum tells, or it was replaced while being read. Read it again, or restore it.",
  "RESOURCES.MODE_UNSUPPORTED":
    "A file cannot be brought into this kind of store in this way. Copy or move it.",
  "RESOURCES.SCHEME_UNKNOWN":
    "No store serves this kind of URI. Configure one, or copy the file to a local path.",
};
