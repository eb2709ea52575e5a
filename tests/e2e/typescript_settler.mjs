// Settles what journals have open, with a client of its own for each: a line of JSON names the journal, a line of JSON
// answers the refusals (null for a call that was carried out). The first argument is the SDK's `index.js`.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const { BursarCard, BursarPayout, FileJournal, OutcomeUnknown } = await import(process.argv[2]);
const PATIENCE_MS = 90_000;

async function resolved(client, entry) {
  const ends = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const settled = await client.resolve(entry);
      return settled.done ? null : settled.error.message;
    } catch (fault) {
      if (!(fault instanceof OutcomeUnknown) || Date.now() > ends) throw fault;
      await sleep(20);
    }
  }
}

async function settled(order) {
  const Client = order.api === "card" ? BursarCard : BursarPayout;
  const client = Client.fromSandbox(order.sandbox, { journal: new FileJournal(order.journal) });
  const refusals = [];
  for (const entry of await client.unfinished()) refusals.push(await resolved(client, entry));
  const left = await client.unfinished();
  if (left.length > 0) throw new Error(`${left.length} still open`);
  return refusals;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await settled(JSON.parse(line))));
}
