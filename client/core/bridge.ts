import { equalBytes } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import type { CheckStep, Motion, MotionCheck } from "./motion-schema.ts";
import type { Random } from "./ports.ts";
import { type InvitationState, type Relayed, sayToNewcomer } from "./sponsor.ts";

/*
 * The first sponsor's part in a check: it carries what is said between the channel and the newcomer, and
 * can change nothing of it unnoticed (check.ts). Both directions are a difference between two saved
 * states, so that a crash at any point is made good by comparing them again.
 */

/** What the motion has for the newcomer and the newcomer has not been told. `labelOf`: of a leaf. */
export function tellNewcomer(
  state: InvitationState,
  motion: Motion,
  labelOf: (leaf: number) => string | null,
  random: Random,
): InvitationState {
  const { ended, welcome, checks } = motion;
  const v = limits.version;
  if (ended !== null) return sayToNewcomer(state, { v, kind: "end", reason: ended.reason }, random);
  let next = state;
  for (const check of checks) next = tellCheck(next, check, labelOf(check.leaf), random);
  if (welcome === null) return next;
  const { previous } = welcome;
  return sayToNewcomer(next, { v, kind: "welcome", welcome: welcome.welcome, previous }, random);
}

function tellCheck(
  state: InvitationState,
  { key: sponsor, leaf, nonce }: MotionCheck,
  label: string | null,
  random: Random,
): InvitationState {
  const v = limits.version;
  const relayed = state.relayed.find((one) => equalBytes(one.sponsor, sponsor));
  if (relayed === undefined) {
    if (label === null || state.relayed.length >= limits.checksMax) return state;
    const begun: Relayed = {
      sponsor,
      leaf,
      isAnswered: false,
      commitment: null,
      reveal: null,
      agreed: false,
    };
    const told = { ...state, relayed: [...state.relayed, begun] };
    return sayToNewcomer(told, { v, kind: "check", sponsor, label }, random);
  }
  if (nonce === null || relayed.commitment === null || relayed.isAnswered) return state;
  const list = state.relayed.map((one) => (one === relayed ? { ...one, isAnswered: true } : one));
  return sayToNewcomer({ ...state, relayed: list }, { v, kind: "nonce", sponsor, nonce }, random);
}

/** What the newcomer has said and the channel has not been told: the next step of each check. */
export function stepsForChannel(state: InvitationState, motion: Motion): readonly CheckStep[] {
  return state.relayed.flatMap((relayed) => {
    const check = motion.checks.find(({ leaf, key }) => {
      return leaf === relayed.leaf && equalBytes(key, relayed.sponsor);
    });
    const step = check === undefined ? null : nextStep(relayed, check);
    return step === null ? [] : [step];
  });
}

function nextStep({ commitment, reveal, agreed, leaf: to }: Relayed, check: MotionCheck) {
  if (check.commitment === null) {
    return commitment === null ? null : ({ name: "commit", to, commitment } as const);
  }
  if (check.nonce === null) return null;
  if (check.reveal === null) {
    return reveal === null ? null : ({ name: "reveal", to, nonce: reveal } as const);
  }
  return agreed && !check.agreed ? ({ name: "agreed", to } as const) : null;
}
