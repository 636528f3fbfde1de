import { Failure } from "#shared/failure.ts";

/** A failure with the very command that goes on from it. */
export class Advised extends Failure {
  readonly advice: string;

  constructor(failure: Failure, advice: string) {
    super(failure.code, failure.message, failure.retryAfterMs);
    this.advice = advice;
  }
}
