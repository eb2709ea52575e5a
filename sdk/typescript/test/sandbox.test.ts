/** Against a running sandbox, which `BURSAR_SANDBOX` names: everything a merchant does first, through the encryption. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { addDecimals, BursarCard, BursarPayout, compareDecimals, decimal, SandboxRefused, Sequence } from "../src/index.js";
import { AmountOutOfRange, CardUnknown, ParameterValue, Unauthorized, type Bill, type CardEvent, type Order } from "../src/card.js";
import { PayeeuidTaken, type PayoutEvent } from "../src/payout.js";
import { Sandbox } from "../src/sandbox.js";
import { webhookRoute } from "../src/next.js";
import { png } from "./png.js";

const file = process.env["BURSAR_SANDBOX"];
if (!file) console.warn("BURSAR_SANDBOX names no sandbox.json: the tests against a sandbox are left out");

describe.skipIf(!file)("a sandbox", () => {
  const card = file ? BursarCard.fromSandbox(file) : (undefined as never);
  const payout = file ? BursarPayout.fromSandbox(file) : (undefined as never);
  const sandbox = file ? Sandbox.fromSandbox(file) : (undefined as never);
  let opening: Order;
  let customerNo: string;

  beforeAll(async () => {
    ({ customerNo } = await card.customers.create({ givenName: "Layla", lastName: "Haddad 张" }));
    const photo = await card.files.upload({ file: { name: "passport.png", content: png() }, fileType: 1 });
    await card.kyc.submit({ customerNo, credentialType: 2, nationality: "US", frontPhoto: photo.fileId });
    await sandbox.decideKyc({ customerNo, result: "approved" });
    opening = await card.cards.register({ cardId: "V-USD-1", customerNo });
    await sandbox.waitFor("CS_APPROVED", { object: opening.orderNo });
  }, 60_000);

  test("recharges a card once, whoever asks again, in both versions of the signature", async () => {
    const requestId = randomUUID();
    const asked = { cardId: opening.cardId!, amount: "100.50" } as const;
    const order = await card.cards.recharge(asked, { requestId });
    expect(order).toMatchObject({ amount: "100.50", received: "100.50", currency: "USDT" });
    expect(await card.cards.recharge(asked, { requestId })).toEqual(order);
    const old = BursarCard.fromSandbox(file, { signVersion: 1 });
    expect(await old.cards.recharge(asked, { requestId })).toEqual(order);
    const push = await sandbox.waitFor("CC_RECHARGE", { object: order.cardId! });
    expect(push.plaintext?.["detail"]).toMatchObject({ orderNo: order.orderNo, amount: "100.50" });
    expect((await card.cards.balance({ cardId: opening.cardId! })).available).toBe("100.50");
  });

  test("signs nested parameters by version 1, too", async () => {
    const old = BursarCard.fromSandbox(file, { signVersion: 1 });
    const address = { name: "Zoë 张", countryId: 1, provinceId: 1, postalCode: "1", address: "a/b \"c\"" };
    const fault = await old.customers.update({ customerNo, address }).catch((error: unknown) => error);
    expect(fault).not.toBeInstanceOf(Unauthorized); // whatever it says of the address, it knows who asks
  });

  test("refuses by the class of the code", async () => {
    const cardId = opening.cardId!;
    await expect(card.cards.recharge({ cardId, amount: "1.00" })).rejects.toBeInstanceOf(AmountOutOfRange);
    await expect(card.cards.get({ cardId: "1" })).rejects.toMatchObject({ code: 10078, constructor: CardUnknown });
    const past = card.cards.bills({ startAt: 1 }).all();
    await expect(past).rejects.toMatchObject({ constructor: ParameterValue, parameter: "startAt" });
    const stranger = BursarCard.fromEnv({ environment: { BURSAR_SANDBOX: file, BURSAR_CARD_SECRET_KEY: "wrong" } });
    await expect(stranger.merchant.get()).rejects.toBeInstanceOf(Unauthorized);
  });

  test("goes through the pages of a list", async () => {
    for (let count = 0; count < 3; count += 1) await card.customers.create({ givenName: "Page", lastName: String(count) });
    const numbers: string[] = [];
    for await (const customer of card.customers.list({ pageSize: 2 })) numbers.push(customer.customerNo);
    expect(numbers.length).toBeGreaterThanOrEqual(4);
    expect(new Set(numbers).size).toBe(numbers.length);
    const { value: page } = await card.customers.list({ pageSize: 2 }).pages().next();
    expect(page).toMatchObject({ number: 1, isLast: false, total: numbers.length });
    expect(await card.customers.list({ pageSize: 2 }).all({ limit: 3 })).toHaveLength(3);
  });

  test("shows a card's details to the program and to no log", async () => {
    const details = await card.cards.reveal({ cardId: opening.cardId! });
    expect(details.cardNumber).toMatch(/^[0-9]{16}$/);
    expect(inspect(details)).not.toContain(details.cardNumber);
    expect(inspect(details)).not.toContain(details.cvv);
  });

  test("pays a payee, whose numbers travel sealed", async () => {
    const mercustomid = randomUUID();
    const payee = await payout.customers.create({
      mercustomid, name_e: "Huda", name_a: "هدى", identity: "1010101010", stcaccount: "512345678", autoapproval: 0,
    }); // prettier-ignore
    expect(payee).toMatchObject({ identity: "1010101010", mercustomid });
    expect(inspect(payee)).not.toContain("1010101010");
    const photographed = await payout.customers.uploadPhoto({ customid: payee.customid, type: "identitypic", file: { name: "id.png", content: png() } });
    expect(photographed).toMatchObject({ demand_perfection: [], status: 1 }); // an account for tests: decided at once
    const asked = { mercustomid, payeeuid: randomUUID(), amount: "100.50", currency: "SAR", paymentmethod: "STCPay" } as const;
    const ticket = await payout.tickets.create(asked);
    expect(ticket.amount).toBe("100.50");
    await expect(payout.tickets.create(asked)).rejects.toBeInstanceOf(PayeeuidTaken);
    const found = await payout.customers.list({ identity: "1010101010" }).all();
    expect(found.map((each) => each.customid)).toContain(payee.customid);
    const [riyals] = (await payout.balances.list()).filter((row) => row.currency === "SAR");
    expect(compareDecimals(addDecimals(riyals!.balance, decimal("0.01")), riyals!.balance)).toBe(1);
  });

  test("pushes events that are verified, and lists them again", async () => {
    const pushed: (CardEvent | PayoutEvent)[] = [];
    const refused: string[] = [];
    const told = { onRefused: (each: { check: string }) => void refused.push(each.check) };
    const routes = {
      "/card": webhookRoute(card.webhooks, (event) => void pushed.push(event), told),
      "/payout?x=1": webhookRoute(payout.webhooks, (event) => void pushed.push(event), told),
    } as const;
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]));
      const asked = new Request(`http://x${request.url}`, { method: "POST", headers, body: Buffer.concat(chunks) });
      const answer = await routes[request.url as keyof typeof routes](asked);
      response.writeHead(answer.status).end(await answer.text());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await sandbox.setWebhookUrls({ card: `${base}/card`, payout: `${base}/payout?x=1` });
    await card.cards.lock({ cardId: opening.cardId! });
    await payout.customers.create({ mercustomid: randomUUID(), name_e: "A", name_a: "ا", identity: "2", stcaccount: "512345678" });
    const seen = () => pushed.some((event) => event.event === "CSC_STATUS_CHANGE");
    for (const ends = Date.now() + 20_000; !seen() && Date.now() < ends; ) await new Promise((resolve) => setTimeout(resolve, 50));
    await sandbox.setWebhookUrls({ card: null as never, payout: null as never }).catch(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    expect(refused).toEqual([]);
    expect(pushed.map((event) => event.event)).toEqual(expect.arrayContaining(["NE_VERIFY", "CSC_STATUS_CHANGE"]));

    const taken = Sequence.of(null);
    for await (const event of card.events.catchUp(taken.next)) expect(taken.take(event.sequence)).toBe(true);
    expect(taken.missing).toEqual([]);
    const [newest] = (await card.events.list({ fromSequence: taken.next - 1 }).all()).slice(-1);
    expect(newest?.sequence).toBe(taken.next - 1);
    const listed: PayoutEvent[] = [];
    for await (const event of payout.events.catchUp(1)) listed.push(event);
    expect(listed.every((event) => event.event === "CUSTOM_STATUS_CHANGE" || event.event === "SALARY_STATUS_CHANGE")).toBe(true);
  });

  test("plays the card network and says why it refuses", async () => {
    await card.cards.unlock({ cardId: opening.cardId! });
    const order = await card.cards.recharge({ cardId: opening.cardId!, amount: "50.00" });
    await sandbox.waitFor("CC_RECHARGE", { object: order.cardId!, where: ({ plaintext }) => (plaintext?.["detail"] as Bill).orderNo === order.orderNo });
    const bought = await sandbox.authorize({ cardId: opening.cardId!, amount: "30.00", currency: "USD", merchantName: "Café" });
    expect(bought.approved).toBe(true);
    await sandbox.clear({ transactionId: bought.transactionId });
    expect((await sandbox.checkLedger()).balanced).toBe(true);
    const missing = await sandbox.authorize({ cardId: "1", amount: "1.00" }).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(SandboxRefused);
    expect(missing).toMatchObject({ httpStatus: 404 });
    await expect(sandbox.waitFor("CC_REDEEM", { timeoutMs: 100 })).rejects.toThrow(/no CC_REDEEM .* last pushes/);
  });
});
