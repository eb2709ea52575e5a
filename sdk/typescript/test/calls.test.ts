import { mkdtempSync, readFileSync, statSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  BursarCard,
  ConfigurationError,
  ConnectionFailed,
  decimal,
  FileJournal,
  InvalidArgument,
  MemoryJournal,
  OutcomeUnknown,
  RateLimited,
  ServiceFaultError,
} from "../src/index.js";
import { TooFrequent } from "../src/card.js";
import { chance, FaultyServer, type Fault } from "./faulty-server.js";
import { FILE, key } from "./vectors.js";

const RECHARGE = { cardId: "1001", amount: "100.00" } as const;
const TICKET = { mercustomid: "m-1", payeeuid: "p-1", amount: "100.50", currency: "SAR", paymentmethod: "bankTransfer" } as const;
/** The long form has 200, as the crash matrix wants it. */
const SEEDS = process.env["BURSAR_TEST_LONG"] === "1" ? 200 : 25;
const SOON = { timeoutMs: 250, deadlineMs: 2000 };

let server: FaultyServer;
beforeEach(async () => {
  server = await new FaultyServer().start();
});
afterEach(async () => {
  await server.stop();
});

function inOrder(...faults: readonly Fault[]): () => Fault {
  const left = [...faults];
  return () => left.shift() ?? "none";
}

function journalFile(): string {
  return join(mkdtempSync(join(tmpdir(), "bursar-sdk-")), "journal");
}

