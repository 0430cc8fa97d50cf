/** What a payload should never have printed: bearer tokens, JSON Web Tokens, access keys, passwords in addresses. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/-]{16,}=*/gi, "$1 [hidden]"],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, "[hidden]"],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "[hidden]"],
  [/\bAIza[\w-]{35}/g, "[hidden]"],
  [/\bya29\.[\w.-]{20,}/g, "[hidden]"],
  [/(\w:\/\/[^\s/:@]+:)[^\s/@]+@/g, "$1[hidden]@"],
  [
    /\b((?:access_token|refresh_token|client_secret|password|passwd|secret_key)["']?\s*[=:]\s*["']?)[^\s"'&,;]{6,}/gi,
    "$1[hidden]",
  ],
];

const KEY_BEGINS = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const KEY_ENDS = /-----END [A-Z ]*PRIVATE KEY-----/;

/** Quick look whether a line may hold one at all: most do not. */
const SUSPICIOUS = /bearer|basic|eyJ|AKIA|ASIA|AIza|ya29|:\/\/|token|secret|passw|PRIVATE KEY/i;

/** A line of output without the secrets that are known by their form. */
export function hideSecrets(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  let hidden = text;
  for (const [pattern, replacement] of SECRETS) hidden = hidden.replace(pattern, replacement);
  return hidden;
}

/** Hides secrets in lines that follow each other; a private key may take many of them. */
export function hideSecretsIn<T extends { readonly text: string }>(lines: readonly T[]): readonly T[] {
  let inKey = false;
  return lines.map((line) => {
    if (inKey) {
      inKey = !KEY_ENDS.test(line.text);
      return { ...line, text: "[hidden]" };
    }
    if (KEY_BEGINS.test(line.text)) {
      inKey = !KEY_ENDS.test(line.text);
      return { ...line, text: "[hidden private key]" };
    }
    const text = hideSecrets(line.text);
    return text === line.text ? line : { ...line, text };
  });
}
