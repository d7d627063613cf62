import { Logger } from '@nestjs/common';
import type { Policy } from '../decision/policy.js';
import { DECISION_CODES, Refusal } from '../decision/refusal.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import { isRecord } from '../validation/records.js';
import { isDeclaredAsync, isLateAnswer } from '../validation/synchronous.js';

/** What each method of a policy may answer. */
const ANSWERS = {
  judge: ['undefined or a Refusal with one of its codes', isVerdict],
  judgeAdopted: ['undefined or a Refusal with one of its codes', isVerdict],
  stamp: ['an object', isRecord],
  goodUntil: ['undefined or a time in milliseconds', isEnd],
} as const;

type Method = keyof typeof ANSWERS & keyof Policy;

/** The methods of a policy that are declared asynchronous. They can never work. */
export function asyncMethods(policy: Policy): readonly Method[] {
  const methods: readonly Method[] = ['judge', 'judgeAdopted', 'stamp', 'goodUntil'];
  return methods.filter((name) => isDeclaredAsync(policy[name]));
}

/**
 * The same policy, with its answers checked. The types ask for the right ones, but a policy may be written in
 * JavaScript, or behind `any`.
 *
 * An answer that means nothing must not count as "accepted". The decision fails with 503, as if the policy had
 * thrown. This is logged once per method, because each request would log it again.
 */
export function checkedPolicy(policy: Policy): Policy {
  const reported = new Set<Method>();

  function fail(method: Method, cause: unknown): never {
    if (!reported.has(method)) {
      reported.add(method);
      const what = `${method}() of the policy "${policy.name}" failed. Requests that it decides are answered with 503.`;
      new Logger('Policies').error(what, cause instanceof Error ? cause.stack : String(cause));
    }
    throw new AuthUnavailableException(cause);
  }

  function answerOf<Answer>(method: Method, call: () => Answer): Answer {
    let answer: Answer;
    try {
      answer = call();
    } catch (cause) {
      return fail(method, cause);
    }
    const [expected, isExpected] = ANSWERS[method];
    const isLate = isLateAnswer(answer);
    if (!isLate && isExpected(answer)) return answer;
    const given = isLate ? 'a promise' : 'something else';
    return fail(method, new TypeError(`It must return ${expected}. It returned ${given}.`));
  }

  const { name, columns, stamps, denies, advancesOnSignIn } = policy;
  return {
    name,
    ...(columns !== undefined && { columns }),
    ...(stamps !== undefined && { stamps }),
    ...(denies !== undefined && { denies }),
    ...(advancesOnSignIn !== undefined && { advancesOnSignIn }),
    judge: (claims, state) => answerOf('judge', () => policy.judge(claims, state)),
    ...(policy.judgeAdopted && {
      judgeAdopted: (claims, state) =>
        answerOf('judgeAdopted', () => policy.judgeAdopted?.(claims, state)),
    }),
    ...(policy.stamp && {
      stamp: (state) => answerOf('stamp', () => policy.stamp?.(state) ?? {}),
    }),
    ...(policy.goodUntil && {
      goodUntil: (state) => answerOf('goodUntil', () => policy.goodUntil?.(state)),
    }),
  };
}

function isVerdict(answer: unknown): boolean {
  return (
    answer === undefined ||
    // The class is not enough if a policy is not type-checked: the code becomes part of the answer.
    (answer instanceof Refusal && DECISION_CODES.some((code) => code === answer.code))
  );
}

function isEnd(answer: unknown): boolean {
  return answer === undefined || (typeof answer === 'number' && !Number.isNaN(answer));
}
