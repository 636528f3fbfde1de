/**
 * Mosca's inequality (2018): what is recorded today is read in time to hurt when secrecy and migration
 * together take longer than the computer. All in years.
 */
export function isTooLate(years: {
  readonly secrecy: number;
  readonly migration: number;
  readonly computer: number;
}): boolean {
  return years.secrecy + years.migration > years.computer;
}
