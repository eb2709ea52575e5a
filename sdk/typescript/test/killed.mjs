// A process that makes one call and is killed on its way: by itself at a step of its journal, or by the server.
import { BursarCard, BursarPayout, FileJournal } from "../dist/index.js";

const { kind, at, path, config } = JSON.parse(process.argv[2]);

class Deadly extends FileJournal {
  async begin(entry) {
    if (at === "before-begin") process.kill(process.pid, "SIGKILL");
    await super.begin(entry);
    if (at === "after-begin") process.kill(process.pid, "SIGKILL");
  }
  async end(...given) {
    if (at === "before-end") process.kill(process.pid, "SIGKILL");
    await super.end(...given);
    if (at === "after-end") process.kill(process.pid, "SIGKILL");
  }
}

const journal = new Deadly(path);
const headers = { pid: process.pid };
const dying = (url, init) => fetch(url, { ...init, headers: { ...init.headers, "X-Process": String(headers.pid) } });
if (kind === "payout") {
  const bursar = new BursarPayout({ ...config, journal, fetch: dying });
  await bursar.tickets.create({ mercustomid: "m", payeeuid: "p-1", amount: "100.50", currency: "SAR", paymentmethod: "bankTransfer" });
} else {
  const bursar = new BursarCard({ ...config, journal, fetch: dying });
  if (kind === "recharge") await bursar.cards.recharge({ cardId: "1001", amount: "100.50" });
  else await bursar.withdrawals.create({ coinId: "USDT", chainId: "TRON", address: "T", amount: "100.50" });
}
