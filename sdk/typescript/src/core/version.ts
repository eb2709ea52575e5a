/** The version of this package; a test holds it against `package.json`. */
export const VERSION = "0.1.0";

/** What requests say of their client. */
export const USER_AGENT = `bursar-sdk-typescript/${VERSION}`;
