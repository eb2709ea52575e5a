// Makes calls of the TypeScript SDK at once, in a process that kills itself when each of them is at a chosen point.
//
// The first argument is the SDK's `index.js`, the second the order as JSON. `point`: `N` before a call's Nth step and
// `-N` after it (steps are what touches the journal or the network, from 1); `torn` in the middle of the first line of
// its journal; a number of milliseconds with `ms` at that time; `0` never. A call that ends earlier is not waited for.
import { open } from "node:fs/promises";

const order = JSON.parse(process.argv[3]);
const { BursarCard, BursarError, BursarPayout, FileJournal } = await import(process.argv[2]);
const die = () => process.kill(process.pid, "SIGKILL");
const point = Number.parseInt(order.point, 10);
const isStep = /^-?[1-9]\d*$/.test(order.point);
let onTheWay = order.calls.length;
let waiting = 0;

/** A call is at the point, or at its end: the last one takes the process with it. */
function arrived() {
  onTheWay -= 1;
  if (onTheWay === 0 && waiting > 0) die();
}

function atPoint() {
  waiting += 1;
  arrived();
  return new Promise(() => undefined);
}

if (order.point === "torn") {
  const prototype = Object.getPrototypeOf(await open("/dev/null"));
  const { writeFile } = prototype;
  prototype.writeFile = async function (text) {
    await writeFile.call(this, text.slice(0, text.length / 2));
    await atPoint();
  };
}

/** Counts the steps of one call. */
function stepsOf() {
  let steps = 0;
  return async (work) => {
    steps += 1;
    const mine = steps;
    if (isStep && mine === point) await atPoint();
    try {
      return await work();
    } finally {
      if (isStep && mine === -point) await atPoint();
    }
  };
}

class SteppedJournal extends FileJournal {
  constructor(path, step) {
    super(path);
    this.step = step;
  }
  begin(entry) {
    return this.step(() => super.begin(entry));
  }
  end(requestId, outcome) {
    return this.step(() => super.end(requestId, outcome));
  }
}

async function made({ journal, params }) {
  const step = stepsOf();
  const client = (order.api === "card" ? BursarCard : BursarPayout).fromSandbox(order.sandbox, {
    ...order.options,
    journal: new SteppedJournal(journal, step),
    fetch: (url, init) => step(() => fetch(order.base_url + new URL(url).pathname + new URL(url).search, init)),
  });
  const [resource, method] = order.method.split(".");
  try {
    await client[resource][method](params);
  } catch (fault) {
    if (!(fault instanceof BursarError)) throw fault;
  }
  arrived();
}

if (order.point.endsWith("ms")) setTimeout(die, point);
await Promise.all(order.calls.map(made));
process.exit(0);
