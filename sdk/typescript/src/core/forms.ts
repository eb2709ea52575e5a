/** Multipart forms, written by hand: version 2 of the card API's signature covers every byte. */
import { createHash, randomBytes } from "node:crypto";
import type { Params } from "./calls.js";
import { isFile } from "./parameters.js";

const TYPES: Readonly<Record<string, string>> = {
  bmp: "image/bmp",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  webp: "image/webp",
};

/** The body of a form and its media type. */
export function multipart(params: Params): { readonly body: Uint8Array; readonly type: string } {
  const boundary = `bursar-${randomBytes(16).toString("hex")}`;
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(params)) {
    const file = isFile(value);
    const named = file ? `; filename="${value.name.replace(/[^\w.-]/g, "_")}"` : "";
    const type = file ? `Content-Type: ${value.type ?? typeOf(value.name)}\r\n` : "";
    parts.push(
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${named}\r\n${type}\r\n`),
      file ? Buffer.from(value.content) : Buffer.from(String(value)),
      Buffer.from("\r\n"),
    );
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { body: Buffer.concat(parts), type: `multipart/form-data; boundary=${boundary}` };
}

/** The form with the MD5 of its file, where it has one and does not say it. */
export function withMd5(params: Params): Params {
  const { file } = params;
  if (!isFile(file)) return params;
  return { md5: createHash("md5").update(file.content).digest("hex"), ...params };
}

function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
}
