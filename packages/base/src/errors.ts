/** Error codes of this room, each with what it means and what to do. */
export const BASE_ERRORS: Readonly<Record<string, string>> = {
  "BASE.INVARIANT": "Something the program itself guarantees did not hold. Report it with the log.",
  "BASE.UUID_INVALID": "A text is not a UUID. Give 32 hexadecimal digits, with or without dashes.",
  "BASE.JSON_INVALID": "A text is not JSON, or holds a value JSON cannot carry; the message names the place.",
};
