/** Which format an input has, told from its first characters only. */

/** `lightcone`: our JSON Lines; `jepsen-edn`: Jepsen's history.edn; `jepsen-log`: Jepsen's console log or history.txt. */
export const traceFormats = ['lightcone', 'jepsen-edn', 'jepsen-log'] as const;
export type TraceFormat = (typeof traceFormats)[number];

/** null when the text resembles none of them. */
export function detectFormat(head: string): TraceFormat | null {
  const text = head.replace(/^\ufeff/, '').trimStart();
  if (/^\{\s*["}]/.test(text)) return 'lightcone';
  const code = text.replace(/^(?:[\s,]|;.*(?:\n|$)|#_)+/, '');
  if (/^\{\s*\S/.test(code) || /^#[A-Za-z:_{]/.test(code) || /^[[(][\s,]*[{\])#;]/.test(code)) return 'jepsen-edn';
  if (text.startsWith(';')) return 'jepsen-edn';
  if (/^(?:INFO|WARN|ERROR|DEBUG|TRACE)\b|^\d[\d:.,T\-/ ]+.*\b(?:INFO|WARN|ERROR|DEBUG|TRACE)\b|^(?:\d+|:[\w-]+)[\t ]+:/.test(text))
    return 'jepsen-log';
  return null;
}
