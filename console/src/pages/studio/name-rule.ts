/** The rule for channel names, told while typing; the server holds it too. */

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const NAME_RULE =
  "1 to 63 of a–z, 0–9, - and _, beginning with a letter or digit. It becomes the address.";

/** What is wrong with a name, one sentence; undefined where nothing is. */
export function wrongWithName(name: string): string | undefined {
  if (NAME.test(name)) return undefined;
  if (name === "") return "A name is needed.";
  if (name.length > 63) return "That is longer than 63 characters.";
  if (/[A-Z]/.test(name)) return "Use small letters only.";
  if (/\s/.test(name)) return "Use - in place of spaces.";
  if (/^[-_]/.test(name)) return "Begin with a letter or digit.";
  return "Use only a–z, 0–9, - and _.";
}
