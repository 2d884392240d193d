/** A failure's words with how often it was tried, where that was more than once. @example after 10 tries: HTTP 500 */
export function withTries(tries: number, words: string): string {
  return tries > 1 ? `after ${tries} tries: ${words}` : words;
}

const pattern = /^after (\d+) tries: (.*)$/s;

/** What `withTries` has put together; the tries are undefined where none are named. */
export function splitTries(text: string): { readonly tries: string | undefined; readonly words: string } {
  const [, tries, words = text] = pattern.exec(text) ?? [];
  return { tries, words };
}
