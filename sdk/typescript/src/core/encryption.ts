/**
 * Encryption: compact JWE of the card API (RSA-OAEP-256 with AES-GCM), and sealed fields of the payout API (RSA blocks).
 *
 * What cannot be opened throws {@link Undecryptable}, without a reason.
 */
import { constants, createHash, createPrivateKey, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";
import { ConfigurationError } from "./errors.js";
import { isBase64, type PayoutVersion } from "./signing.js";

/** Not encrypted to us, or changed on its way. */
export class Undecryptable extends Error {
  override readonly name = "Undecryptable";
}

const ALG = "RSA-OAEP-256";
const TOKEN_CHARS_MAX = 1_500_000;
const PLAINTEXT_BYTES_MAX = 1024 * 1024;
const BLOCKS_MAX = 64;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const TOKEN = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){4}$/;

/** Fields of the payout API that are sealed, at any depth. */
export const SEALED_FIELDS: ReadonlySet<string> = new Set(["identity", "identitypic", "signpic", "cardno", "stcaccount"]);

// ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An RSA public key from PEM, or from SubjectPublicKeyInfo in Base64. Throws `ConfigurationError`. */
export function readPublicKey(text: string, name: string): KeyObject {
  return checked(name, () => {
    const trimmed = text.trim();
    if (trimmed.startsWith("-----")) return createPublicKey(trimmed);
    const der = trimmed.replace(/\s+/g, "");
    if (!isBase64(der)) throw new TypeError("not Base64");
    return createPublicKey({ key: Buffer.from(der, "base64"), format: "der", type: "spki" });
  });
}

/** An RSA private key from PEM (PKCS#8 or PKCS#1). Throws `ConfigurationError`, without any of the text. */
export function readPrivateKey(text: string, name: string): KeyObject {
  return checked(name, () => createPrivateKey(text.trim()));
}

/** Hex SHA-256 of the public key's PEM text. */
export function keyId(key: KeyObject): string {
  const pub = key.type === "private" ? createPublicKey(key) : key;
  return createHash("sha256").update(pub.export({ type: "spki", format: "pem" })).digest("hex");
}

function checked(name: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw new ConfigurationError(`${name} is no key in PEM or Base64`);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa" || bits < 2048) {
    throw new ConfigurationError(`${name} is no RSA key of 2048 bits or more`);
  }
  return key;
}

// ── the card API ───────────────────────────────────────────────────────────────────────────────────────────────────

/** A compact JWE that only the owner of the key can read. */
export async function encryptToken(plaintext: Uint8Array, key: KeyObject): Promise<string> {
  return new CompactEncrypt(plaintext).setProtectedHeader({ alg: ALG, enc: "A128GCM", kid: keyId(key) }).encrypt(key);
}

/** The plaintext of a compact JWE to our key. */
export async function decryptToken(token: string, key: KeyObject): Promise<string> {
  try {
    if (token.length > TOKEN_CHARS_MAX || !TOKEN.test(token) || !isCanonical(token)) throw new Undecryptable();
    const { kid } = decodeProtectedHeader(token);
    if (kid !== undefined && kid !== keyId(key)) throw new Undecryptable();
    const { plaintext } = await compactDecrypt(token, key, {
      keyManagementAlgorithms: [ALG],
      contentEncryptionAlgorithms: ["A128GCM", "A256GCM"],
    });
    if (plaintext.length > PLAINTEXT_BYTES_MAX) throw new Undecryptable();
    return UTF8.decode(plaintext);
  } catch {
    throw new Undecryptable("not encrypted to this key, or changed on its way");
  }
}

/** One text for one value: spare bits at the end of a part would make two tokens of one. */
function isCanonical(token: string): boolean {
  return token.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
}

// ── sealed fields ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The text so that only the owner of the key can read it (version 2: OAEP with SHA-256); an empty one stays empty. */
export function sealField(text: string, key: KeyObject): string {
  const plain = Buffer.from(text, "utf8");
  const size = blockBytes(key) - 66;
  const blocks: Buffer[] = [];
  for (let at = 0; at < plain.length; at += size) {
    blocks.push(publicEncrypt({ key, ...OAEP }, plain.subarray(at, at + size)));
  }
  return Buffer.concat(blocks).toString("base64");
}

/**
 * The text of a sealed field. Open only what came under a verified signature: with version 1 (PKCS#1 v1.5) whoever can
 * send fields of his own and sees which are refused, learns to read those of others.
 */
export function openField(version: PayoutVersion, sealed: string, key: KeyObject): string {
  const size = blockBytes(key);
  const raw = isBase64(sealed) ? Buffer.from(sealed, "base64") : Buffer.alloc(0);
  if (raw.length === 0 || raw.length % size !== 0 || raw.length > BLOCKS_MAX * size) throw new Undecryptable();
  try {
    const open = version === 1 ? openPkcs1 : openOaep;
    const blocks: Buffer[] = [];
    for (let at = 0; at < raw.length; at += size) blocks.push(open(raw.subarray(at, at + size), key));
    return UTF8.decode(Buffer.concat(blocks));
  } catch {
    throw new Undecryptable("not sealed to this key, or changed on its way");
  }
}

/** `value` with the sealed fields at any depth replaced; null, absent and empty ones stay as they are. */
export function mapSealed<T>(value: T, replace: (text: string) => string): T {
  if (Array.isArray(value)) return value.map((item: unknown) => mapSealed(item, replace)) as T;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const sealed = SEALED_FIELDS.has(name) && typeof member === "string" && member !== "";
    return [name, sealed ? replace(member) : mapSealed<unknown>(member, replace)] as const;
  });
  return Object.fromEntries(members) as T;
}

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" } as const;

function openOaep(block: Buffer, key: KeyObject): Buffer {
  return privateDecrypt({ key, ...OAEP }, block);
}

/** RFC 8017, 7.2.2, on the bare RSA operation: Node refuses this padding. */
function openPkcs1(block: Buffer, key: KeyObject): Buffer {
  const padded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block);
  const end = padded.indexOf(0, 2);
  if (padded[0] !== 0 || padded[1] !== 2 || end < 10) throw new Undecryptable();
  return padded.subarray(end + 1);
}

function blockBytes(key: KeyObject): number {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
}
