// Encodes transactions with tronweb: a JSON list of them on standard input, a list of {raw, id} on standard output.
"use strict";

const { utils } = require("tronweb");

let read = "";
process.stdin.on("data", (part) => (read += part));
process.stdin.on("end", () => {
  const told = JSON.parse(read).map((transaction) => {
    const made = utils.transaction.txJsonToPb(transaction);
    return { raw: utils.transaction.txPbToRawDataHex(made).toLowerCase(), id: utils.transaction.txPbToTxID(made) };
  });
  process.stdout.write(JSON.stringify(told));
});
