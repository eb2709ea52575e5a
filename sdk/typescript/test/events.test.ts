/**
 * Pushes that are dropped, doubled, delayed, reordered and corrupted, against a running sandbox: a merchant that takes
 * what passes every check and catches up ends with exactly the server's list. Nothing is taken twice, nothing is
 * missing, and nothing that was corrupted is believed. A merchant of its own keeps other tests apart.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BursarCard, Sequence, WebhookInvalid } from "../src/index.js";
import type { CardEvent } from "../src/card.js";
import { Sandbox } from "../src/sandbox.js";
import { png } from "./png.js";

const file = process.env["BURSAR_SANDBOX"];
const LONG = process.env["BURSAR_TEST_LONG"] === "1";
const PUSHES = LONG ? 1000 : 30;
/** Pushes about one card wait for each other, 3 s after each that was lost. */
const CARDS = LONG ? 24 : 4;
const OFTEN = PUSHES / 10;
const AT_ONCE = 8;

describe.skipIf(!file)("a merchant that misses pushes", () => {
  const taken = new Map<number, CardEvent>();
  const sequence = new Sequence();
  const refused: string[] = [];
  let pushes = 0;
  let card: BursarCard;
  let sandbox: Sandbox;
  let server: Server;

  function take(event: CardEvent): void {
    if (event.sequence === undefined || !sequence.take(event.sequence)) return;
    expect(taken.has(event.sequence), "taken twice").toBe(false);
    taken.set(event.sequence, event);
  }

  async function newCard(): Promise<string> {
    const { customerNo } = await card.customers.create({ givenName: "Noor", lastName: "Aziz" });
    const photo = await card.files.upload({ file: { name: "passport.png", content: png() }, fileType: 1 });
    await card.kyc.submit({ customerNo, credentialType: 2, nationality: "US", frontPhoto: photo.fileId });
    await sandbox.decideKyc({ customerNo, result: "approved" });
    const { orderNo, cardId } = await card.cards.register({ cardId: "V-USD-1", customerNo });
    await sandbox.waitFor("CS_APPROVED", { object: orderNo });
    const order = await card.cards.recharge({ cardId: cardId!, amount: "500.00" });
    await sandbox.waitFor("CC_RECHARGE", { object: order.cardId! });
    return cardId!;
  }

  beforeAll(async () => {
    const made = await Sandbox.fromSandbox(file).makeMerchant({ name: `Events ${Date.now()}` });
    sandbox = Sandbox.fromSandbox(file, { merchantNo: made.merchantNo });
    card = new BursarCard({
      baseUrl: made.base_url,
      apiKey: made.card.api_key,
      secretKey: made.card.secret_key,
      platformPublicKey: made.card.platform_public_key,
      merchantPrivateKey: made.card.merchant_private_key,
    });
    server = createServer(async (request, response) => {
      pushes += 1;
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      try {
        take(await card.webhooks.parse(Buffer.concat(chunks), request.headers));
      } catch (fault) {
        if (!(fault instanceof WebhookInvalid)) throw fault;
        refused.push(fault.check);
        response.writeHead(400).end(fault.check);
        return;
      }
      const answer = card.webhooks.respond();
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await sandbox.setWebhookUrls({ card: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
  }, 60_000);

  afterAll(async () => {
    await sandbox?.clearWebhookFaults();
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  });

  test(`ends with exactly the server's list of ${PUSHES} and more`, async () => {
    const cards = await Promise.all(Array.from({ length: CARDS }, newCard));
    await sandbox.plantWebhookFaults({ drop: OFTEN, duplicate: OFTEN, delay_s: 0.05, reorder: OFTEN, corrupt: OFTEN });
    const spent = Array.from({ length: PUSHES }, (_, number) => cards[number % CARDS]!);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let cardId = spent.pop(); cardId !== undefined; cardId = spent.pop()) {
          expect((await sandbox.authorize({ cardId, amount: "0.10" })).approved).toBe(true);
        }
      }),
    );
    await until(async () => (await sandbox.listWebhookFaults()).corrupt === 0);
    await sandbox.clearWebhookFaults();
    const pushedOnly = taken.size;
    await until(async () => {
      for await (const event of card.events.catchUp(sequence.next)) take(event);
      return taken.size > PUSHES + 2 * CARDS;
    });
    const listed = await card.events.list({ fromSequence: 1 }).all();
    await until(async () => {
      for await (const event of card.events.catchUp(sequence.next)) take(event);
      return taken.size >= listed.length;
    });
    const rows = (events: Iterable<{ readonly sequence?: number | null; readonly event: string; readonly orderNo: string }>) =>
      [...events].map((each) => [each.sequence, each.event, each.orderNo]).sort((one, other) => Number(one[0]) - Number(other[0]));
    expect(rows(taken.values())).toEqual(rows(await card.events.list({ fromSequence: 1 }).all()));
    expect(sequence.missing).toEqual([]);
    expect(sequence.next).toBe(taken.size + 1);
    expect(listed.filter((each) => each.event === "CC_CONSUME")).toHaveLength(PUSHES);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.filter((check) => check !== "signature" && check !== "decryption")).toEqual([]);
    console.info(`${taken.size} events, ${pushes} pushes, ${pushedOnly} taken before catching up, ${refused.length} refused`);
  }, LONG ? 600_000 : 60_000);

  test("believes nothing that was corrupted", async () => {
    for await (const event of card.events.catchUp(1)) {
      const own = taken.get(event.sequence!)!;
      const { status: _, ...told } = event;
      expect({ trace: own.trace, detail: (own as { detail?: unknown }).detail }).toEqual({
        trace: told.trace,
        detail: (told as { detail?: unknown }).detail,
      });
    }
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const ends = Date.now() + (LONG ? 300_000 : 40_000); !(await holds()); ) {
    if (Date.now() > ends) throw new Error(`not within its time: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
