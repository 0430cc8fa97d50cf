/** Every error code of this room, with what it means and what to do. */
export const MESSAGES_ERRORS: Readonly<Record<string, string>> = {
  "MESSAGES.REFUSED":
    "The broker refuses: a wrong password, a certificate that it does not trust, or no right to the destination. The message is its own.",
  "MESSAGES.UNREACHABLE": "The broker cannot be reached, or the connection broke. It is tried again.",
  "MESSAGES.CLOSED": "The bus has been closed.",
};
