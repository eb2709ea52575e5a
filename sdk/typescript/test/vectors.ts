/** The vectors that the server and both SDKs hold. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";

export type Vector = Readonly<Record<string, unknown>> & { readonly id: string; readonly kind: string };

interface File {
  readonly keys: Readonly<Record<string, { private_pem: string; public_der: string; kid: string }>>;
  readonly card: { api_key: string; secret_key: string };
  readonly payout: { api_key: string };
  readonly vectors: readonly Vector[];
}

export const FILE = JSON.parse(readFileSync(new URL("../../vectors.json", import.meta.url), "utf8")) as File;

export function key(name: unknown): { readonly secret: KeyObject; readonly open: KeyObject; readonly der: string; readonly pem: string; readonly kid: string } {
  const found = FILE.keys[String(name)];
  if (!found) throw new Error(`no key ${String(name)}`);
  const secret = createPrivateKey(found.private_pem);
  return { secret, open: createPublicKey(secret), der: found.public_der, pem: found.private_pem, kid: found.kid };
}

export function vectors(...kinds: readonly string[]): readonly Vector[] {
  return FILE.vectors.filter((vector) => kinds.includes(vector.kind));
}

export function at(content: unknown, path: string): string {
  return String(path.split(".").reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], content));
}
