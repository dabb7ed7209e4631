/** Which format an input has, told from its first characters only. */

/**
 * `lightcone`: our JSON Lines; `jepsen-edn`, `jepsen-json`: a history of Jepsen, Maelstrom, Elle or knossos; `jepsen-log`: Jepsen's
 * console log or history.txt; `porcupine`: a key-value log of Porcupine's.
 */
export const traceFormats = ['lightcone', 'jepsen-edn', 'jepsen-json', 'jepsen-log', 'porcupine'] as const;
export type TraceFormat = (typeof traceFormats)[number];

/** null when the text resembles none of them. */
export function detectFormat(head: string): TraceFormat | null {
  const text = head.replace(/^\ufeff/, '').trimStart();
  if (/^\[\s*\{\s*"/.test(text) || /^\{[^}]*?"type"\s*:\s*":?(?:invoke|ok|fail|info)"/.test(text)) return 'jepsen-json';
  // An object over several lines is none of ours: more of it must come.
  if (/^\[\s*\{\s*$/.test(text) || /^\{[ \t]*\r?\n\s*"/.test(text)) return null;
  if (/^\{\s*["}]/.test(text)) return 'lightcone';
  if (/^\{:process \d+, :type :\w+, :f :(?:get|put|append), :key "/.test(text)) return 'porcupine';
  const code = text.replace(/^(?:[\s,]|;.*(?:\n|$)|#_)+/, '');
  if (/^\{\s*\S/.test(code) || /^#[A-Za-z:_{]/.test(code) || /^[[(][\s,]*[{\])#;]/.test(code)) return 'jepsen-edn';
  if (text.startsWith(';')) return 'jepsen-edn';
  if (/^(?:INFO|WARN|ERROR|DEBUG|TRACE)\b|^\d[\d:.,T\-/ ]+.*\b(?:INFO|WARN|ERROR|DEBUG|TRACE)\b|^(?:\d+|:[\w-]+)[\t ]+:/.test(text))
    return 'jepsen-log';
  return null;
}
