/**
 * The journal of a client: what it was about to send, written down before it is sent.
 *
 * After a crash `client.unfinished()` lists the calls whose end nobody has written down, and `client.resolve()` settles
 * each. Parameters are sealed under a key derived from the client's own secret, so a copy of the journal gives away no
 * password and no card number.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { JournalError } from "./errors.js";

/** A call that was about to be sent. */
export interface Entry {
  /** Unique in a journal; of the card API it is the id that every try has. */
  readonly requestId: string;
  readonly api: "card" | "payout";
  /** Whose call it is: several merchants may share a journal. */
  readonly apiKey: string;
  /** For example `cards.recharge`. */
  readonly method: string;
  /** The merchant's own number of the order, if the call has one. */
  readonly reference: string | null;
  /** Unix milliseconds. */
  readonly begunAt: number;
  /** Unix milliseconds: no try was sent after it. */
  readonly until: number;
  /** The parameters, encrypted. */
  readonly sealed: string;
}

/** A place for entries. Each method resolves only when it is on disk; all reject with JournalError. */
export interface Journal {
  /** Write down a call that is about to be sent. Of an id that stands there already, the first stays. */
  begin(entry: Entry): Promise<void>;
  /** Write down that it ended. An unknown id is nothing. */
  end(requestId: string, outcome: "done" | "refused"): Promise<void>;
  /** Those of a merchant that have not ended, oldest first. */
  unfinished(api: Entry["api"], apiKey: string): Promise<readonly Entry[]>;
}

/**
 * Lines of JSON at the end of a file, each on disk before the call goes on. Processes may share it.
 *
 * A line that a crash has cut off was never sent, and is left out.
 */
export class FileJournal implements Journal {
  readonly #path: string;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Append the entry. */
  async begin(entry: Entry): Promise<void> {
    await this.#append({ begin: entry });
  }

  /** Append that it ended. */
  async end(requestId: string, outcome: "done" | "refused"): Promise<void> {
    await this.#append({ end: requestId, outcome, at: Date.now() });
  }

  /** Read the whole file. */
  async unfinished(api: Entry["api"], apiKey: string): Promise<readonly Entry[]> {
    const entries = await this.#queued(() => this.#read());
    return entries.filter((entry) => entry.api === api && entry.apiKey === apiKey);
  }

  /** Keep the unfinished entries alone. Only while no other process uses the file. */
  async compact(): Promise<void> {
    await this.#queued(async () => {
      const lines = (await this.#read()).map((entry) => `${JSON.stringify({ begin: entry })}\n`);
      await written(`${this.#path}.new`, "w", lines.join(""));
      await rename(`${this.#path}.new`, this.#path);
    });
  }

  /** One write of a whole line; the break before it ends a line that a crash has cut off. */
  async #append(line: object): Promise<void> {
    await this.#queued(() => written(this.#path, "a", `\n${JSON.stringify(line)}\n`));
  }

  async #read(): Promise<Entry[]> {
    const entries = new Map<string, Entry>();
    for (const line of (await textOf(this.#path)).split("\n")) {
      const read = parsed(line);
      if (read?.begin && !entries.has(read.begin.requestId)) entries.set(read.begin.requestId, read.begin);
      if (read?.end !== undefined) entries.delete(read.end);
    }
    return [...entries.values()];
  }

  async #queued<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(work, work);
    this.#writing = turn.catch(() => undefined);
    try {
      return await turn;
    } catch (fault) {
      throw new JournalError(`the journal ${this.#path}: ${fault instanceof Error ? fault.message : fault}`, {
        cause: fault,
      });
    }
  }
}

/** A journal in memory, for tests: it survives no crash. */
export class MemoryJournal implements Journal {
  readonly #entries = new Map<string, Entry>();

  async begin(entry: Entry): Promise<void> {
    if (!this.#entries.has(entry.requestId)) this.#entries.set(entry.requestId, entry);
  }

  async end(requestId: string): Promise<void> {
    this.#entries.delete(requestId);
  }

  async unfinished(api: Entry["api"], apiKey: string): Promise<readonly Entry[]> {
    return [...this.#entries.values()].filter((entry) => entry.api === api && entry.apiKey === apiKey);
  }
}

// ── parameters ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The key of a client's journal. */
export function journalKey(secret: string | Uint8Array): Buffer {
  return createHmac("sha256", secret).update("bursar-sdk journal 1").digest();
}

/** The parameters under the key, bound to the id. */
export function sealParams(key: Buffer, requestId: string, params: object): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(requestId));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(params), "utf8"), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64");
}

/** The parameters of an entry, by the one of several keys that opens it. Throws JournalError where none does. */
export function openParams(keys: readonly Buffer[], entry: Entry): Readonly<Record<string, unknown>> {
  for (const key of keys) {
    const params = openedBy(key, entry);
    if (params !== null) return params;
  }
  const found = `the entry ${entry.requestId} was written under another secret, with the key ${entry.apiKey}`;
  throw new JournalError(`${found}: give the client the keys of that time, { earlier: [keysBefore] }`);
}

function openedBy(key: Buffer, entry: Entry): Readonly<Record<string, unknown>> | null {
  const raw = Buffer.from(entry.sealed, "base64");
  try {
    const cipher = createDecipheriv("aes-256-gcm", key, raw.subarray(0, 12)).setAAD(Buffer.from(entry.requestId));
    cipher.setAuthTag(raw.subarray(-16));
    const plain = Buffer.concat([cipher.update(raw.subarray(12, -16)), cipher.final()]);
    return JSON.parse(plain.toString("utf8")) as Record<string, unknown>;
  } catch {
    return null;
  }
}

async function written(path: string, flags: "a" | "w", text: string): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (fault) {
    if (fault instanceof Error && "code" in fault && fault.code === "ENOENT") return "";
    throw fault;
  }
}

function parsed(line: string): { begin?: Entry; end?: string } | null {
  try {
    return JSON.parse(line) as { begin?: Entry; end?: string };
  } catch {
    return null;
  }
}
