/** The numbers of events that were taken, as `Sequence.of` reads them again. */
export interface SequenceState {
  readonly takenTo: number;
  readonly ahead: readonly number[];
}

/**
 * The numbers of the events that were taken: everything up to one of them, and some after it. Tells repeats and gaps.
 *
 *     const taken = Sequence.of(stored);
 *     for await (const event of bursar.events.catchUp(taken.next)) if (taken.take(event.sequence)) await handle(event);
 *
 * Store `state()` in the transaction that handles an event.
 */
export class Sequence {
  #takenTo: number;
  readonly #ahead: Set<number>;

  constructor(takenTo = 0, ahead: Iterable<number> = []) {
    this.#takenTo = takenTo;
    this.#ahead = new Set(ahead);
  }

  /** From a stored `state()`; from nothing where there is none. */
  static of(state: SequenceState | null | undefined): Sequence {
    return state ? new Sequence(state.takenTo, state.ahead) : new Sequence();
  }

  /** What `of` takes, ready for JSON. */
  state(): SequenceState {
    return { takenTo: this.#takenTo, ahead: [...this.#ahead].sort((a, b) => a - b) };
  }

  /** True if the event is new; false if it was taken before. One without a number is always new. */
  take(sequence: number | null | undefined): boolean {
    if (sequence === null || sequence === undefined) return true;
    if (sequence <= this.#takenTo || this.#ahead.has(sequence)) return false;
    this.#ahead.add(sequence);
    while (this.#ahead.delete(this.#takenTo + 1)) this.#takenTo += 1;
    return true;
  }

  /** Count numbers, both included, as taken that the service never gave out (a restore began another range). */
  skip(from: number, to: number): void {
    for (let sequence = from; sequence <= to; sequence += 1) this.take(sequence);
  }

  /** The first number that was not taken: catch up from here. */
  get next(): number {
    return this.#takenTo + 1;
  }

  /** The gaps below the highest number that was taken, both ends included. */
  get missing(): readonly { readonly from: number; readonly to: number }[] {
    const gaps: { from: number; to: number }[] = [];
    let expected = this.next;
    for (const sequence of this.state().ahead) {
      if (sequence > expected) gaps.push({ from: expected, to: sequence - 1 });
      expected = sequence + 1;
    }
    return gaps;
  }
}
