/** Can we deploy version 2.3? Four services vote; one lies, one hangs. Run: node tools/run.js examples/deploy-vote/main.ts */
import { type Decision, decideTogether, verifyDecision } from 'lightcone/vote-http';
import { hanging, honest, type Service, twoFaced } from './services.ts';

const search = await hanging('search');
const services: readonly Service[] = [await honest('orders', true), await honest('stock', true), await twoFaced('billing'), search];
const keys = services.map(({ key }) => key);
const timeoutMs = Number(process.env.TIMEOUT_MS ?? 3000);

const ask = (id: string): Promise<Decision> =>
  decideTogether({
    voters: services,
    question: { id, subject: 'can we deploy version 2.3?' },
    strategy: 'majority_ready_or_abort',
    f: 1,
    timeoutMs,
  });

function tell(who: string, { decision, reasons, certificate }: Decision): void {
  console.log(`${who}: ${decision}`);
  for (const reason of reasons) console.log(`  ${reason}`);
  if (certificate === null) return;
  const checked = verifyDecision(certificate, keys);
  console.log(`  its certificate, checked with the public keys alone: ${checked.valid ? checked.decision : checked.reason}`);
}

console.log('orders and stock are ready, search hangs, billing tells every other asker something else\n');
tell('release train', await ask('2.3, Thursday'));
tell('engineer on call', await ask('2.3, Thursday'));

for (const { key, name } of services) {
  const witnesses = services.filter(({ liars }) => liars().includes(key)).map((service) => service.name);
  if (witnesses.length > 0) console.log(`\n${name} lies: ${witnesses.join(', ')} were shown two different answers, both signed by it`);
}

console.log('\nsearch is mended, and both ask again\n');
search.mend();
for (const who of ['release train', 'engineer on call']) tell(who, await ask('2.3, Friday'));

for (const service of services) await service.close();