describe("a call", () => {
  test("has one request id in all of its tries, and a signature of its own in each", async () => {
    server.faults = inOrder("drop-before", "fault-before", "busy");
    const order = await server.card(SOON).cards.recharge(RECHARGE);
    expect(order.amount).toBe("100.00");
    expect(new Set(server.seen).size).toBe(1);
    expect(server.seen).toHaveLength(4);
    expect(new Set(server.timestamps).size).toBe(4);
    expect(server.refused).toEqual([]);
    expect(server.payments).toHaveLength(1);
  });

  test.each<Fault>(["drop-after", "fault-after", "garbage-after", "half-after", "late", "running"])(
    "that was carried out before its answer was lost (%s) is not carried out again",
    async (fault) => {
      server.faults = inOrder(fault, fault);
      await server.card(SOON).cards.recharge(RECHARGE);
      await server.payout(SOON).tickets.create(TICKET);
      expect(server.payments).toHaveLength(2);
    },
  );

  test("of the payout API that was carried out is found by its reference", async () => {
    server.faults = inOrder("drop-after");
    const ticket = await server.payout(SOON).tickets.create(TICKET);
    expect(ticket.amount).toBe("100.50");
    expect(server.payments).toHaveLength(1);
  });

  test("whose reference was taken by something else is not taken for done", async () => {
    const payout = server.payout(SOON);
    await payout.tickets.create(TICKET);
    server.faults = inOrder("drop-before");
    const second = payout.tickets.create({ ...TICKET, amount: "7.00" });
    await expect(second).rejects.toMatchObject({ code: 1401 });
    expect(server.payments).toEqual([{ id: "p-1", amount: "100.50" }]);
  });

  test("whose outcome stays unknown says so, and is settled by its id", async () => {
    server.faults = () => "drop-after";
    const card = server.card({ timeoutMs: 250, deadlineMs: 500 });
    const fault = await card.cards.recharge(RECHARGE).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(OutcomeUnknown);
    const { requestId, method } = fault as OutcomeUnknown;
    expect(method).toBe("cards.recharge");
    expect(String(fault)).toContain(requestId);
    server.faults = () => "none";
    await card.cards.recharge(RECHARGE, { requestId });
    expect(server.payments).toEqual([{ id: requestId, amount: "100.00" }]);
  });

  test("that came too often is refused by its code: nothing is unknown", async () => {
    server.faults = () => "busy";
    const fault = await server.card({ deadlineMs: 400 }).cards.recharge(RECHARGE).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(TooFrequent);
    expect(fault).toBeInstanceOf(RateLimited);
    expect(server.payments).toEqual([]);
  });

  test("that never left this machine failed", async () => {
    const card = server.card({ deadlineMs: 300 });
    await server.stop();
    const fault = await card.cards.recharge(RECHARGE).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(ConnectionFailed);
    expect(String(fault)).toContain("ECONNREFUSED");
    server = await new FaultyServer().start();
  });

  test.each<Fault>(["drop-before", "fault-before", "garbage-after", "busy"])(
    "that verifies a one-time password is never repeated (%s)",
    async (fault) => {
      server.faults = () => fault;
      const bound = server.card(SOON).customers.bindEmail({ customerNo: "1", email: "a@b.example", code: "123456" });
      const error = await bound.catch((found: unknown) => found);
      expect(error).toBeInstanceOf(fault === "busy" ? RateLimited : OutcomeUnknown);
      expect(server.seen).toHaveLength(1);
    },
  );

  test("that reads is an error of its own, whatever came of it", async () => {
    server.faults = () => "fault-before";
    await expect(server.card({ deadlineMs: 300 }).merchant.get()).rejects.toBeInstanceOf(ServiceFaultError);
    server.faults = () => "drop-after";
    await expect(server.card({ deadlineMs: 300 }).merchant.get()).rejects.toBeInstanceOf(ConnectionFailed);
  });

  test("ends when its signal is aborted, and its outcome is unknown", async () => {
    server.faults = () => "late";
    const fault = await server.card().cards.recharge(RECHARGE, { signal: AbortSignal.timeout(100) }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(OutcomeUnknown);
    expect(server.seen).toHaveLength(1);
  });
});

describe("money", () => {
  test("as a number is refused before anything is sent", async () => {
    const card = server.card();
    const wrong = [100, 100.5, Number.NaN, "1e2", "1,000", ""] as unknown as readonly `${number}`[];
    for (const amount of wrong) {
      await expect(card.cards.recharge({ cardId: "1", amount })).rejects.toBeInstanceOf(InvalidArgument);
    }
    const details = [{ cardId: "V", openFee: 1 as unknown as "1", monthlyFee: "0", rechargeRate: "0", rechargeFeeMin: "0" }] as const;
    await expect(card.rates.create({ name: "r", details: details as never })).rejects.toMatchObject({ parameter: "details.0.openFee" });
    expect(server.seen).toEqual([]);
  });
});

describe("a journal", () => {
  test("holds a call before it is sent, and lets go of it when it has ended", async () => {
    const file = journalFile();
    const journal = new FileJournal(file);
    const card = server.card({ journal, ...SOON });
    server.watch = (step) => {
      if (step === "arrived") expect(readFileSync(file, "utf8")).toContain("cards.recharge");
    };
    await card.cards.recharge(RECHARGE);
    expect(await card.unfinished()).toEqual([]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("gives away no parameter", async () => {
    const file = journalFile();
    server.faults = () => "drop-before";
    const journal = new FileJournal(file);
    const wrong = { password: "314159", confirmPassword: "314159", cardId: "1001" };
    await server.card({ journal, deadlineMs: 200 }).cards.setPassword(wrong).catch(() => undefined);
    expect(readFileSync(file, "utf8")).not.toContain("314159");
    expect(await server.card({ journal }).unfinished()).toHaveLength(1);
  });

  test("is read past a line that a crash has cut off", async () => {
    const file = journalFile();
    server.faults = () => "drop-before";
    const options = { journal: new FileJournal(file), deadlineMs: 200 };
    await server.card(options).cards.recharge(RECHARGE).catch(() => undefined);
    appendFileSync(file, '\n{"begin":{"requestId":"cut');
    await server.card(options).cards.recharge({ ...RECHARGE, amount: "2.00" }).catch(() => undefined);
    expect(await server.card(options).unfinished()).toHaveLength(2);
    await new FileJournal(file).compact();
    expect(await server.card(options).unfinished()).toHaveLength(2);
  });

  test("is that of one merchant among others, and of one key", async () => {
    const journal = new MemoryJournal();
    server.faults = () => "drop-before";
    await server.card({ journal, deadlineMs: 200 }).cards.recharge(RECHARGE).catch(() => undefined);
    expect(await server.payout({ journal }).unfinished()).toEqual([]);
    const [entry] = await server.card({ journal }).unfinished();
    const other = new BursarCard({
      baseUrl: server.baseUrl,
      apiKey: FILE.card.api_key,
      secretKey: "another",
      platformPublicKey: key("platform").der,
      merchantPrivateKey: key("merchant").pem,
      journal,
    });
    await expect(other.resolve(entry!)).rejects.toThrow("another secret, with the key");
  });

  test("is found and settled once with the key that replaced another", async () => {
    const journal = new MemoryJournal();
    const before = { apiKey: "before", secretKey: "the secret before" };
    const keys = { platformPublicKey: key("platform").der, merchantPrivateKey: key("merchant").pem };
    server.faults = () => "drop-before";
    const old = new BursarCard({ ...before, ...keys, baseUrl: server.baseUrl, journal, deadlineMs: 200 });
    await old.cards.recharge(RECHARGE).catch(() => undefined);
    await server.card({ journal, deadlineMs: 200 }).cards.recharge({ ...RECHARGE, amount: "2.00" }).catch(() => undefined);
    server.faults = () => "none";
    const now = { ...keys, apiKey: FILE.card.api_key, secretKey: FILE.card.secret_key, baseUrl: server.baseUrl, journal };
    expect((await new BursarCard(now).unfinished()).map((entry) => entry.apiKey)).toEqual([now.apiKey]);
    const card = new BursarCard({ ...now, earlier: [before] });
    const entries = await card.unfinished();
    expect(entries.map((entry) => entry.apiKey)).toEqual(["before", now.apiKey]);
    for (const entry of entries) expect((await card.resolve(entry)).done).toBe(true);
    expect(await card.unfinished()).toEqual([]);
    expect(server.payments.map((payment) => payment.amount).slice(-2)).toEqual([RECHARGE.amount, "2.00"]);
  });

  test(`settles ${SEEDS} calls of each kind once, whatever the faults`, async () => {
    const kinds: readonly Fault[] = ["none", "drop-before", "drop-after", "fault-before", "fault-after", "busy", "running", "garbage-after", "late", "half-after"];
    const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
    const dice = new Map<string, () => number>();
    server.faults = (reference) => {
      if (!dice.has(reference)) dice.set(reference, chance(dice.size));
      return kinds[Math.floor(dice.get(reference)!() * kinds.length)]!;
    };
    const journal = new FileJournal(journalFile());
    const [card, payout] = [server.card({ journal, timeoutMs: 2000, deadlineMs: 250 }), server.payout({ journal, timeoutMs: 2000, deadlineMs: 250 })];
    const outcomes = await Promise.allSettled(
      seeds.flatMap((seed) => [
        card.cards.recharge({ cardId: "1", amount: decimal(`${seed + 1}.00`) }),
        card.withdrawals.create({ coinId: "USDT", chainId: "TRON", address: "T", amount: decimal(`${seed + 1}.01`) }),
        payout.tickets.create({ ...TICKET, payeeuid: `p-${seed}`, amount: decimal(`${seed + 1}.02`) }),
      ]),
    );
    server.faults = () => "none";
    const refused = outcomes.filter((each) => each.status === "rejected" && !(each.reason instanceof OutcomeUnknown));
    const left = [...(await card.unfinished()), ...(await payout.unfinished())];
    expect(left.length).toBe(outcomes.filter((each) => each.status === "rejected" && each.reason instanceof OutcomeUnknown).length);
    expect(left.length).toBeGreaterThan(SEEDS / 10);
    for (const entry of left) expect((await (entry.api === "card" ? card : payout).resolve(entry)).done).toBe(true);
    expect([...(await card.unfinished()), ...(await payout.unfinished())]).toEqual([]);
    const amounts = server.payments.map((payment) => payment.amount);
    expect(new Set(amounts).size, "paid twice").toBe(amounts.length);
    expect(amounts.length, "lost, or refused and paid").toBe(outcomes.length - refused.length);
  });
});

describe("secrets", () => {
  test("stand in no text of a client, an error or an answer", async () => {
    const journal = new MemoryJournal();
    const card = server.card({ journal });
    const payout = server.payout();
    const shown = [card, card.webhooks, payout, journal].map((each) => inspect(each, { depth: 20, showHidden: true }) + JSON.stringify(each)).join();
    for (const secret of [FILE.card.secret_key, key("merchant").pem.slice(60, 120)]) expect(shown).not.toContain(secret);
    const wrong = () => new BursarCard({ baseUrl: server.baseUrl, apiKey: "a", secretKey: "s3cret", platformPublicKey: key("platform").der, merchantPrivateKey: "s3cret-key" });
    expect(wrong).toThrow(ConfigurationError);
    expect(() => inspect(wrong())).toThrow(/^(?!.*s3cret)/);
  });
});

test("clients and answers do not change", async () => {
  const card = server.card();
  const order = await card.cards.recharge(RECHARGE);
  expect(Object.isFrozen(card)).toBe(true);
  expect(() => ((order as { amount: string }).amount = "1")).toThrow(TypeError);
});
