/**
 * JSON that keeps numbers as they are written. `JSON.parse` would round `9007199254740993.01` and forget the zeros of
 * `100.50`, so that neither money nor what is signed may pass through it.
 */

/** A JSON number by its text. */
export class NumberText {
  constructor(readonly text: string) {}
}

export type Json = null | boolean | number | string | NumberText | readonly Json[] | { readonly [name: string]: Json };

/** The value of a number; `name` is the member that holds it, also through arrays. */
export type ReadNumber = (text: string, name: string) => Json;

const DEPTH_MAX = 64;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;

/** Every number as a {@link NumberText}: for texts that are signed. */
export const asWritten: ReadNumber = (text) => new NumberText(text);

/**
 * Whole numbers that JavaScript holds exactly as `number`, everything else, and members named in `decimals`, as text.
 */
export function exactly(decimals: ReadonlySet<string>): ReadNumber {
  return (text, name) => {
    const value = Number(text);
    return !decimals.has(name) && /^-?[0-9]+$/.test(text) && Number.isSafeInteger(value) ? value : text;
  };
}

/** The value of a JSON text; throws `SyntaxError`. The last member of a name that stands twice counts. */
export function parseJson(text: string, readNumber: ReadNumber): Json {
  return new Parser(text, readNumber).whole();
}

class Parser {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly readNumber: ReadNumber,
  ) {}

  whole(): Json {
    const value = this.#value("", 1);
    if (this.#at !== this.text.length) throw this.#fault();
    return value;
  }

  #value(name: string, depth: number): Json {
    if (depth > DEPTH_MAX) throw new SyntaxError(`JSON is nested more than ${DEPTH_MAX} deep`);
    this.#take(SPACE);
    const value = this.#bare(name, depth);
    this.#take(SPACE);
    return value;
  }

  #bare(name: string, depth: number): Json {
    switch (this.text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(name, depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.readNumber(this.#take(NUMBER), name);
    }
  }

  #object(depth: number): Json {
    const members: Record<string, Json> = {};
    this.#at += 1;
    this.#take(SPACE);
    if (this.#next("}")) return members;
    do {
      this.#take(SPACE);
      const name = this.#string();
      this.#take(SPACE);
      this.#demand(":");
      // defined, not assigned: `__proto__` is a name like any other
      Object.defineProperty(members, name, {
        value: this.#value(name, depth + 1),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    } while (this.#next(","));
    this.#demand("}");
    return members;
  }

  #array(name: string, depth: number): Json {
    const items: Json[] = [];
    this.#at += 1;
    this.#take(SPACE);
    if (this.#next("]")) return items;
    do items.push(this.#value(name, depth + 1));
    while (this.#next(","));
    this.#demand("]");
    return items;
  }

  #string(): string {
    return JSON.parse(this.#take(TEXT)) as string;
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.#at)) throw this.#fault();
    this.#at += word.length;
    return value;
  }

  #take(form: RegExp): string {
    form.lastIndex = this.#at;
    const found = form.exec(this.text);
    if (found === null) throw this.#fault();
    this.#at += found[0].length;
    return found[0];
  }

  #next(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #demand(character: string): void {
    if (!this.#next(character)) throw this.#fault();
  }

  #fault(): SyntaxError {
    return new SyntaxError(`not JSON at character ${this.#at}`);
  }
}
