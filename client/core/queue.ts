/** Jobs done one after the other; what one throws goes to `failed`, and the next one is done. */
export interface Queue {
  push(job: () => Promise<void>): void;
  /** Resolves when everything pushed so far is done. */
  done(): Promise<void>;
}

export function createQueue(failed: (error: unknown) => Promise<void>): Queue {
  let last = Promise.resolve();
  return {
    push(job) {
      last = last.then(job).catch(failed);
    },
    done: () => last,
  };
}

/** A promise whose end lies in other hands. Nobody has to listen to its failure. */
export interface Pledge<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function createPledge<T>(): Pledge<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((keep, lose) => {
    resolve = keep;
    reject = lose;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
