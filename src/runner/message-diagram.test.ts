import { describe, expect, it } from 'vitest';
import { type DiagramEvent, messageDiagram } from './message-diagram.ts';

const message = (timeMs: number, from: string, to: string, text: string, lost = false): DiagramEvent => ({
  kind: 'message',
  timeMs,
  from,
  to,
  text,
  lost,
});

describe('a message diagram', () => {
  it('shows who said what to whom, what was lost, what nodes did and which faults struck', () => {
    const events: DiagramEvent[] = [
      { kind: 'fault', timeMs: 0, text: 'n3 cut off' },
      message(1.25, 'n1', 'n2', 'vote 2'),
      message(1.25, 'n1', 'n3', 'vote 2', true),
      message(4, 'n2', 'n1', 'granted'),
      { kind: 'note', timeMs: 4, node: 'n1', text: 'leads 2' },
    ];
    expect(`\n${messageDiagram(['n1', 'n2', 'n3'], events, 71).join('\n')}\n`).toMatchInlineSnapshot(`
      "
                       n1                  n2                  n3
          0.0 ms ~~ n3 cut off ~~           │                   │
          1.3 ms        │────── vote 2 ────►│                   │
                        │──────────────── vote 2 ─────────────╳─│
          4.0 ms        │◄──── granted ─────│                   │
                        ● leads 2           │                   │
      "
    `);
  });

  it('cuts a text that is too long for its arrow', () => {
    const [, row = ''] = messageDiagram(['a', 'b'], [message(1, 'a', 'b', 'x'.repeat(80))], 50);
    expect(row).toMatch(/│─+ x+… ─*►│$/);
    expect(row.length).toBeLessThan(60);
  });
});
