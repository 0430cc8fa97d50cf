/** Every error code of this room, with what it means and what to do. */
export const DATABASE_ERRORS: Readonly<Record<string, string>> = {
  "DATABASE.OPEN":
    "The database cannot be opened. Check that the file or server exists and that you may read it.",
  "DATABASE.BUSY":
    "Another program kept the database locked for too long. Try again, or find and end that program.",
  "DATABASE.CONSTRAINT":
    "A row breaks a rule of the schema (a key that exists, a reference to nothing). The message names the rule.",
  "DATABASE.READ_ONLY": "The database was opened for reading only. Open it for writing to change it.",
  "DATABASE.QUERY":
    "The database refused a statement. This is most likely a bug; report the statement shown.",
  "DATABASE.CONFLICT":
    "Writers working at once got in each other's way (a deadlock, a serialization failure); nothing was written. Try again.",
  "DATABASE.LOST": "The connection to the database server broke; nothing was written. Try again.",
  "DATABASE.COMMIT_UNKNOWN":
    "The connection broke while the transaction was committed: look whether it was written before trying again.",
  "DATABASE.FULL": "The disk that holds the database is full. Free space and try again; nothing was written.",
  "DATABASE.CORRUPT": "The database file is damaged or is no database. Restore it from a copy.",
};
