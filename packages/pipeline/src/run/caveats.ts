/** Letters of caveats that the original knows as flags (`QuantumSuccessCaveats`). */
const FLAGS: Readonly<Record<string, number>> = { "+": 1, "*": 2, N: 4, A: 8, U: 16, D: 32, P: 64 };
/** The original sets this for quanta without outputs too. */
const ANY_MISSING = 1;

/** Caveat letters as the original's flags. `A` counts there only where the lack of inputs left nothing to do. */
export function caveatFlags(letters: string): number {
  let flags = letters.includes("*") ? ANY_MISSING : 0;
  for (const letter of letters) if (letter !== "A" || letters.includes("N")) flags |= FLAGS[letter] ?? 0;
  return flags;
}

/** The original's flags as letters, in our order. */
export function caveatLetters(flags: number): string {
  const all = (flags & FLAGS["*"]!) !== 0;
  return ["A", "N", "U", "D", "P", "+", "*"]
    .filter((letter) => (flags & FLAGS[letter]!) !== 0 && !(all && letter === "+"))
    .join("");
}
